"""The templates of pages, and what they know: each page is one file that needs nothing else."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from converter import __version__
from converter.json_text import json_text
from converter.report.conversion import plural
from converter.report.documents import severity_word
from converter.workflow import Location

_PAGES = Path(__file__).parent / "pages"
_CODE = re.compile(r"`([^`]+)`")
_NAMES_TASK = re.compile(r"^task '[^']*': ")


def page(name: str, **values: Any) -> str:
    """Return one of the pages with these values in it."""
    return _environment().get_template(name).render(version=__version__, **values) + "\n"


def _with_code(text: str) -> Markup:
    """Return a text in which what stands between backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def _place_in(place: Location, dag: Location) -> str:
    """Return where a task is: the line is enough within the DAG's own file."""
    return f"line {place.line}" if place.file == dag.file and place.line else str(place)


def _without_task(problem: str) -> str:
    """Return a message that stands beside its task without the task's name."""
    return _NAMES_TASK.sub("", problem)


@cache
def _mark(status: str) -> Markup:
    """Return a status with its colour."""
    return Markup('<span class="mark {0}">{0}</span>').format(status)


@cache
def _code_link(code: str) -> Markup:
    """Return what leads to the explanation of a code."""
    return Markup('<a href="#code-{0}">{0}</a>').format(code)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.filters |= {
        "with_code": _with_code,
        "mark": _mark,
        "code_link": _code_link,
        "json_text": json_text,
        "place_in": _place_in,
        "without_task": _without_task,
        "severity_word": severity_word,
        "plural": plural,
    }
    environment.globals["style"] = Markup(environment.get_template("style.css").render())  # noqa: S704 - ours
    return environment
