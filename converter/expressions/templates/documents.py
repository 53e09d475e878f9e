"""One template from its text to a value."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import TemplateSyntaxError, nodes

from converter.expressions.jsonata import Expression, chained
from converter.expressions.templates.conversions import constant_text
from converter.expressions.templates.evaluation import Evaluation
from converter.expressions.templates.folding import statements_of
from converter.expressions.templates.functions import RETURN_VALUE, xcom_record
from converter.expressions.templates.helpers import with_definitions
from converter.expressions.templates.members import maybe
from converter.expressions.templates.native import native_value, only_expression, typed_value
from converter.expressions.templates.operands import Computed, Constant, Kind, Operand, computed
from converter.expressions.templates.scope import Findings, Problem, Refusal
from converter.expressions.templates.statements import Rendering
from converter.workflow import Value


def document_value(text: str, findings: Findings) -> Value:
    """Return what a template becomes: a constant or an Expression. What cannot be translated is noted."""
    try:
        statements = statements_of(text)
    except TemplateSyntaxError as error:
        what = f"Jinja cannot read it ({error.message})"
        findings.problems.append(Problem(text, error.lineno, what, "mend it, or put it into {% raw %}"))
        return None
    findings.begin_text()
    rendering = Rendering(findings, text)
    try:
        if findings.scope.native:
            return _native(statements, rendering)
        written = rendering.text(statements)
        return str(written.value) if isinstance(written, Constant) else expression_of(computed(written))
    except Refusal as refusal:
        findings.problems.append(Problem(text, 1, refusal.what, refusal.remedy))
        return None


def _native(statements: Sequence[nodes.Node], rendering: Rendering) -> Value:
    only = only_expression(statements)
    operand: Operand = rendering.evaluation().value(only) if only is not None else rendering.text(statements)
    if only is None and not statements:
        return None
    return native_value(operand)


def expression_of(value: Computed) -> Expression:
    """Return a computed text as an expression that brings along what it calls."""
    return Expression(with_definitions(chained("&", value.pieces) or value.text))


def reference_value(text: str, findings: Findings) -> Value:
    """Return the value, with its type, of an XCom reference in the form ``{{ task_instance.xcom_pull(…) }}``.

    Unlike a template, a reference to a key that was not pushed, or with None, fails (PlainXComArg.resolve),
    unless the task has multiple_outputs. Raises Refusal.
    """
    try:
        call = only_expression(statements_of(text))
    except TemplateSyntaxError as error:
        raise Refusal("the XCom reference cannot be read", "use a plain key") from error
    if not isinstance(call, nodes.Call):
        raise Refusal("the XCom reference cannot be read", "use the output of a task, or one key of it")
    given = {pair.key: Evaluation(findings, {}).value(pair.value) for pair in call.kwargs}
    if given.get("dag_id") != Constant(findings.scope.dag_id):
        raise Refusal("the XCom reference is to another DAG", "hand the value over in conf, or in S3")
    key = constant_text(given.get("key", Constant(RETURN_VALUE)), "the key")
    task_id = constant_text(given.get("task_ids", Constant(None)), "the task id")
    # From outside a mapped group, Airflow pulls all that its instances have pushed: one alone is no list.
    as_list = task_id not in findings.scope.grouped
    found = xcom_record(findings, Constant(task_id), key, as_list=as_list)
    if key == RETURN_VALUE or task_id in findings.scope.multiple_outputs:
        found = Computed(Kind.JSON, f"$or_none({found.bare})")
    elif task_id not in findings.scope.mapped:
        # To Airflow a key that was pushed with None is one that was not pushed.
        found = maybe(f"($v := {found.bare}; $not($v = null) ? $v)", found.label)
    return typed_value(found)
