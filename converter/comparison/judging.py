"""The comparison itself: two runs, aligned by task id and map index, become a verdict with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from converter.comparison.model import (
    RETURN_VALUE,
    Comparison,
    Difference,
    Key,
    Run,
    Side,
    TaskComparison,
    TaskRun,
    Verdict,
)
from converter.comparison.ordering import delay, too_early
from converter.comparison.overrides import Overrides
from converter.comparison.paths import critical
from converter.comparison.rules import NO_RULES, Rules
from converter.comparison.values import Own, ValueDiff, same

#: Of one task; a table of a thousand rows that all differ needs no thousand lines.
_MOST_OUTPUT_DIFFERENCES = 20
#: What operators push for their own use: to find a job again after a worker was lost, and so that a task that
#: is cleared stays skipped.
_FOR_OPERATORS = frozenset({"glue_job_run_id", "skipmixin_key"})
_ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")
_NAMES = {Side.AIRFLOW: "Airflow", Side.STEP_FUNCTIONS: "Step Functions"}


def compare(airflow: Run, step_functions: Run, rules: Rules = NO_RULES) -> Comparison:
    """Judge two runs of one DAG.

    They are not comparable while one still runs, or if they were given something else: another conf or
    another logical date. What has been compared by then is told all the same. Both sides are held to the
    dependencies and trigger rules of Airflow's DAG, as far as they are known.
    """
    step_functions = replace(
        step_functions,
        upstream=airflow.upstream or step_functions.upstream,
        trigger_rules=airflow.trigger_rules or step_functions.trigger_rules,
    )
    airflow = replace(airflow, upstream=step_functions.upstream)
    tasks = tuple(_compared(key, airflow, step_functions, rules) for key in _keys(airflow, step_functions))
    obstacles = tuple(_obstacles(airflow, step_functions))
    different = tuple(_run_differences(airflow, step_functions, rules))
    if obstacles:
        verdict = Verdict.NOT_COMPARABLE
    elif different or any(task.verdict is not Verdict.EQUAL for task in tasks):
        verdict = Verdict.DIFFERENT
    else:
        verdict = Verdict.EQUAL
    return Comparison(
        dag_id=airflow.dag_id,
        verdict=verdict,
        airflow=airflow,
        step_functions=step_functions,
        tasks=tasks,
        reasons=(*obstacles, *different),
        critical={run.side: critical(run) for run in (airflow, step_functions)},
    )


def _keys(airflow: Run, step_functions: Run) -> list[Key]:
    """Return the task instances of both runs: in the order of the machine, then what only Airflow has."""
    return list(dict.fromkeys([*step_functions.tasks, *airflow.tasks]))


def _obstacles(airflow: Run, step_functions: Run) -> Iterator[str]:
    for run in (airflow, step_functions):
        if not run.has_ended:
            yield f"the run on {_NAMES[run.side]} has not ended: it is {run.state}"
    if not same(dict(airflow.conf), dict(step_functions.conf)):
        yield f"the runs had different confs: {dict(airflow.conf)} in Airflow, {dict(step_functions.conf)}"
    if airflow.logical_date != step_functions.logical_date:
        dates = [
            run.logical_date.isoformat() if run.logical_date else "none" for run in (airflow, step_functions)
        ]
        yield f"the runs had different logical dates: {dates[0]} in Airflow, {dates[1]}"
    if not airflow.tasks.keys() & step_functions.tasks.keys():
        yield "the runs have no task in common"


def _run_differences(airflow: Run, step_functions: Run, rules: Rules) -> Iterator[str]:
    if airflow.has_ended and step_functions.has_ended and airflow.state != step_functions.state:
        yield f"the run ended as {airflow.state} in Airflow, as {step_functions.state} on Step Functions"
    slower = _slower(airflow.seconds, step_functions.seconds, rules)
    if slower:
        yield f"the run {slower}"


def _compared(key: Key, airflow: Run, step_functions: Run, rules: Rules) -> TaskComparison:
    left, right = airflow.tasks.get(key), step_functions.tasks.get(key)
    if left is None or right is None:
        run = step_functions if left is None else airflow
        missing = Difference(
            "missing",
            f"only {_NAMES[run.side]} has this task",
            left.state if left else None,
            right.state if right else None,
        )
        return TaskComparison(key, Verdict.DIFFERENT, left, right, (missing,))
    notes: list[str] = []
    differences = [*_order(airflow, left), *_order(step_functions, right)]
    undecided = left.state not in _ENDED or right.state not in _ENDED
    if right.state is None and step_functions.has_ended:
        notes.append("what became of it on Step Functions was not read: the run was cut short")
    if not undecided:
        differences = [
            *_outcome(left, right),
            *_tries(left, right, rules, notes),
            *_outputs(left, right, airflow, step_functions, rules, notes),
            *differences,
            *_durations(left, right, rules),
        ]
    unequal = Verdict.DIFFERENT if differences else Verdict.EQUAL
    delays = {run.side: delay(run, task) for run, task in ((airflow, left), (step_functions, right))}
    return TaskComparison(
        key,
        Verdict.NOT_COMPARABLE if undecided and not differences else unequal,
        left,
        right,
        tuple(differences),
        tuple(notes),
        {side: seconds for side, seconds in delays.items() if seconds is not None},
    )


def _outcome(left: TaskRun, right: TaskRun) -> Iterator[Difference]:
    if left.state != right.state:
        errors = [f" ({task.error})" if task.error else "" for task in (left, right)]
        yield Difference(
            "outcome",
            f"{left.state} in Airflow{errors[0]}, {right.state} on Step Functions{errors[1]}",
            left.state,
            right.state,
        )


def _tries(left: TaskRun, right: TaskRun, rules: Rules, notes: list[str]) -> Iterator[Difference]:
    """Tries are the DAG's where all of them failed; one more before a success may be the weather's."""
    if left.tries == right.tries or left.state != right.state:
        return
    message = f"{left.tries} tries in Airflow, {right.tries} on Step Functions"
    if left.state == "failed" or rules.strict_tries:
        yield Difference("tries", message, left.tries, right.tries)
    elif left.state == "success":
        notes.append(f"{message}; both succeeded in the end")


def _outputs(
    left: TaskRun, right: TaskRun, airflow: Run, step_functions: Run, rules: Rules, notes: list[str]
) -> Iterator[Difference]:
    if left.state != right.state:
        return
    if not (left.outputs_known and right.outputs_known):
        notes.append("outputs are not known on both sides, and not compared")
        return
    overrides = Overrides(step_functions.shadow.instead if step_functions.shadow else ())
    diff = ValueDiff(_own(airflow), _own(step_functions), left.key.task_id, rules, overrides)
    for key in _compared_keys(left.outputs, right.outputs, notes):
        path = "" if key == RETURN_VALUE else key
        diff.compare(left.outputs.get(key), right.outputs.get(key), path)
    notes += diff.notes[:_MOST_OUTPUT_DIFFERENCES]
    for pair in diff.pairs[:_MOST_OUTPUT_DIFFERENCES]:
        where = f"output at {pair.path}" if pair.path else "output"
        yield Difference("output", f"{where} differs", pair.airflow, pair.step_functions, pair.path)
    left_out = len(diff.pairs) - _MOST_OUTPUT_DIFFERENCES
    if left_out > 0:
        yield Difference("output", f"{left_out} more places of the output differ")


def _compared_keys(
    airflow: Mapping[str, Any], step_functions: Mapping[str, Any], notes: list[str]
) -> Iterator[str]:
    """Yield the XCom keys to compare; what Airflow's operators push for themselves is left out."""
    for key in sorted({*airflow, *step_functions}):
        if key not in step_functions and _is_airflows_own(key, airflow[key]):
            notes.append(f"XCom {key} is Airflow's own: for links in its UI, or to find jobs and skips again")
        else:
            yield key


def is_for_operators(key: str) -> bool:
    """Return whether Airflow's operators push this XCom for themselves, as far as its key tells."""
    return key in _FOR_OPERATORS or key.startswith("_link_")


def _is_airflows_own(key: str, value: Any) -> bool:
    if is_for_operators(key):
        return True
    # BaseAwsLink.persist of the Amazon provider pushes these with each link; region_name is in all of them.
    return (
        isinstance(value, Mapping)
        and "region_name" in value
        and any(name in value for name in ("aws_domain", "aws_partition"))
    )


def _order(run: Run, task: TaskRun) -> Iterator[Difference]:
    for message in too_early(run, task):
        yield Difference("order", f"on {_NAMES[run.side]} it {message}")


def _durations(left: TaskRun, right: TaskRun, rules: Rules) -> Iterator[Difference]:
    slower = _slower(left.seconds, right.seconds, rules)
    if slower:
        yield Difference("duration", f"it {slower}", left.seconds, right.seconds)


def _slower(airflow: float | None, machine: float | None, rules: Rules) -> str | None:
    if not rules.slower or airflow is None or machine is None or machine <= airflow * rules.slower:
        return None
    return f"took {machine:.1f} s instead of {airflow:.1f} s: more than {rules.slower:g} times"


def _own(run: Run) -> Own:
    return Own((run.run_id, run.name, *run.own_names), run.start, run.end)
