"""DAGs with scripts, random or by hand, and how the oracle's run of one is held against Airflow's."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from converter.verify.airflow_run import Branch, End, Script, ShortCircuit, Try, simulate
from converter.workflow import Location, Retries, Task, TriggerRule, Workflow, to_json

#: Plays a run with Airflow itself; what it returns is in airflow_driver.py.
Play = Callable[[Workflow, Script], dict[str, Any]]

NOWHERE = Location("")
#: Which rules a random DAG draws from: mostly plain ones, all alike, or those whose tasks can be under way
#: when a branch skips them, or when what they have begun upon is skipped.
RULES = (
    tuple(TriggerRule) + (TriggerRule.ALL_SUCCESS,) * 8,
    tuple(TriggerRule),
    tuple(
        TriggerRule(rule)
        for rule in "always one_success one_failed one_done all_failed none_skipped all_success".split()
    ),
)
#: How often a task is plain, empty, a branch, a short-circuit.
KINDS = ((12, 2, 3, 2), (12, 2, 3, 2), (5, 1, 5, 3))


def task(task_id: str, *upstream: str, rule: str = "all_success", **fields: Any) -> Task:
    return Task(task_id, "", upstream=upstream, trigger_rule=TriggerRule(rule), **fields)


def setup(task_id: str, *upstream: str) -> Task:
    return task(task_id, *upstream, is_setup=True)


def teardown(task_id: str, *upstream: str, fails_run: bool = False) -> Task:
    settings = {"on_failure_fail_dagrun": True} if fails_run else {}
    rule = "all_done_setup_success"
    return task(task_id, *upstream, rule=rule, is_teardown=True, settings=settings)


def dag(*tasks: Task, timeout: float | None = None, fail_fast: bool = False) -> Workflow:
    settings = {"fail_fast": True} if fail_fast else {}
    return Workflow("scripted", tasks, NOWHERE, dagrun_timeout=timeout, settings=settings)


def random_case(seed: int) -> tuple[Workflow, Script]:
    """3 to 9 tasks of every kind. The same seed gives the same case."""
    rng = random.Random(seed)
    ids = [f"t{number}" for number in rng.sample(range(10), rng.randint(3, 9))]  # no order by name
    density = rng.uniform(0.2, 0.8)
    fail_fast = rng.random() < 0.06
    flavour = rng.randrange(len(RULES))
    tasks: list[Task] = []
    for position, task_id in enumerate(ids):
        upstream = tuple(other for other in ids[:position] if rng.random() < density)
        rules = (TriggerRule.ALL_SUCCESS,) if fail_fast else RULES[flavour]  # Airflow refuses any other
        tasks.append(_random_task(rng, task_id, upstream, tasks, rules))
    if rng.random() < 0.3:
        tasks = _with_teardown_edges(rng, tasks)
    script = {item.task_id: _random_tries(rng, item, ids, KINDS[flavour]) for item in tasks}
    timeout = rng.randint(3, 30) if rng.random() < 0.08 else None
    return dag(*tasks, timeout=timeout, fail_fast=fail_fast), script


def _random_task(
    rng: random.Random,
    task_id: str,
    upstream: tuple[str, ...],
    before: list[Task],
    rules: tuple[TriggerRule, ...],
) -> Task:
    if upstream and rng.random() < 0.15:
        return teardown(task_id, *upstream, fails_run=rng.random() < 0.3)
    follows_setup = any(other.is_setup and other.task_id in upstream for other in before)
    rule = TriggerRule.ALL_SUCCESS if follows_setup else rng.choice(rules)  # Airflow refuses any other
    retries = Retries()
    if rng.random() < 0.25:
        retries = Retries(
            count=rng.randint(1, 3),
            delay=rng.choice((0, 1, 3)),
            backoff=rng.choice((1.0, 1.5, 2.0)),
            max_delay=rng.choice((None, 2)),
        )
    is_setup = rng.random() < 0.15
    return task(task_id, *upstream, rule=rule.value, retries=retries, is_setup=is_setup)


def _with_teardown_edges(rng: random.Random, tasks: list[Task]) -> list[Task]:
    """Make teardowns the teardowns of more of the setups before them."""
    setups: list[str] = []
    result = []
    for item in tasks:
        if item.is_teardown:
            more = [setup_id for setup_id in setups if setup_id not in item.upstream and rng.random() < 0.7]
            result.append(replace(item, upstream=(*item.upstream, *more)))
            continue
        result.append(item)
        if item.is_setup:
            setups.append(item.task_id)
    return result


def _random_tries(rng: random.Random, item: Task, ids: list[str], kinds: tuple[int, ...]) -> tuple[Try, ...]:
    kind = rng.choices(("plain", "empty", "branch", "short_circuit"), kinds)[0]
    if kind == "empty":
        return (Try(0),)
    ignores_rules = rng.random() < 0.6
    tries = []
    for _ in range(item.retries.count + 1):
        seconds = rng.randint(1, 12) + rng.choice((0, 0, 0.25))
        end = rng.choices((End.SUCCESS, End.FAILED, End.FAILED_FOR_GOOD, End.SKIPPED), (5, 3, 1, 2))[0]
        if kind == "branch" and rng.random() < 0.8:
            chosen = rng.sample([*ids, "unknown"], rng.choice((0, 1, 1, 1, 2)))
            tries.append(Try(seconds, Branch(tuple(chosen))))
        elif kind == "short_circuit" and rng.random() < 0.7:
            tries.append(Try(seconds, ShortCircuit(ignores_rules)))
        else:
            tries.append(Try(seconds, end))
    return tuple(tries)


def case_to_json(workflow: Workflow, script: Script) -> dict[str, Any]:
    tries = {task_id: [_try_to_json(attempt) for attempt in tries] for task_id, tries in script.items()}
    return {"workflow": to_json(workflow), "script": tries}


def _try_to_json(attempt: Try) -> dict[str, Any]:
    end = attempt.end
    if isinstance(end, Branch):
        return {"seconds": attempt.seconds, "kind": "branch", "chosen": list(end.chosen)}
    if isinstance(end, ShortCircuit):
        return {"seconds": attempt.seconds, "kind": "short_circuit", "ignores_rules": end.ignores_rules}
    return {"seconds": attempt.seconds, "kind": end.value}


def with_waits(script: Script, waits: Mapping[str, list[float]]) -> Script:
    """Return the script with the waits that Airflow chose before its retries."""
    return {
        task_id: tuple(
            replace(tries[min(number, len(tries) - 1)], wait=wait)
            for number, wait in enumerate([*waits[task_id], None])
        )
        if waits[task_id]
        else tries
        for task_id, tries in script.items()
    }


def difference(airflow_play: Play, workflow: Workflow, script: Script) -> str | None:
    """Return what Airflow and the oracle did, where they differ; else None."""
    theirs = airflow_play(workflow, script)
    trace = simulate(workflow, with_waits(script, theirs["waits"]))
    ours = {
        "changes": [[change.at, change.task_id, change.state.value] for change in trace.changes],
        "tries": {task_id: result.tries for task_id, result in trace.tasks.items()},
        "outcome": trace.outcome.value,
        "ended": trace.ended,
    }
    theirs = {name: theirs[name] for name in ours}
    return None if ours == theirs else f"\n  airflow {theirs}\n  oracle  {ours}\n  {workflow}\n  {script}"
