"""Templates and whole template fields → constants and JSONata expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from converter.expressions.templates.scope import Findings, Problem, Refusal, Scope
from converter.workflow import LIST_TEMPLATE, Opaque, Value

_MARKS = ("{{", "{%", "{#")
_NEWLINE = re.compile(r"\r\n|\r|\n")
XCOM_ARG = "airflow.sdk.definitions.xcom_arg.PlainXComArg"


@dataclass(frozen=True)
class Translation:
    """A translated value: JSON with an Expression for each text that is known only at run time.

    ``reads`` are the tasks whose records it needs in ``$states.input``, in the order of their first mention;
    ``deployed`` are the parameters of the stack in it, with what they stand for;
    ``variables`` are the Airflow Variables that the run has to read for it;
    ``uses_dates`` tells whether it needs the run's logical date or data interval, ``reads_of_any`` whether it
    reads an XCom of whatever task has it, as in Airflow 2. With ``problems``, the value is good for nothing.
    """

    value: Value
    reads: tuple[str, ...] = ()
    uses_dates: bool = False
    problems: tuple[Problem, ...] = ()
    deployed: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    reads_of_any: bool = False


def translate(text: str, scope: Scope) -> Translation:
    """Translate one template, as ``render_template`` of Airflow's operators would render it."""
    findings = Findings(scope)
    value = _text(text, findings)
    return _translation(value, findings)


def translate_value(value: Value, scope: Scope) -> Translation:
    """Translate the value of a template field: the texts and XCom references anywhere in it.

    Keys of dicts stay what they are, as in Airflow, and so does every Opaque that is no XCom reference.
    """
    findings = Findings(scope)
    # Airflow does not render what is empty.
    return _translation(_value(value, findings) if value else value, findings)


def _translation(value: Value, findings: Findings) -> Translation:
    return Translation(
        value,
        tuple(findings.reads),
        findings.uses_dates,
        tuple(findings.problems),
        findings.deployed,
        tuple(findings.variables),
        findings.reads_of_any,
    )


def _value(value: Value, findings: Findings) -> Value:
    if isinstance(value, str):
        return _text(value, findings)
    if isinstance(value, Opaque) and value.kind == XCOM_ARG:
        return _xcom_arg(value.text, findings)
    if isinstance(value, Opaque) and value.kind == LIST_TEMPLATE:
        return _text(value.text, findings.of_native())
    if isinstance(value, Mapping):
        return {key: _value(item, findings) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(item, findings) for item in value]
    return value


def _text(text: str, findings: Findings) -> Value:
    if not findings.scope.native and not any(mark in text for mark in _MARKS):
        return _as_jinja_reads_lines(text)
    # Jinja is imported for templates only: `dag2sfn --help` must stay fast.
    from converter.expressions.templates.documents import document_value

    return document_value(text, findings)


def _as_jinja_reads_lines(text: str) -> str:
    """Jinja ends lines with a newline and drops the one at the very end (keep_trailing_newline is off)."""
    return _NEWLINE.sub("\n", text).removesuffix("\n")


def _xcom_arg(text: str, findings: Findings) -> Value:
    from converter.expressions.templates.documents import reference_value

    try:
        return reference_value(text, findings)
    except Refusal as refusal:
        findings.problems.append(Problem(text, 1, refusal.what, refusal.remedy))
        return None
