"""What the user is told about the stand-ins that a DAG file needed in order to be read."""

from __future__ import annotations

from converter import diagnostics
from converter.diagnostics import Code, Diagnostic
from converter.loading.remedies import remedy_for
from converter.workflow import StandIn, StandInKind, Workflow

#: For each kind: the code, what is so, and what to do. ``{name}`` and ``{detail}`` are those of the stand-in.
_MESSAGES: dict[StandInKind, tuple[Code, str, str]] = {
    StandInKind.MOVED: (
        diagnostics.MOVED_NAME,
        "'{name}' is called otherwise today",
        "write '{detail}'",
    ),
    StandInKind.REMOVED: (
        diagnostics.REMOVED_NAME,
        "'{name}' is gone from Airflow",
        "write {detail}",
    ),
    StandInKind.RENAMED_ARGUMENT: (
        diagnostics.RENAMED_ARGUMENT,
        "{name} is called otherwise today",
        "write {detail}",
    ),
    StandInKind.IDLE_ARGUMENT: (
        diagnostics.IDLE_ARGUMENT,
        "{name} has no effect any more",
        "leave it out",
    ),
    StandInKind.FOREIGN_ARGUMENT: (
        diagnostics.FOREIGN_ARGUMENT,
        "{name}: the operator does not take this argument",
        "leave it out, or install the version of its provider that takes it",
    ),
    StandInKind.INTERVALS: (
        diagnostics.COUNTED_IN_INTERVALS,
        "the schedule '{name}' means the interval before a run, as in Airflow 2, for which the file is",
        "write schedule={detail}(...), or the same as `schedule` if you mean the time itself",
    ),
    StandInKind.NO_SCHEDULE: (
        diagnostics.NO_SCHEDULE_OF_AIRFLOW_2,
        "DAG '{name}' has no schedule: Airflow 2 would run it every day, Airflow 3 never by itself",
        "write schedule=timedelta(days=1) or schedule=None",
    ),
    StandInKind.MISSING_MODULE: (
        diagnostics.MISSING_MODULE,
        "'{name}' is not installed beside Airflow, and what it gives is unknown",
        "install it there, if the DAG's shape or arguments come from it",
    ),
    StandInKind.UNMAPPED_OPERATOR: (
        diagnostics.UNMAPPED_OPERATOR,
        "the operator '{name}' is not installed; its tasks keep its name and their arguments",
        "",
    ),
    StandInKind.VARIABLE: (
        diagnostics.VARIABLE_WITHOUT_VALUE,
        "the Variable '{name}' has no value here; the template '{detail}' was taken",
        "give its value with --variables",
    ),
    StandInKind.VARIABLE_DEFAULT: (
        diagnostics.VARIABLE_DEFAULT,
        "the Variable '{name}' has no value here; its default {detail} was taken",
        "give its value with --variables, if it has another one",
    ),
    StandInKind.ENVIRONMENT: (
        diagnostics.ENVIRONMENT_WITHOUT_VALUE,
        "the environment variable '{name}' is not set here",
        "set it for the conversion, or give it at deployment where it is asked for",
    ),
    StandInKind.PLACE: (
        diagnostics.READ_ELSEWHERE,
        "'{name}' is not here: what the file reads there was read in '{detail}'",
        "nothing to do if that is the same; a path that holds everywhere is made of `Path(__file__).parent`",
    ),
    StandInKind.CONNECTION: (
        diagnostics.CONNECTION_WITHOUT_VALUE,
        "the Connection '{name}' is not known here; the template '{detail}' was taken",
        "set AIRFLOW_CONN_{upper} for the conversion",
    ),
    StandInKind.CALL: (
        diagnostics.CALL_LEFT_OUT,
        "{name} was not called",
        "move it into a task, or allow it: --allow-network",
    ),
    StandInKind.UNKNOWN_DECIDES: (
        diagnostics.UNKNOWN_DECIDES,
        "{name} {detail}",
        "make its value known: with --variables, by installing what is missing, or in the file itself",
    ),
    StandInKind.LEFT_OUT: (
        diagnostics.SETTING_LEFT_OUT,
        "{name} is not known, and is left out",
        "make its value known, or write it in the file, if it matters to you",
    ),
    StandInKind.STATEMENT_FAILED: (
        diagnostics.STATEMENT_FAILED,
        "`{name}` failed, and was left out: {detail}",
        "give what it needs: variables, the environment, an installed package; or move it into a task",
    ),
    StandInKind.REFUSED_TASK: (
        diagnostics.REFUSED_TASK,
        "{name} was not made by Airflow: {detail}",
        "mend its arguments, or install the provider's version that takes them",
    ),
    StandInKind.NAMED_AFTER_UNKNOWN: (
        diagnostics.NAMED_AFTER_UNKNOWN,
        "the id '{name}' is made from something unknown; '{detail}' was taken",
        "make its value known: with --variables, or in the file itself",
    ),
}


def of_stand_ins(workflow: Workflow) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each stand-in that the file of a workflow needed, in the file's order."""
    return tuple(_of_stand_in(item, workflow) for item in workflow.stand_ins)


def _of_stand_in(item: StandIn, workflow: Workflow) -> Diagnostic:
    code, problem, remedy = _MESSAGES[item.kind]
    words = {"name": item.name, "detail": item.detail, "upper": item.name.upper()}
    known = remedy_for(item.detail) if item.kind is StandInKind.STATEMENT_FAILED else ""
    remedy = known or remedy.format(**words)
    return Diagnostic(code, problem.format(**words), remedy, item.location, dag_id=workflow.dag_id)
