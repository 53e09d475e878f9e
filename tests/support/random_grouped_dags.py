"""Random workflows with a mapped task group, over a list of the file or what a task returns."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from mapped import listed, xcom
from random_dags import random_dag
from random_mapped_dags import TOO_EARLY, TOO_EARLY_IN_GROUPS
from workflows import GLUE

from converter.expansion import Expansion
from converter.planning.mapped_groups import groups_in_a_circle
from converter.workflow import GROUP_ARGUMENT, Opaque, Task, TriggerRule, Workflow


def random_grouped_dag(seed: int, largest: int = 9) -> Workflow:
    """Return a DAG of :func:`random_dag` in which some neighbouring plain tasks are a mapped group."""
    rng = Random(f"grouped {seed}")
    flow = random_dag(seed, largest)
    plain = [task for task in flow.tasks if _is_plain(task)]
    for _ in range(20):
        first = rng.randrange(max(1, len(plain)))
        chosen = {task.task_id for task in plain[first : first + rng.randint(1, 5)] if rng.random() < 0.8}
        made = replace(flow, dag_id="random_grouped", tasks=tuple(_grouped(Random(f"{seed}"), flow, chosen)))
        if chosen and not groups_in_a_circle(made):
            return made
    return flow


def _output_of(task_id: str) -> Opaque:
    call = f"xcom_pull(task_ids='{task_id}', dag_id='random_grouped', key='return_value')"
    return Opaque("airflow.sdk.definitions.xcom_arg.PlainXComArg", f"{{{{ task_instance.{call} }}}}")


def _is_plain(task: Task) -> bool:
    kinds = ("tests.Python", GLUE, "airflow.providers.standard.operators.empty.EmptyOperator")
    return task.operator in kinds and not (task.is_setup or task.is_teardown)


def _grouped(rng: Random, flow: Workflow, chosen: set[str]) -> list[Task]:
    returning = [task.task_id for task in flow.tasks if task.operator == "tests.Python"]
    numbers = {task.task_id: number for number, task in enumerate(flow.tasks)}
    first = min((numbers[name] for name in chosen), default=0)
    over = [name for name in returning if numbers[name] < first]
    source = (
        xcom(rng.choice(over))
        if over and rng.random() < 0.6
        else listed(*map(str, range(rng.choice((0, 1, 2, 3)))))
    )
    made = []
    for task in flow.tasks:
        if task.task_id not in chosen:
            made.append(task)
            continue
        peers = [up for up in task.upstream if up in chosen]
        upstream = task.upstream if peers or not source.task_id else (*task.upstream, source.task_id)
        too_early = TOO_EARLY_IN_GROUPS if peers else TOO_EARLY
        refused = too_early if source.task_id else {TriggerRule.ALWAYS}
        rule = TriggerRule.ALL_SUCCESS if task.trigger_rule in refused else task.trigger_rule
        arguments = dict(task.arguments)
        if task.operator == GLUE:
            others = {f"--{up}": _output_of(up) for up in peers if flow.task(up).operator == GLUE}
            arguments["script_args"] = {"--x": Opaque(GROUP_ARGUMENT, "x"), **others}
        fields: dict[str, Any] = {
            "arguments": arguments,
            "template_fields": ("script_args",),
            "is_mapped": True,
            "expansion": Expansion({"x": source}),
            "mapped_group": "group",
        }
        made.append(replace(task, upstream=tuple(dict.fromkeys(upstream)), trigger_rule=rule, **fields))
    return made
