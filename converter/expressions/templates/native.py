"""``render_template_as_native_obj``: a text that reads like a Python literal becomes its value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from jinja2 import nodes
from jinja2.nativetypes import native_concat

from converter.expressions.jsonata import Expression
from converter.expressions.templates.helpers import with_definitions
from converter.expressions.templates.operands import (
    DATES,
    TEXTS,
    Constant,
    Kind,
    Operand,
    Several,
    computed,
)
from converter.expressions.templates.scope import Refusal
from converter.workflow import Value


def only_expression(statements: Sequence[nodes.Node]) -> nodes.Node | None:
    """Return the expression of which a template consists, if it consists of one and nothing else."""
    if len(statements) == 1 and isinstance(statements[0], nodes.Output) and len(statements[0].nodes) == 1:
        found = statements[0].nodes[0]
        return None if isinstance(found, nodes.TemplateData) else found
    return None


def native_value(operand: Operand) -> Value:
    """Return the value that Airflow's native rendering gives for an operand. Raises Refusal."""
    if isinstance(operand, Several):
        return [typed_value(item) for item in operand.items]
    if isinstance(operand, Constant):
        return _json_value(native_concat([operand.value]))
    value = computed(operand)
    if value.kind is Kind.MARKUP:
        raise Refusal("the field becomes JSON, read as Python", "leave out tojson: the value keeps its type")
    if value.kind in TEXTS or value.kind is Kind.JSON:
        return Expression(with_definitions(f"$native({value.text})"))
    return typed_value(operand)


def typed_value(operand: Operand) -> Value:
    """Return a value as it is, with its type. Raises Refusal for dates, which JSON does not have."""
    if isinstance(operand, Several):
        return [typed_value(item) for item in operand.items]
    if isinstance(operand, Constant):
        return _json_value(operand.value)
    value = computed(operand)
    if value.kind in DATES:
        raise Refusal(
            f"the field becomes {value.kind.value}, not a text", "write it with strftime or isoformat"
        )
    if value.kind is Kind.FLOAT:
        raise Refusal("the field becomes a float", "use // or | int")
    return Expression(with_definitions(value.text))


def _json_value(value: Any) -> Value:
    if isinstance(value, tuple):
        value = list(value)
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        remedy = "write a text, a number, a boolean, a list or a dict"
        raise Refusal(f"the field becomes {value!r}, which JSON does not have", remedy) from error
