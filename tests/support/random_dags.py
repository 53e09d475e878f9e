"""Random workflows of everything that decides outcomes: rules, skips, setups and teardowns, retries."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from workflows import branch, empty, glue, nested, python, short_circuit, workflow

from converter.workflow import Retries, Task, TriggerRule, Workflow

RULES = tuple(rule for rule in TriggerRule if rule is not TriggerRule.ALL_DONE_SETUP_SUCCESS)


def random_dag(seed: int, largest: int = 12) -> Workflow:
    """Return a DAG of three tasks or more; what is in it depends on the seed."""
    rng = Random(seed)
    count = rng.randint(3, largest)
    density = rng.choice([0.1, 0.25, 0.5])
    some_rules, some_skips, some_setups = (rng.random() < 0.7 for _ in range(3))
    tasks: list[Task] = []
    for number in range(count):
        near = tasks[-8:]
        upstream = [task.task_id for task in near if rng.random() < density]
        make = rng.choice([glue, glue, glue, nested, empty, python])
        if some_skips and rng.random() < 0.25:
            make = rng.choice([branch, short_circuit])
        fields = {}
        if some_rules and rng.random() < 0.4:
            fields["trigger_rule"] = rng.choice(RULES)
        if make is short_circuit and rng.random() < 0.5:
            fields["ignore_downstream_trigger_rules"] = False
        if make is not empty and rng.random() < 0.25:
            backoff = rng.choice([1.0, 1.0, 2.0])
            fields["retries"] = Retries(rng.randint(1, 3), float(rng.randint(1, 90)), backoff)
        if make in (glue, python) and rng.random() < 0.1:
            fields["execution_timeout"] = float(rng.randint(5, 300))
        tasks.append(make(f"t{number}", *upstream, **fields))
    if some_setups:
        tasks = _with_setups(rng, tasks)
    return workflow(*tasks, dag_id=f"random_{seed}")


def _with_setups(rng: Random, tasks: list[Task]) -> list[Task]:
    """Make some tasks setups, and put teardowns behind them."""
    made = list(tasks)
    for index in rng.sample(range(len(tasks)), rng.randint(1, 2)):
        if made[index].trigger_rule is TriggerRule.ALL_SUCCESS:
            made[index] = replace(made[index], is_setup=True)
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
