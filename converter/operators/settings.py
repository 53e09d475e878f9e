"""Accounts for the settings that every operator and every DAG has: pool, callbacks, email, limits, …

Each is irrelevant on Step Functions, lost (and named), or would change which tasks run (and is refused).
A setting that is not in these tables is refused: a new Airflow version may bring one that matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from converter import diagnostics as d
from converter.diagnostics import Code, Diagnostic, about_dag
from converter.operators.arguments import task_diagnostic
from converter.operators.limits import held_for_dag, held_for_task
from converter.schedules import Unscheduled, timing_of
from converter.workflow import Opaque, Task, Value, Workflow

#: Documentation, looks, and where Airflow's own worker runs the task.
_IRRELEVANT = frozenset(
    """
    access_control allow_nested_operators allowed_run_types auto_register dag_display_name default_args
    description disable_bundle_versioning do_xcom_push doc doc_json doc_md doc_rst doc_yaml edge_labels
    email_on_failure email_on_retry executor executor_config ignore_first_depends_on_past
    is_paused_upon_creation jinja_environment_kwargs logger_name map_index_template
    multiple_outputs owner owner_links params priority_weight queue render_template_as_native_obj
    rerun_with_latest_version resources returns_dag_result run_as_user tags task_display_name
    template_searchpath template_undefined user_defined_filters user_defined_macros
    wait_for_past_depends_before_skipping weight_rule
    """.split()
)

#: Of ``jinja_environment_kwargs``: what says where a template begins, and what does not change a text.
_DELIMITERS = re.compile(r"(block|variable|comment)_(start|end)_string|line_(statement|comment)_prefix")
_OF_THE_PROCESS = frozenset({"auto_reload", "bytecode_cache", "cache_size", "enable_async", "optimized"})

#: What becomes of the schedule is said as a whole.
_OF_THE_SCHEDULE = frozenset({"catchup", "end_date", "schedule", "start_date"})

#: Converted where the machine is made.
_CONVERTED = frozenset({"on_failure_fail_dagrun"})
#: How many instances of a mapped task run at once.
_FOR_INSTANCES = frozenset({"max_active_tis_per_dag", "max_active_tis_per_dagrun"})
_CONVERTED_FOR_A_DAG = frozenset({"fail_fast"})

#: The stack's alarms on failed executions, and on those that time out.
_TOPIC = "deploy with --set AlarmTopicArn=ARN: the alarms on failed and timed-out executions tell that topic"
#: Lost, with what it means to lose it and what to do instead.
_LOST: Mapping[str, tuple[Code, str]] = {
    **{
        callback: (d.LOST_FEATURE, "use an EventBridge rule on the machine's status changes")
        for callback in (
            "on_execute_callback",
            "on_success_callback",
            "on_retry_callback",
            "on_skipped_callback",
            "sla_miss_callback",
        )
    },
    "on_failure_callback": (d.LOST_FEATURE, f"{_TOPIC}; or use a rule on the machine's status changes"),
    "email": (d.LOST_FEATURE, f"subscribe to a topic, and {_TOPIC}"),
    "sla": (d.LOST_FEATURE, "use an alarm on the execution's time"),
    "deadline": (d.LOST_FEATURE, "use an alarm on the execution's time"),
    "inlets": (d.LOST_FEATURE, "lineage is not recorded"),
    "outlets": (d.LOST_FEATURE, "a companion DAG makes these assets when the machine succeeds (--companion)"),
    "max_consecutive_failed_dag_runs": (d.LOST_FEATURE, "the machine is never paused by failures"),
    "param_schemas": (d.LOST_FEATURE, "the machine takes any conf; check it where the run is started"),
    "pool": (d.LIMIT_NOT_HELD, "limit the service itself, if the pool guards a quota"),
    "pool_slots": (d.LIMIT_NOT_HELD, "limit the service itself, if the pool guards a quota"),
    "max_active_tis_per_dag": (d.LIMIT_NOT_HELD, "limit the service itself"),
    "max_active_tis_per_dagrun": (d.LIMIT_NOT_HELD, "limit the service itself"),
    "max_active_tasks": (d.LIMIT_NOT_HELD, "limit the service itself, if it guards a quota"),
    **dict.fromkeys(
        ("depends_on_past", "wait_for_downstream"),
        (
            d.LOST_FEATURE,
            "a run starts although the one before has failed: let its first task look at the last execution, "
            "or switch the schedule off when a run fails; max_active_runs=1 keeps runs apart",
        ),
    ),
    "max_active_runs": (d.LIMIT_NOT_HELD, "write a number above 0"),
}

#: Refused, because another set of tasks would run.
_REFUSED: Mapping[str, str] = {
    "pre_execute": "move what it does into a task of its own",
    "post_execute": "move what it does into a task of its own",
    "retry_policy": "use retries and retry_delay",
    "start_date": "leave it out; outside its own dates Airflow leaves the task out of the run",
    "end_date": "leave it out; outside its own dates Airflow leaves the task out of the run",
}


def setting_problems(task: Task, workflow: Workflow) -> list[Diagnostic]:
    """Return a diagnostic for each setting of a task that is lost or refused."""
    of_limits = _FOR_INSTANCES if task.expansion else held_for_task(task, workflow)
    accounted_for = _IRRELEVANT | _CONVERTED | of_limits
    return [
        task_diagnostic(code, task, problem, remedy)
        for code, problem, remedy in _classify(task.settings, accounted_for)
    ]


def dag_problems(workflow: Workflow) -> list[Diagnostic]:
    """Return a diagnostic for each setting of the DAG itself that is lost or refused."""
    converted = _CONVERTED_FOR_A_DAG | held_for_dag(workflow)
    found = list(_classify(workflow.settings, _IRRELEVANT | _OF_THE_SCHEDULE | converted))
    found += _of_schedule(workflow)
    found += _of_jinja(workflow.settings.get("jinja_environment_kwargs"))
    if not workflow.tasks:
        remedy = "if it has some in your Airflow, give what the file goes by: files where it looks for them"
        found.append((d.NO_TASK, "no task: a run ends at once", remedy))
    return [about_dag(workflow, code, problem, remedy) for code, problem, remedy in found]


def _of_schedule(workflow: Workflow) -> Iterable[tuple[Code, str, str]]:
    timing, schedule = timing_of(workflow), workflow.schedule
    if timing is None or schedule is None or workflow.shadow is not None:
        return
    if isinstance(timing, Unscheduled):
        given = workflow.settings.get("schedule")
        shown = given.text if isinstance(given, Opaque) else schedule.expression or schedule.timetable
        yield d.NO_SCHEDULE, f"the schedule '{shown}' is not deployed: {timing.reason}", timing.remedy
        return
    what = timing.document["schedule"]
    switch = f"switch it on with `dag2sfn schedule on {workflow.dag_id}`"
    yield d.SCHEDULE_IS_OFF, f"the schedule '{what}' is off when the DAG is first deployed", switch
    for difference, remedy in timing.differences:
        yield d.SCHEDULE_DIFFERS, difference, remedy


def _of_jinja(given: Value) -> Iterable[tuple[Code, str, str]]:
    names = [name for name in given if name not in _OF_THE_PROCESS] if isinstance(given, Mapping) else []
    if marks := [name for name in names if _DELIMITERS.fullmatch(name)]:
        problem = (
            f"jinja_environment_kwargs ({', '.join(marks)}): templates are not read by marks of one's own"
        )
        yield d.UNCONVERTED_SETTING, problem, "write templates between {{ and }}, {% and %}"
    elif names or isinstance(given, Opaque):
        problem = (
            f"jinja_environment_kwargs ({', '.join(names) or _shown(given)}) has no effect in the machine"
        )
        yield d.LOST_FEATURE, problem, "compare the texts of templates; Python and Bash tasks render them so"


def _classify(
    settings: Mapping[str, Value], accounted_for: frozenset[str]
) -> Iterable[tuple[Code, str, str]]:
    silent = all(settings.get(f"email_on_{what}") is False for what in ("failure", "retry"))
    for name, value in settings.items():
        if name in accounted_for or value in (None, False, [], {}) or (name == "email" and silent):
            continue
        shown = _shown(value)
        if name in _LOST:
            code, remedy = _LOST[name]
            yield code, f"{name} ({shown}) has no effect in the machine", remedy
        else:
            remedy = _REFUSED.get(name, "leave it out, or ask for it to be added to the converter")
            yield d.UNCONVERTED_SETTING, f"{name} ({shown}) is not converted", remedy


def _shown(value: Value) -> str:
    """Return how a value is written in the file, as far as that is known."""
    if isinstance(value, Opaque):
        return value.text
    return f"[{', '.join(map(_shown, value))}]" if isinstance(value, list) else repr(value)
