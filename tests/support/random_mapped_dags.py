"""Random workflows with mapped tasks: over lists of the file, what tasks return, what instances return."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from mapped import days, xcom, zipped
from random_dags import random_dag
from workflows import GLUE

from converter.expansion import Expansion, Source
from converter.workflow import Task, TriggerRule, Workflow

#: Rules with which Airflow gives a task up that is expanded over an XCom, or decides by the order of a set.
TOO_EARLY = frozenset(
    {
        TriggerRule.ALWAYS,
        TriggerRule.ONE_SUCCESS,
        TriggerRule.ONE_FAILED,
        TriggerRule.ONE_DONE,
        TriggerRule.ALL_SKIPPED,
    }
)
#: Besides, those of a task behind others of its mapped group: it is given up for all instances at once.
TOO_EARLY_IN_GROUPS = TOO_EARLY | {
    TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
}


def random_mapped_dag(seed: int, largest: int = 10) -> Workflow:
    """Return a DAG of :func:`random_dag` in which about half of the plain tasks are mapped."""
    rng = Random(f"mapped {seed}")
    flow = random_dag(seed, largest)
    tasks: list[Task] = []
    returning: set[str] = set()
    for task in flow.tasks:
        plain = task.operator in ("tests.Python", GLUE)
        if plain and rng.random() < 0.5:
            over = [up for up in task.upstream if up in returning]
            if task.is_teardown:  # over its only setup: else two conditions may decide at one moment
                over = [
                    up for up in over if {up} == {one for one in task.upstream if flow.by_id[one].is_setup}
                ]
            task = _mapped(rng, task, over)  # noqa: PLW2901
            returning.add(task.task_id)
        elif task.operator == "tests.Python":
            returning.add(task.task_id)
        tasks.append(task)
    return replace(flow, dag_id=f"random_mapped_{seed}", tasks=tuple(tasks))


def _mapped(rng: Random, task: Task, over: list[str]) -> Task:
    sources: list[Source] = [xcom(up) for up in over if task.trigger_rule not in TOO_EARLY]
    if len(sources) > 1 and rng.random() < 0.3:
        sources = [zipped(*sources)]
    if not sources or rng.random() < 0.3:
        sources = [days(*map(str, range(rng.randint(0, 3))))]
    chosen = rng.sample(sources, min(len(sources), rng.choice((1, 1, 2))))
    if task.operator == "tests.Python":
        expansion = Expansion(dict(zip("xy", chosen, strict=False)))
    else:
        expansion = Expansion({"script_args": chosen[0]})
        task = replace(task, template_fields=("script_args",))
    return replace(task, is_mapped=True, expansion=expansion)
