"""What a file of the user's own conversions imports (``--operators FILE``), and how it is read.

The names that such a file may rely on are those of ``__all__``; ``docs/extending.md`` shows one. A mistake in
it is a message with file and line, never a traceback.
"""

from __future__ import annotations

import functools
import importlib.util
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.expressions.jsonata import Expression, literal
from converter.operators import registry
from converter.operators.arguments import Arguments
from converter.operators.registry import Conversion, converts
from converter.operators.requests import (
    Request,
    allow,
    arn,
    json_text,
    pass_role,
    request,
    step_of,
    wait_for,
    wait_until,
)
from converter.operators.step import Permission, Step
from converter.workflow import Location

__all__ = [
    "Arguments",
    "Expression",
    "Permission",
    "Request",
    "Step",
    "allow",
    "arn",
    "converts",
    "json_text",
    "literal",
    "load_operators",
    "pass_role",
    "request",
    "step_of",
    "wait_for",
    "wait_until",
]

_loaded: dict[Path, Any] = {}


def load_operators(file: Path) -> None:
    """Register the conversions of a file, once. Raises Dag2SfnError (D807) if it cannot be used."""
    path = file.resolve()
    if path in _loaded:
        return
    if not path.is_file():
        raise _unusable(Location(str(file)), "there is no such file", "name a Python file")
    spec = importlib.util.spec_from_file_location(f"dag2sfn_operators_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise _unusable(Location(str(file)), "it is no Python file", "give it the ending .py")
    module = importlib.util.module_from_spec(spec)
    before = registry.extensions()
    try:
        with registry.extending(functools.partial(_guarded, file)):
            spec.loader.exec_module(module)
    except SyntaxError as error:
        raise _unusable(Location(str(file), error.lineno or 0), f"{error.msg}", "mend it") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the author's code may raise anything
        line = _line(error.__traceback__, path)
        raise _unusable(Location(str(file), line), _said(error), "mend it") from None
    if registry.extensions() == before:
        remedy = 'write @converts("my.module.MyOperator") before a function'
        raise _unusable(Location(str(file)), "it registers no operator", remedy)
    _loaded[path] = module


def _guarded(file: Path, conversion: Conversion) -> Conversion:
    """Return a conversion whose mistakes are reported as problems of the task that it is for."""

    @functools.wraps(conversion)
    def convert(args: Arguments) -> Step:
        nothing = Step(args.task.task_id, args.task.operator.rpartition(".")[2], None)
        try:
            step: Any = conversion(args)
        except Exception as error:  # noqa: BLE001 - as above
            line = _line(error.__traceback__, file.resolve())
            _report(args, f"its conversion fails at {Location(str(file), line)}: {_said(error)}", "mend it")
            return nothing
        if not isinstance(step, Step):
            code: Any = getattr(conversion, "__code__", None)
            place = Location(str(file), code.co_firstlineno if code else 0)
            problem = f"its conversion at {place} returns a {type(step).__name__}, which is no Step"
            _report(args, problem, "return step_of(args, request(…))")
            return nothing
        return step

    return convert


def _report(args: Arguments, problem: str, remedy: str) -> None:
    args.report(d.CONVERSION_FAILS, problem, remedy)


def _unusable(location: Location, problem: str, remedy: str) -> Dag2SfnError:
    return Dag2SfnError(Diagnostic(d.OPERATORS_UNUSABLE, problem, remedy, location))


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _line(trace: TracebackType | None, file: Path) -> int:
    """Return the innermost line of the user's file in a traceback, 0 if there is none."""
    frames = [frame for frame in traceback.extract_tb(trace) if Path(frame.filename) == file]
    return (frames[-1].lineno or 0) if frames else 0
