"""Random workflows of everything that decides outcomes: rules, skips, setups and teardowns, retries, time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from workflows import EMPTY, LATEST_ONLY, branch, empty, glue, nested, python, short_circuit, workflow

from converter.workflow import Retries, Task, TriggerRule, Workflow

RULES = tuple(rule for rule in TriggerRule if rule is not TriggerRule.ALL_DONE_SETUP_SUCCESS)


def random_dag(seed: int, largest: int = 12, smallest: int = 3) -> Workflow:
    """Return a DAG of three tasks or more; what is in it depends on the seed."""
    rng = Random(seed)
    count = rng.randint(smallest, largest)
    density = rng.choice([0.1, 0.25, 0.5])
    fails_fast = rng.random() < 0.06
    some_rules, some_skips, some_setups = (rng.random() < 0.7 for _ in range(3))
    rules = RULES if some_rules and not fails_fast else ()  # Airflow refuses other rules with fail_fast
    tasks: list[Task] = []
    for number in range(count):
        upstream = [task.task_id for task in tasks[-8:] if rng.random() < density]
        tasks.append(_task(rng, f"t{number}", upstream, rules, some_skips=some_skips))
    if some_setups:
        tasks = _with_setups(rng, tasks)
        tasks = _with_teardowns(rng, tasks)
    tasks = _with_latest_only(Random(f"{seed}: latest only"), tasks)
    fields: dict[str, Any] = {"settings": {"fail_fast": True}} if fails_fast else {}
    if rng.random() < 0.15:
        fields["dagrun_timeout"] = float(rng.choice([90, 600, 3600]))
    return workflow(*tasks, dag_id=f"random_{seed}", **fields)


def _task(
    rng: Random, task_id: str, upstream: Sequence[str], rules: Sequence[TriggerRule], *, some_skips: bool
) -> Task:
    make = rng.choice([glue, glue, glue, nested, empty, python])
    if some_skips and rng.random() < 0.25:
        make = rng.choice([branch, short_circuit])
    fields: dict[str, Any] = {}
    if rules and rng.random() < 0.4:
        fields["trigger_rule"] = rng.choice(rules)
    if make is short_circuit and rng.random() < 0.5:
        fields["ignore_downstream_trigger_rules"] = False
    if make is not empty and rng.random() < 0.25:
        fields["retries"] = _retries(rng)
    if make in (glue, python) and rng.random() < 0.1:
        fields["execution_timeout"] = rng.choice([0.0, 0.0, 0.5]) + rng.randint(5, 300)
    return make(task_id, *upstream, **fields)


def _retries(rng: Random) -> Retries:
    delay = rng.choice([0.0, 0.5, *map(float, rng.sample(range(1, 90), 4))])
    longest = rng.choice([None, None, float(rng.randint(1, 120))])
    return Retries(rng.randint(1, 3), delay, rng.choice([1.0, 1.0, 1.5, 2.0]), longest)


def _with_latest_only(rng: Random, tasks: Sequence[Task]) -> list[Task]:
    """Make some empty tasks ask whether their run is the latest."""
    share = 0.5 if rng.random() < 0.15 else 0.0
    return [
        replace(task, operator=LATEST_ONLY) if task.operator == EMPTY and rng.random() < share else task
        for task in tasks
    ]


def _with_setups(rng: Random, tasks: Sequence[Task]) -> list[Task]:
    """Make some tasks setups."""
    made = list(tasks)
    for index in rng.sample(range(len(tasks)), rng.randint(1, 2)):
        if made[index].trigger_rule is TriggerRule.ALL_SUCCESS:
            made[index] = replace(made[index], is_setup=True)
    return made


def _with_teardowns(rng: Random, tasks: Sequence[Task]) -> list[Task]:
    """Put teardowns behind some tasks, most of them setups."""
    made = list(tasks)
    for number in range(rng.randint(0, 2)):
        setups = [task.task_id for task in made if task.is_setup]
        others = [task.task_id for task in made if not task.is_setup and rng.random() < 0.3]
        chosen = [setup for setup in setups if rng.random() < 0.7]
        settings = {"on_failure_fail_dagrun": True} if rng.random() < 0.3 else {}
        teardown = glue(
            f"teardown{number}",
            *chosen,
            *others,
            trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS,
            is_teardown=True,
            settings=settings,
        )
        made.append(teardown)
        if rng.random() < 0.3:
            made.append(glue(f"behind{number}", teardown.task_id))
    return made
