import pytest
from workflows import empty, glue, workflow

from converter.asl.rules import Rules
from converter.operators import steps_of
from converter.workflow import Outcome, TriggerRule

R = TriggerRule
S, F, K, U = Outcome.SUCCESS, Outcome.FAILED, Outcome.SKIPPED, Outcome.UPSTREAM_FAILED


def rules_of(*tasks, failures_end_the_run=False):
    flow = workflow(*tasks)
    return Rules.of(flow, steps_of(flow)[0], failures_end_the_run=failures_end_the_run)


@pytest.mark.parametrize(
    ("rule", "outcomes"),
    [
        (R.ALL_SUCCESS, {S, F, U}),
        (R.NONE_FAILED, {S, F, U}),
        (R.NONE_FAILED_MIN_ONE_SUCCESS, {S, F, U}),
        (R.NONE_SKIPPED, {S, F}),
        (R.ALL_FAILED, {S, F, K}),
        (R.ALL_SKIPPED, {K}),
        (R.ALL_DONE, {S, F}),
        (R.ALL_DONE_MIN_ONE_SUCCESS, {S, F, U}),
        (R.ALWAYS, {S, F}),
    ],
)
def test_what_may_become_of_a_task_behind_two_jobs(rule, outcomes):
    rules = rules_of(glue("a"), glue("b"), glue("c", "a", "b", trigger_rule=rule))
    assert rules.possible["c"] == outcomes


def test_what_cannot_fail_leaves_no_doubt():
    rules = rules_of(empty("a"), empty("b", "a"), empty("c", "b"))
    assert not rules.may_not_succeed("a", "b", "c")


def test_with_failures_that_end_the_run_nothing_else_is_in_doubt():
    tasks = [glue("a"), glue("b", "a"), glue("c", "b", trigger_rule=R.ALL_FAILED)]
    rules = rules_of(*tasks, failures_end_the_run=True)
    assert rules.possible["b"] == {S}
    assert rules.possible["c"] == {K}


def test_a_record_that_another_implies_is_not_needed():
    rules = rules_of(glue("a"), glue("b", "a"), glue("c", "a", "b"))
    assert rules.needs("c") == ("b",)


def test_behind_another_rule_nothing_is_implied():
    rules = rules_of(glue("a"), glue("b", "a", trigger_rule=R.ALL_DONE), glue("c", "a", "b"))
    assert rules.needs("c") == ("a", "b")
    assert rules.doomed_by["c"] == {"a", "b"}


def test_a_rule_that_never_refuses_needs_no_records():
    rules = rules_of(
        glue("a"), glue("b", "a", trigger_rule=R.ALL_DONE), glue("c", "a", trigger_rule=R.ALWAYS)
    )
    assert rules.needs("b") == rules.needs("c") == ()


def test_a_task_behind_a_late_decision_starts_late_however_far_behind():
    tasks = [
        glue("a"),
        glue("b"),
        glue("c", "a", "b"),
        glue("d", "c"),
        glue("e", "d", trigger_rule=R.ALL_DONE),
    ]
    rules = rules_of(*tasks)
    assert [task.task_id for task in tasks if rules.starts_late(task)] == ["e"]
