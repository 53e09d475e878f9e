"""Deliberate breaks of the compiler, one for each clause: the scenarios of some small DAGs find them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from telling_dags import TELLING_DAGS
from verifying import OPTIONS, verifier_of

from converter.asl import awaiting, decisions, machine, outcome_table, outer, parts, records, rules, tasks
from converter.asl.block import BlockWriter
from converter.asl.emission import Emission
from converter.asl.group_writer import GroupWriter
from converter.expressions.jsonata import Expression
from converter.operators import standard
from converter.operators.step import SkipOrders
from converter.pipeline import convert
from converter.relations import Relations
from converter.workflow import TriggerRule as Rule

SEEDS = range(50)
RAN, BAD, SUCCESS = "[state in ['success', 'failed']]", "[state = 'failed']", "[state = 'success']"
NOT_SKIPPED = "[state != 'skipped']"

Break = Callable[[pytest.MonkeyPatch], None]


def rule_runs_if(rule: Rule, condition: str) -> Break:
    """The rule lets its task run under another condition; ``{up}`` are the upstream records."""
    original = decisions._runs

    def runs(asked: Rule, up: str, count: int) -> str:
        return condition.format(up=up, count=count) if asked is rule else original(asked, up, count)

    return lambda patch: patch.setattr(decisions, "_runs", runs)


def in_text(function: str, old: str, new: str) -> Break:
    """What a function of ``decisions`` returns says something else."""
    original = getattr(decisions, function)

    def changed(*args, **kwargs):
        text = original(*args, **kwargs)
        return text.replace(old, new)

    return lambda patch: patch.setattr(decisions, function, changed)


def relation(name: str, change: Callable[[Relations, object], object]) -> Break:
    """A relation of the workflow's tasks is worked out wrongly."""
    original = vars(Relations)[name].func
    return lambda patch: patch.setattr(Relations, name, property(lambda self: change(self, original(self))))


def firing_of(rule: Rule, upstream: bool) -> Break:
    """Tasks with the rule wait for all of their upstream tasks, or for none."""

    def change(self: Relations, found):
        return {
            name: (self.tasks[name].upstream if upstream else ())
            if self.tasks[name].trigger_rule is rule
            else ups
            for name, ups in found.items()
        }

    return relation("firing", change)


def skips_ordered_as(orders: SkipOrders, *, of_branches: bool = False) -> Break:
    """All short-circuits, or branches, are taken for such that order these skips."""
    original = rules._skipped_by

    def skipped_by(relations, steps):
        return original(
            relations,
            {
                name: step
                if step.orders_skips is None or (step.orders_skips is SkipOrders.NOT_CHOSEN) != of_branches
                else replace(step, orders_skips=orders)
                for name, step in steps.items()
            },
        )

    return lambda patch: patch.setattr(rules, "_skipped_by", skipped_by)


def teardowns_are_skipped_too(patch: pytest.MonkeyPatch) -> None:
    original = rules._skipped_by

    def skipped_by(relations, steps):
        circuits = [name for name, step in steps.items() if step.orders_skips is SkipOrders.DESCENDANTS]
        return {
            name: tuple(
                before or (c for c in circuits if c in relations.tasks and name in relations.descendants(c))
            )
            for name, before in original(relations, steps).items()
        }

    patch.setattr(rules, "_skipped_by", skipped_by)


def retrier(change: Callable[[dict], dict]) -> Break:
    """The retrier of a task's own retries is another."""
    original = tasks.task_retry

    def task_retry(retries, *, never=()):
        found = original(retries, never=never)
        return [*found[:-1], change(found[-1])] if found else found

    return lambda patch: patch.setattr(tasks, "task_retry", task_retry)


def not_retried(keep: Callable[[str], bool]) -> Break:
    """Only some of the errors that must not be retried are not."""
    original = tasks.task_retry

    def task_retry(retries, *, never=()):
        found = original(retries, never=never)
        if not found:
            return found
        kept = [error for error in found[0]["ErrorEquals"] if keep(error)]
        return [{**found[0], "ErrorEquals": kept or ["Never.Raised"]}, *found[1:]]

    return lambda patch: patch.setattr(tasks, "task_retry", task_retry)


def never_again(*errors: str) -> Break:
    """These errors are not retried either."""
    original = tasks.task_retry
    return lambda patch: patch.setattr(
        tasks, "task_retry", lambda retries, *, never=(): original(retries, never=(*never, *errors))
    )


def leaves_fail_the_run_if(condition: str) -> Break:
    return lambda patch: patch.setattr(
        decisions,
        "no_leaf_failed",
        lambda leaves: Expression(f"$count({decisions.records_of(leaves)}{condition}) = 0"),
    )


def run_limited_to(limit: Callable[[int], int]) -> Break:
    """The machine's own limit is another."""
    original = machine._one_machine

    def one_machine(number, definition, *others):
        return original(number, definition | {"TimeoutSeconds": limit(definition["TimeoutSeconds"])}, *others)

    return lambda patch: patch.setattr(machine, "_one_machine", one_machine)


def without_noting_failures(patch: pytest.MonkeyPatch) -> None:
    original = GroupWriter._write_noted_failure

    def write(self, task_id):
        states = self.block.states
        noted = original(self, task_id)
        return states.pop(noted)["Next"]

    patch.setattr(GroupWriter, "_write_noted_failure", write)


def noting_setups_only(patch: pytest.MonkeyPatch) -> None:
    original = outer.noted_tasks

    def noted_tasks(workflow, steps):
        tasks = (workflow.task(name) for name in original(workflow, steps))
        return tuple(task.task_id for task in tasks if task.is_setup or task.is_teardown)

    patch.setattr(outer, "noted_tasks", noted_tasks)


def capped_without_backoff(patch: pytest.MonkeyPatch) -> None:
    original = tasks.task_retry

    def task_retry(retries, *, never=()):
        cap = retries.max_delay or retries.delay
        return original(replace(retries, delay=min(retries.delay, cap)), never=never)

    patch.setattr(tasks, "task_retry", task_retry)


#: What is broken → the DAG that tells, and the break.
MUTATIONS: Mapping[str, tuple[str, Break]] = {
    # --- trigger rules
    "all_success runs upon a skip": (
        "all_success",
        lambda patch: patch.setattr(
            records, "all_successful", lambda those: Expression(f"$count({those}{BAD}) = 0")
        ),
    ),
    "all_success: a skip does not come first": (
        "all_success",
        in_text("_first_of_bad_and_skipped", "<=", "!= -1 or 0 <="),
    ),
    "all_failed runs upon one failure": (
        "all_failed",
        rule_runs_if(Rule.ALL_FAILED, "$count({up}[state in ['failed', 'upstream_failed']]) > 0"),
    ),
    "all_done does not wait": ("all_done", firing_of(Rule.ALL_DONE, upstream=False)),
    "all_done_min_one_success runs upon a skip": (
        "all_done_min_one_success",
        rule_runs_if(Rule.ALL_DONE_MIN_ONE_SUCCESS, f"$count({{up}}{SUCCESS}) > 0"),
    ),
    "all_done_min_one_success runs without a success": (
        "all_done_min_one_success",
        rule_runs_if(Rule.ALL_DONE_MIN_ONE_SUCCESS, "$count({up}[state = 'skipped']) = 0"),
    ),
    "all_skipped runs upon one skip": (
        "all_skipped",
        rule_runs_if(Rule.ALL_SKIPPED, "$count({up}[state = 'skipped']) > 0"),
    ),
    "always waits": ("always", firing_of(Rule.ALWAYS, upstream=True)),
    "none_failed runs upon upstream_failed": (
        "none_failed",
        rule_runs_if(Rule.NONE_FAILED, f"$count({{up}}{BAD}) = 0"),
    ),
    "none_failed_min_one_success runs upon upstream_failed": (
        "none_failed_min_one_success",
        rule_runs_if(
            Rule.NONE_FAILED_MIN_ONE_SUCCESS, f"$count({{up}}{BAD}) = 0 and $count({{up}}{SUCCESS}) > 0"
        ),
    ),
    "none_failed_min_one_success runs without a success": (
        "join",
        rule_runs_if(
            Rule.NONE_FAILED_MIN_ONE_SUCCESS, "$count({up}[state in ['failed', 'upstream_failed']]) = 0"
        ),
    ),
    "none_skipped runs upon a skip": ("none_skipped", rule_runs_if(Rule.NONE_SKIPPED, "true")),
    "one_done runs upon a skip": ("one_done", in_text("_rule_of_any", RAN, "[state != 'upstream_failed']")),
    "one_failed does not see upstream_failed": (
        "one_failed",
        in_text("_rule_of_any", "[state in ['failed', 'upstream_failed']]", BAD),
    ),
    "one_success waits for all": (
        "one_success",
        in_text("_rule_of_any", f"$min($up{SUCCESS}.at)", f"$min(($count($up) = 3 ? $up{SUCCESS}).at)"),
    ),
    # --- skips
    "a branch skips nobody": ("branch", lambda patch: patch.setattr(decisions, "_told", lambda _: "false")),
    "a branch skips all its children": (
        "branch",
        lambda patch: patch.setattr(decisions, "_told", lambda _: "$exists(skips) and skips != null"),
    ),
    "a skip comes too late although it was told before": (
        "late_branch",
        in_text("_unless_told_to_skip", "$told <= $found.run ?", "$told < $found.run - 1e9 ?"),
    ),
    "upstream_failed is not overwritten": (
        "late_branch",
        in_text(
            "_unless_told_to_skip", "$merge([{'state': 'skipped', 'at': $told}, {'first': $found}])", "$found"
        ),
    ),
    "a short-circuit skips its children only": ("short_circuit", skips_ordered_as(SkipOrders.CHILDREN)),
    "a short-circuit that respects rules skips all": (
        "polite_short_circuit",
        skips_ordered_as(SkipOrders.DESCENDANTS),
    ),
    "latest-only skips nobody": (
        "latest_only",
        lambda patch: patch.setattr(standard, "LATEST_UNTIL", "$states.context.Execution.Input.other"),
    ),
    "latest-only skips all behind it": (
        "latest_only",
        skips_ordered_as(SkipOrders.DESCENDANTS, of_branches=True),
    ),
    "a short-circuit skips teardowns": ("short_circuit", teardowns_are_skipped_too),
    "a skip is retried": ("skips", not_retried(lambda error: error != tasks.SKIP_ERROR)),
    "a skip is a failure": ("skips", lambda patch: patch.setattr(tasks, "SKIP_ERROR", "Never.Raised")),
    "a skip overwrites what instances have become": (
        "expanded",
        lambda patch: patch.setattr(rules, "_is_expanded_from_the_start", lambda step: False),
    ),
    "that there is nothing to expand over is found in no pass": (
        "nothing_to_expand_over",
        lambda patch: patch.setattr(rules, "_counted", lambda relations, steps: frozenset()),
    ),
    # --- setups and teardowns
    "an indirect setup does not stop": (
        "setup",
        relation("indirect_setups", lambda self, found: dict.fromkeys(found, ())),
    ),
    "a skipped setup decides at once what is behind a poller": (
        "held_by_a_setup",
        lambda patch: patch.setattr(decisions, "_once_all_is_known", lambda question, mapped, rule: rule),
    ),
    "a teardown runs although no setup has succeeded": (
        "teardown",
        rule_runs_if(Rule.ALL_DONE_SETUP_SUCCESS, "true"),
    ),
    "a teardown needs all setups": (
        "teardown",
        rule_runs_if(Rule.ALL_DONE_SETUP_SUCCESS, f"$count($setups{SUCCESS}) = $count($setups)"),
    ),
    "a teardown of skipped setups is upstream_failed": (
        "teardown",
        in_text("_not_run", "? 'skipped' : 'upstream_failed'", "? 'upstream_failed' : 'upstream_failed'"),
    ),
    "a teardown does not wait for what its setup serves": (
        "scope",
        relation("teardown_scope", lambda self, found: dict.fromkeys(found, ())),
    ),
    "a failure does not stop the others": (
        "fail_fast",
        lambda patch: patch.setattr(Emission, "as_airflow", property(lambda self: True)),
    ),
    "after the first failure no teardown runs": (
        "fail_fast",
        lambda patch: patch.setattr(outer, "_ended", lambda: "{'error': 'DagRunFailed', 'cause': ''}"),
    ),
    "a branch's skip of a teardown is forgotten after the first failure": ("fail_fast", noting_setups_only),
    # --- the run's own outcome
    "any failure fails the run": ("absorbed", relation("deciding", lambda self, found: tuple(self.tasks))),
    "an ignorable teardown decides": (
        "ignored",
        relation("deciding", lambda self, found: self.workflow.leaves()),
    ),
    "on_failure_fail_dagrun is not heeded": (
        "heeded",
        relation(
            "deciding", lambda self, found: tuple(n for n in self.tasks if not self.tasks[n].is_teardown)
        ),
    ),
    "a leaf that is upstream_failed does not count": ("leaf", leaves_fail_the_run_if(BAD)),
    "a skipped leaf fails the run": ("leaf", leaves_fail_the_run_if("[state != 'success']")),
    "teardowns alone decide nothing": (
        "teardowns_alone",
        relation("deciding", lambda self, found: tuple(n for n in found if not self.tasks[n].is_teardown)),
    ),
    "what failed in a branch of a Parallel is not asked about": (
        "pair",
        lambda patch: patch.setattr(BlockWriter, "_is_in_doubt_at_end", lambda self: False),
    ),
    # --- Awaits
    "a poller takes any end for a success": (
        "awaiting",
        lambda patch: patch.setattr(awaiting, "all_succeeded", awaiting.all_finished),
    ),
    "a poller waits for one of two": (
        "awaiting",
        lambda patch: patch.setattr(
            awaiting, "all_succeeded", lambda count: Expression(f"$count({awaiting.KNOWN}.*) > 0")
        ),
    ),
    # --- retries
    "one retry too few": ("retries", retrier(lambda it: it | {"MaxAttempts": it["MaxAttempts"] - 1})),
    "one retry too many": ("retries", retrier(lambda it: it | {"MaxAttempts": it["MaxAttempts"] + 1})),
    "a longer interval": ("retries", retrier(lambda it: it | {"IntervalSeconds": it["IntervalSeconds"] + 1})),
    "a shorter interval": (
        "retries",
        retrier(lambda it: it | {"IntervalSeconds": it["IntervalSeconds"] - 2}),
    ),
    "a backoff beyond its band": (
        "retries",
        retrier(lambda it: it | ({"BackoffRate": 4.5} if it["BackoffRate"] > 1 else {})),
    ),
    "a backoff of more than a day": (
        "patient",
        lambda patch: patch.setattr(tasks, "LONGEST_DELAY", 10 * tasks.LONGEST_DELAY),
    ),
    "no backoff": ("retries", retrier(lambda it: it | {"BackoffRate": 1.0})),
    "no limit to the backoff": (
        "retries",
        retrier(lambda it: {name: value for name, value in it.items() if name != "MaxDelaySeconds"}),
    ),
    "a limit without a backoff": ("retries", capped_without_backoff),
    "a final error is retried": ("retries", not_retried(lambda error: not error.startswith("Airflow"))),
    "an evaluation error is retried": ("retries", not_retried(lambda error: not error.startswith("States."))),
    "what took too long is not tried again": ("limited", never_again("States.Timeout", "States.Timeout")),
    "a sensor that took too long is not tried again": ("limited_sensor", never_again(parts.TIMEOUT_ERROR)),
    "a sensor's timeout is that of all its tries": (
        "limited_sensor",
        lambda patch: patch.setattr(
            parts, "_AGE", "($millis() - $toMillis($states.context.Execution.StartTime))"
        ),
    ),
    "a sensor has no timeout": (
        "limited_sensor",
        lambda patch: patch.setattr(
            parts._Writer, "_too_late", lambda self, limit: {"Condition": "{% false %}", "Next": self.done}
        ),
    ),
    "a run has no timeout": ("limited_run", run_limited_to(lambda seconds: 86_400)),
    "a run has a longer timeout": ("limited_run", run_limited_to(lambda seconds: seconds + 10)),
    "no timeout": ("limited", lambda patch: patch.setattr(tasks, "timeout_of", lambda step, task: None)),
    "a longer timeout": ("limited", lambda patch: patch.setattr(tasks, "timeout_of", lambda step, task: 45)),
}


#: Breaks with which no machine is made: the DAG, the code that tells, and the break.
REFUSED: Mapping[str, tuple[str, str, Break]] = {
    "a teardown that has failed runs again": ("fail_fast", "D533", without_noting_failures),
    "no failure is told to sibling branches": (
        "awaiting",
        "D533",
        lambda patch: patch.setattr(
            outcome_table,
            "publish_state",
            lambda task_id, following, *_, **__: {"Type": "Pass", "Next": following},
        ),
    ),
    "a poller goes on at once": (
        "awaiting",
        "D534",
        lambda patch: patch.setattr(awaiting, "all_succeeded", lambda count: Expression("true")),
    ),
}


@pytest.mark.parametrize("seeds", [SEEDS[:12], pytest.param(SEEDS, marks=pytest.mark.full)], ids=len)
@pytest.mark.parametrize("name", TELLING_DAGS)
def test_unbroken_all_end_as_in_airflow(name, seeds):
    assert verifier_of(TELLING_DAGS[name]).verify(seeds).divergences == ()


@pytest.mark.parametrize("broken", MUTATIONS)
def test_some_scenario_tells(broken):
    """Only the conversion is broken; what plays and compares is not."""
    name, break_something = MUTATIONS[broken]
    with pytest.MonkeyPatch.context() as patch:
        break_something(patch)
        verifier = verifier_of(TELLING_DAGS[name])
    assert any(verifier.verify([seed]).divergences for seed in SEEDS)


@pytest.mark.parametrize("broken", REFUSED)
def test_the_conversion_itself_tells(broken, monkeypatch):
    name, code, break_something = REFUSED[broken]
    break_something(monkeypatch)
    conversion = convert(TELLING_DAGS[name], OPTIONS)
    assert conversion.machine is None
    assert code in {item.code.id for item in conversion.diagnostics}


def test_each_rule_is_broken():
    told_by = {name for name, _ in MUTATIONS.values()}
    assert {rule.value for rule in Rule} - {Rule.ALL_DONE_SETUP_SUCCESS.value} <= told_by


def test_a_branch_that_would_not_follow_what_is_behind_its_choice_is_found(monkeypatch):
    """The task's function says what is not followed; here the simulated one says it wrongly."""
    verifier = verifier_of(TELLING_DAGS["branch"])
    monkeypatch.setattr(Relations, "descendants", lambda self, task_id: frozenset())
    assert any(verifier.verify([seed]).divergences for seed in SEEDS)
