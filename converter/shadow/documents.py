"""The score as a JSON document, and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converter.comparison.documents import both_sides
from converter.executions.addresses import execution_url
from converter.shadow.results import Result
from converter.shadow.scoring import Score, ScoredRun, Standing

#: Characters of a hash that are enough to tell two sources apart.
_OF_HASH = 12


def to_json(score: Score) -> dict[str, Any]:
    """Return ``{"dag_id", "clear", "compared", "equal", …, "differences": […], "runs": […]}``."""
    return {
        "dag_id": score.dag_id,
        "clear": score.is_clear,
        "airflow_asked": score.airflow_asked,
        "compared": score.compared,
        **{standing.value.replace(" ", "_"): score.count(standing) for standing in Standing},
        "differences": [
            {
                "task_id": one.task,
                "times": one.times,
                "first_run_id": one.run_id,
                "since_version": one.version,
                "since_source_hash": one.source_hash,
            }
            for one in score.differences()
        ],
        "runs": [_run_json(run) for run in score.runs],
    }


def lines(score: Score) -> Iterator[str]:
    """Yield what a person reads: how many were equal, what differed and since when, what is not known yet."""
    equal = score.count(Standing.EQUAL)
    yield f"{score.dag_id}: {equal} of {score.compared} compared runs are equal{_rest(score)}"
    for run in score.runs:
        if run.standing is not Standing.EQUAL:
            yield from _run_lines(run)
    for one in score.differences():
        source = f", source {one.source_hash[:_OF_HASH]}" if one.source_hash else ""
        times = "once" if one.times == 1 else f"{one.times} times"
        yield f"  {one.task} differed {times}, first in {one.run_id} (version {one.version}{source})"
    if not score.airflow_asked:
        yield "  Airflow was not asked: only what was compared before is counted"


def _rest(score: Score) -> str:
    rest = [
        f"{score.count(standing)} {text}"
        for standing, text in ((Standing.WAITING, "not over"), (Standing.NOT_STARTED, "without execution"))
        if score.count(standing)
    ]
    return f"; {', '.join(rest)}" if rest else ""


def _run_lines(run: ScoredRun) -> Iterator[str]:
    version = f" (version {run.result.version})" if run.result else ""
    why = f": {run.why}" if run.why else ""
    yield f"  {run.run_id}: {run.standing.value}{version}{why}"
    yield from (f"    {line}" for line in (_told(run.result) if run.result else ()))


def _told(result: Result) -> list[str]:
    """Return each difference in a line; what differs in a dict that was returned, two XComs, is told once."""
    lines = []
    for task in result.different:
        index = "" if task["map_index"] is None else f"[{task['map_index']}]"
        for one in task["differences"]:
            values = both_sides(one["airflow"], one["step_functions"])
            lines.append(f"{task['task_id']}{index}: {one['message']}{values}")
    left_out = result.different_tasks - len(result.different)
    return [*dict.fromkeys(lines), *([f"and {left_out} more tasks differ"] if left_out > 0 else [])]


def _run_json(run: ScoredRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "due": run.due.isoformat(),
        "standing": run.standing.value,
        "why": run.why,
        "result": None if run.result is None else _result_json(run.result),
    }


def _result_json(result: Result) -> dict[str, Any]:
    return {
        **result.to_json(),
        "told": _told(result),
        "version": result.version,
        "execution_url": execution_url(result.execution_arn),
    }
