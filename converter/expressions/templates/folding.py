"""What is known at conversion is computed at conversion, by Python and Jinja themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError, nodes
from jinja2 import Undefined as JinjaUndefined
from jinja2.sandbox import SandboxedEnvironment

from converter.expressions.templates.operands import Constant, Operand, Undefined
from converter.expressions.templates.scope import Refusal


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return an environment like the one in which Airflow renders (airflow.sdk, create_template_env)."""
    return SandboxedEnvironment(undefined=StrictUndefined, extensions=["jinja2.ext.do"], cache_size=0)


@lru_cache(maxsize=1024)
def statements_of(text: str) -> tuple[nodes.Node, ...]:
    """Return the statements of a template: many tasks have the same. Raises TemplateSyntaxError."""
    return tuple(environment().parse(text).body)


def folded(compute: Callable[[], Any]) -> Operand:
    """Return what a computation gives; what fails here would fail in Airflow, too, and is refused."""
    try:
        value = compute()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, TemplateError) as error:
        raise Refusal(f"this fails in Airflow, too ({type(error).__name__}: {error})", "mend it") from error
    if isinstance(value, JinjaUndefined):
        return Undefined(value._undefined_message)
    return Constant(value)
