"""DAGs with scripts, random or by hand, and how the oracle's run of one is held against Airflow's."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from random_mapped_dags import TOO_EARLY, TOO_EARLY_IN_GROUPS

from converter.expansion import Expansion, Source, SourceKind
from converter.verify.airflow_run import (
    Branch,
    End,
    Script,
    ShortCircuit,
    Try,
    expanded,
    instance_ids,
    length_of,
    pushes,
    simulate,
    task_of,
)
from converter.workflow import Location, Retries, Task, TriggerRule, Workflow, to_json

#: Plays a run with Airflow itself; what it returns is in airflow_driver.py. The last argument gives the
#: lengths of what tasks return that others are expanded over.
Play = Callable[[Workflow, Script, Mapping[str, int]], dict[str, Any]]

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
PLAIN, BRANCH, SHORT_CIRCUIT = (1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)


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


def case_to_json(workflow: Workflow, script: Script, pushed: Mapping[str, int]) -> dict[str, Any]:
    tries = {task_id: [_try_to_json(attempt) for attempt in tries] for task_id, tries in script.items()}
    return {"workflow": to_json(workflow), "script": tries, "pushed": dict(pushed)}


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


def random_mapped_case(seed: int) -> tuple[Workflow, Script, dict[str, int]]:
    """As :func:`random_case`, with mapped tasks; and the lengths of what tasks return."""
    rng = random.Random(f"mapped {seed}")
    workflow, script = random_case(seed)
    returning: list[str] = []
    tasks: list[Task] = []
    pushed: dict[str, int] = {}
    tries: dict[str, tuple[Try, ...]] = {}
    branches: set[str] = set()  # that are mapped: what is expanded over XCom behind them is not modelled
    for item in workflow.tasks:
        ends = {type(attempt.end) for attempt in script[item.task_id]}
        plain = ends == {End} and all(attempt.seconds for attempt in script[item.task_id])
        lasting = plain or not ends <= {End}
        if lasting and rng.random() < 0.5:
            over = returning if plain and not branches.intersection(item.upstream) else []
            if item.is_teardown:  # over its only setup: else two conditions decide, by the order of a set
                setups = [up for up in item.upstream if workflow.by_id[up].is_setup]
                over = [up for up in over if setups == [up]]
            item = _mapped(rng, item, over)  # noqa: PLW2901
            count = length_of(item, pushed)
            names = instance_ids(item.task_id, count)
            kinds = PLAIN if plain else BRANCH if Branch in ends else SHORT_CIRCUIT
            branches |= set() if plain else {item.task_id}
            all_ids = [other.task_id for other in workflow.tasks]
            more = {name: _random_tries(rng, item, all_ids, kinds) for name in names}
            tries |= more if count else {item.task_id: ()}
            pushed[item.task_id] = sum(pushes(more[name], item.retries.count) for name in names if count)
        else:
            tries[item.task_id] = script[item.task_id]
            pushed[item.task_id] = rng.choice((0, 1, 1, 2, 3))
        if plain:
            returning.append(item.task_id)
        tasks.append(item)
    return replace(workflow, tasks=tuple(tasks)), tries, pushed


def random_grouped_case(seed: int) -> tuple[Workflow, Script, dict[str, int]]:
    """As :func:`random_case`, with a mapped task group of some of its tasks; and what tasks return."""
    rng = random.Random(f"grouped {seed}")
    workflow, script = random_case(seed)
    plain = [
        item.task_id
        for item in workflow.tasks
        if all(isinstance(attempt.end, End) for attempt in script[item.task_id])
        and not (item.is_setup or item.is_teardown)
    ]
    inside = set(rng.sample(plain, min(len(plain), rng.randint(1, 4))))
    returning = [name for name in plain if name not in inside and script[name][0].seconds]
    before = {
        item.task_id
        for item in workflow.tasks[
            : min((n for n, item in enumerate(workflow.tasks) if item.task_id in inside), default=0)
        ]
    }
    over = [name for name in returning if name in before]
    by_xcom = bool(over) and rng.random() < 0.6
    pushed = {name: rng.choice((0, 1, 2, 2, 3)) for name in returning}
    if by_xcom:
        source = Source(SourceKind.XCOM, task_id=rng.choice(over))
        count = pushed[source.task_id]
    else:
        count = rng.choice((0, 1, 2, 2, 3))
        source = Source(SourceKind.LITERAL, list(range(count)))
    tasks, tries = [], {}
    for item in workflow.tasks:
        if item.task_id not in inside:
            tasks.append(item)
            tries[item.task_id] = script[item.task_id]
            continue
        upstream = item.upstream
        peers = [up for up in upstream if up in inside]
        if by_xcom and not peers:
            upstream = tuple(dict.fromkeys((*upstream, source.task_id)))
        rule = item.trigger_rule
        too_early = TOO_EARLY_IN_GROUPS if peers else TOO_EARLY
        if rule in (too_early if by_xcom else {TriggerRule.ALWAYS}):
            rule = TriggerRule.ALL_SUCCESS
        fields = {"is_mapped": True, "expansion": Expansion({"x": source}), "mapped_group": "group"}
        tasks.append(replace(item, upstream=upstream, trigger_rule=rule, **fields))
        lasting = rng.choice((PLAIN, PLAIN, BRANCH, SHORT_CIRCUIT))
        kinds = lasting if script[item.task_id][0].seconds else (0, 1, 0, 0)
        for name in instance_ids(item.task_id, count):
            tries[name] = _random_tries(rng, item, [*script], kinds) if count else ()
    return replace(workflow, tasks=tuple(tasks)), tries, pushed


def _mapped(rng: random.Random, item: Task, returning: Collection[str]) -> Task:
    """Expand a task over a literal, or over tasks directly before it that return something."""
    literals = [Source(SourceKind.LITERAL, list(range(rng.choice((0, 1, 2, 3)))))]
    over = [Source(SourceKind.XCOM, task_id=up) for up in item.upstream if up in returning]
    # Airflow refuses `always` over an XCom; what becomes of `all_skipped` over one that failed is decided by
    # the order of a Python set.
    if item.trigger_rule in (TriggerRule.ALWAYS, TriggerRule.ALL_SKIPPED):
        over = []
    allowed = [*literals, *over, *over]
    chosen = rng.sample(allowed, min(len(allowed), rng.choice((1, 1, 1, 2))))
    return replace(item, is_mapped=True, expansion=Expansion(dict(zip("xy", chosen, strict=False))))


def difference(
    airflow_play: Play, workflow: Workflow, script: Script, pushed: Mapping[str, int] | None = None
) -> str | None:
    """Return what Airflow and the oracle did, where they differ; else None."""
    theirs = airflow_play(workflow, script, pushed or {})
    lengths = {
        item.task_id: sum(task_of(name) == item.task_id for name in script if script[name])
        for item in workflow.tasks
        if item.is_mapped
    }
    trace = simulate(expanded(workflow, lengths), with_waits(script, theirs["waits"]))
    begun = {task_of(name) for name, result in trace.tasks.items() if result.tries}
    # Over a list of the file, a task is expanded from the start.
    begun |= {item.task_id for item in workflow.tasks if item.expansion and not item.expansion.task_ids()}
    named = {name: name if task_of(name) in begun else task_of(name) for name in trace.tasks}
    changes = [[change.at, named[change.task_id], change.state.value] for change in trace.changes]
    ours = {
        # Before it is expanded there is one instance of a task.
        "changes": [change for number, change in enumerate(changes) if change not in changes[:number]]
        if lengths
        else changes,
        "tries": {named[name]: result.tries for name, result in trace.tasks.items()},
        "outcome": trace.outcome.value,
        "ended": trace.ended,
    }
    theirs = {name: theirs[name] for name in ours}
    return None if ours == theirs else f"\n  airflow {theirs}\n  oracle  {ours}\n  {workflow}\n  {script}"
