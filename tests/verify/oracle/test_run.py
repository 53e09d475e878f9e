import pytest
from oracle_scenarios import dag, setup, task, teardown

from converter.verify.airflow_run import Branch, Cause, End, ShortCircuit, Try, retry_band
from converter.verify.airflow_run import simulate as simulate_run
from converter.workflow import Retries

FAILS = End.FAILED


@pytest.fixture
def play(simulate):
    """Play a script of seconds, a Try, or a list of them, per task; the others take 1 s."""

    def listed(item):
        return item if isinstance(item, list) else [item if isinstance(item, Try) else Try(item)]

    def played(workflow, **tries):
        names = [item.task_id for item in workflow.tasks]
        return simulate(workflow, {name: listed(tries.get(name, 1)) for name in names})

    return played


def outcomes(trace):
    return {task_id: result.outcome and result.outcome.value for task_id, result in trace.tasks.items()}


def test_a_task_starts_when_its_own_upstream_tasks_have_succeeded(play):
    trace = play(
        dag(
            task("glue1"),
            task("glue2"),
            task("glue3"),
            task("a", "glue1", "glue3"),
            task("b", "glue2", "glue3"),
        ),
        glue1=60,
        glue2=10,
        glue3=20,
    )
    assert (trace.tasks["a"].started, trace.tasks["b"].started) == (60, 20)
    assert (trace.outcome.value, trace.ended, trace.cause) == ("success", 61, Cause.TASKS)


def test_an_empty_dag_succeeds_at_once(play):
    trace = play(dag())
    assert (trace.outcome.value, trace.ended) == ("success", 0)


class TestRetries:
    def test_a_failed_task_waits_and_is_tried_again(self, play):
        trace = play(dag(task("a", retries=Retries(2, delay=10))), a=[Try(3, FAILS), Try(4, FAILS), Try(5)])
        assert [(change.at, change.state.value) for change in trace.changes] == [
            (0, "running"),
            (3, "up_for_retry"),
            (13, "running"),
            (17, "up_for_retry"),
            (27, "running"),
            (32, "success"),
        ]
        assert trace.tasks["a"].tries == 3

    def test_a_task_has_failed_when_no_retry_is_left(self, play):
        trace = play(dag(task("a", retries=Retries(1, delay=10))), a=Try(3, FAILS))
        assert (trace.outcome.value, trace.ended, trace.tasks["a"].tries) == ("failed", 16, 2)

    @pytest.mark.parametrize("end", [End.FAILED_FOR_GOOD, End.SKIPPED])
    def test_neither_a_skip_nor_a_failure_for_good_is_tried_again(self, play, end):
        assert play(dag(task("a", retries=Retries(1))), a=Try(3, end)).ended == 3

    def test_a_wait_is_chosen_within_its_band(self, play):
        workflow = dag(task("a", retries=Retries(1, delay=10, backoff=2)))
        trace = play(workflow, a=[Try(1, FAILS, wait=19), Try(1)])
        assert trace.ended == 21
        with pytest.raises(ValueError, match="waits 20 s after try 1, not 10 to 19"):
            play(workflow, a=[Try(1, FAILS, wait=20), Try(1)])

    @pytest.mark.parametrize(
        ("retries", "failed_tries", "band"),
        [
            (Retries(delay=300), 5, (300, 300)),
            (Retries(delay=300, max_delay=60), 1, (300, 300)),  # no backoff, no cap
            (Retries(delay=10, backoff=2), 1, (10, 19)),
            (Retries(delay=10, backoff=2), 3, (40, 79)),
            (Retries(delay=10, backoff=1.5), 2, (15, 29)),
            (Retries(delay=10, backoff=2, max_delay=60), 3, (40, 60)),
            (Retries(delay=10, backoff=2, max_delay=30), 3, (30, 30)),
            (Retries(delay=0, backoff=2), 4, (1, 1)),
            (Retries(delay=3600, backoff=2), 9, (86400, 86400)),
            (Retries(delay=1, backoff=2), 5000, (86400, 86400)),
        ],
    )
    def test_bands(self, retries, failed_tries, band):
        assert retry_band(retries, failed_tries) == band

    def test_a_task_that_waits_for_its_retry_is_decided_anew(self, play):
        # early begins upon x, which did not run; while early waits, the branch skips x: nothing has failed.
        workflow = dag(
            task("bad"),
            task("branch"),
            task("x", "bad", "branch"),
            task("early", "x", rule="one_failed", retries=Retries(1, delay=10)),
        )
        trace = play(workflow, bad=Try(1, FAILS), branch=Try(4, Branch()), early=Try(2, FAILS))
        assert outcomes(trace)["early"] == "skipped"
        assert (trace.tasks["early"].tries, trace.tasks["early"].decided) == (1, 4)


class TestSkips:
    BRANCH = dag(
        task("branch"),
        task("a", "branch"),
        task("b", "branch"),
        task("join", "branch", "a", rule="none_failed_min_one_success"),
    )

    def test_a_branch_skips_the_children_it_has_not_chosen(self, play):
        trace = play(self.BRANCH, branch=Try(1, Branch(("a",))))
        assert outcomes(trace) == {"branch": "success", "a": "success", "b": "skipped", "join": "success"}

    def test_a_branch_that_chooses_nothing_skips_all_children(self, play):
        trace = play(self.BRANCH, branch=Try(1, Branch()))
        assert outcomes(trace) == {"branch": "success", "a": "skipped", "b": "skipped", "join": "skipped"}

    def test_a_branch_may_choose_a_task_further_down(self, play):
        workflow = dag(task("branch"), task("a", "branch"), task("b", "branch"), task("c", "a"))
        trace = play(workflow, branch=Try(1, Branch(("c",))))
        assert outcomes(trace) == {"branch": "success", "a": "skipped", "b": "skipped", "c": "skipped"}

    def test_an_unknown_id_fails_the_branch_and_is_tried_again(self, play):
        workflow = dag(task("branch", retries=Retries(1, delay=2)), task("a", "branch"))
        trace = play(workflow, branch=[Try(1, Branch(("nobody",))), Try(1, Branch(("a",)))])
        assert (outcomes(trace)["a"], trace.tasks["branch"].tries) == ("success", 2)

    def test_a_skip_overwrites_upstream_failed(self, play):
        workflow = dag(task("bad"), task("branch"), task("x", "bad", "branch"))
        trace = play(workflow, bad=Try(1, FAILS), branch=Try(2, Branch()))
        assert (outcomes(trace)["x"], trace.tasks["x"].decided) == ("skipped", 2)
        assert trace.outcome.value == "success"  # x is the only leaf

    CIRCUIT = dag(task("check"), task("a", "check"), task("b", "a", rule="all_done"), teardown("undo", "b"))

    def test_a_short_circuit_skips_all_behind_it_but_no_teardown(self, play):
        trace = play(self.CIRCUIT, check=Try(1, ShortCircuit()))
        assert outcomes(trace) == {"check": "success", "a": "skipped", "b": "skipped", "undo": "success"}

    def test_a_short_circuit_that_respects_rules_skips_its_children_only(self, play):
        trace = play(self.CIRCUIT, check=Try(1, ShortCircuit(ignores_rules=False)))
        assert outcomes(trace)["b"] == "success"

    def test_a_child_that_has_finished_is_not_skipped(self, play):
        trace = play(dag(task("branch"), task("a", "branch", rule="always")), branch=Try(5, Branch()), a=2)
        assert outcomes(trace) == {"branch": "success", "a": "success"}

    def test_a_child_under_way_is_ended_as_skipped_once_nothing_else_moves(self, play):
        # Airflow takes the run for deadlocked: the child was its only task, and it has just been ended.
        trace = play(dag(task("branch"), task("a", "branch", rule="always")), branch=Try(2, Branch()), a=9)
        assert outcomes(trace) == {"branch": "success", "a": "skipped"}
        assert (trace.outcome.value, trace.ended, trace.cause) == ("failed", 2, Cause.DEADLOCK)

    def test_a_child_under_way_goes_on_while_a_task_before_it_may_run(self, play):
        # Airflow asks the tasks in the order of their ids and stops at the first that may run.
        workflow = dag(task("branch"), task("c", "branch", rule="always"), task("a"))
        trace = play(workflow, branch=Try(2, Branch()), c=9, a=20)
        assert outcomes(trace) == {"branch": "success", "c": "success", "a": "success"}

    def test_a_child_that_has_failed_is_not_skipped(self, play):
        workflow = dag(task("branch"), task("a", "branch", rule="always"))
        assert outcomes(play(workflow, branch=Try(5, Branch()), a=Try(2, FAILS)))["a"] == "failed"

    def test_a_child_that_was_under_way_is_not_tried_again(self, play):
        workflow = dag(
            task("branch"), task("c", "branch", rule="always", retries=Retries(1, delay=1)), task("a")
        )
        trace = play(workflow, branch=Try(2, Branch()), c=Try(9, FAILS), a=20)
        assert (outcomes(trace)["c"], trace.tasks["c"].decided) == ("skipped", 9)
        assert (trace.tasks["c"].tries, trace.tasks["c"].interrupted) == (1, False)

    def test_a_task_under_way_ends_as_skipped_when_its_rule_no_longer_holds(self, play):
        workflow = dag(
            task("bad"), task("branch"), task("x", "bad", "branch"), task("early", "x", rule="one_failed")
        )
        trace = play(workflow, bad=Try(1, FAILS), branch=Try(4, Branch()), early=60)
        assert (trace.tasks["early"].started, trace.tasks["early"].decided) == (1, 4)
        assert trace.tasks["early"].interrupted
        assert (trace.outcome.value, trace.ended, trace.cause) == ("success", 4, Cause.TASKS)


class TestSetupsAndTeardowns:
    WORK = dag(
        setup("make"),
        task("work", "make"),
        task("more", "work", rule="all_done"),
        teardown("drop", "make", "more"),
    )

    def test_a_teardown_runs_after_a_failure_and_does_not_fail_the_run(self, play):
        trace = play(self.WORK, work=Try(1, FAILS), drop=Try(1, FAILS))
        assert outcomes(trace) == {"make": "success", "work": "failed", "more": "success", "drop": "failed"}
        assert trace.outcome.value == "success"  # more is the leaf that counts

    def test_a_failed_setup_decides_what_is_behind_it_whatever_its_rule(self, play):
        trace = play(self.WORK, make=Try(1, FAILS))
        assert set(outcomes(trace).values()) == {"failed", "upstream_failed"}

    def test_a_skipped_setup_skips_its_teardown(self, play):
        trace = play(self.WORK, make=Try(1, End.SKIPPED))
        assert set(outcomes(trace).values()) == {"skipped"}

    def test_a_setup_whose_teardown_is_not_behind_a_task_does_not_hold_it(self, play):
        workflow = dag(
            setup("make"),
            task("work", "make"),
            teardown("drop", "make"),
            task("on", "work", rule="one_failed"),
        )
        assert outcomes(play(workflow, make=Try(1, FAILS)))["on"] == "success"

    def test_a_setup_without_a_teardown_decides_all_that_is_behind_it(self, play):
        workflow = dag(setup("make"), task("work", "make"), task("on", "work", rule="one_failed"))
        assert outcomes(play(workflow, make=Try(1, FAILS)))["on"] == "upstream_failed"

    def test_a_setup_that_did_not_run_decides_as_one_that_failed(self, play):
        workflow = dag(
            task("bad"), setup("make", "bad"), task("work", "make"), task("on", "work", rule="one_failed")
        )
        assert outcomes(play(workflow, bad=Try(1, FAILS)))["on"] == "upstream_failed"

    def test_a_failed_setup_decides_before_the_rule_can(self, play):
        workflow = dag(
            setup("make"), task("work", "make"), task("slow"), task("on", "work", "slow", rule="all_done")
        )
        trace = play(workflow, make=Try(1, FAILS), slow=9)
        assert (outcomes(trace)["on"], trace.tasks["on"].decided) == ("upstream_failed", 1)

    def test_a_setup_that_still_runs_holds_what_its_rule_would_let_run(self, play):
        workflow = dag(
            setup("make"),
            task("work", "make"),
            task("other"),
            task("on", "work", "other", rule="one_success"),
        )
        assert play(workflow, make=10, work=10).tasks["on"].started == 10

    def test_always_heeds_no_setup(self, play):
        workflow = dag(setup("make"), task("work", "make"), task("on", "work", rule="always"))
        assert outcomes(play(workflow, make=Try(1, FAILS)))["on"] == "success"

    def test_a_teardown_waits_for_all_that_its_setup_serves(self, play):
        workflow = dag(
            setup("make"),
            task("slow", "make"),
            task("quick", "slow", rule="always"),
            teardown("drop", "make", "quick"),
        )
        assert play(workflow, slow=50).tasks["drop"].started == 51

    def test_a_teardown_fails_the_run_if_it_is_told_to(self, play):
        workflow = dag(task("work"), teardown("drop", "work", fails_run=True))
        assert play(workflow, drop=Try(1, FAILS)).outcome.value == "failed"
        assert play(workflow, work=Try(1, FAILS)).outcome.value == "success"  # only drop is a leaf then

    def test_a_dag_of_teardowns_alone_has_its_plain_leaves(self, play):
        assert play(dag(teardown("a"), teardown("b", "a")), b=Try(1, FAILS)).outcome.value == "failed"


def test_the_leaves_decide_the_run(play):
    workflow = dag(task("a"), task("b", "a", rule="all_done"))
    assert play(workflow, a=Try(1, FAILS)).outcome.value == "success"
    assert play(workflow, b=Try(1, FAILS)).outcome.value == "failed"


def test_a_timeout_fails_the_run_and_what_is_unfinished_reads_as_skipped(play):
    trace = play(dag(task("a"), task("b"), teardown("c", "b"), timeout=5), a=1, b=60)
    assert outcomes(trace) == {"a": "success", "b": "skipped", "c": "skipped"}
    assert (trace.outcome.value, trace.ended, trace.cause) == ("failed", 5, Cause.TIMEOUT)


def test_fail_fast_fails_what_runs_and_skips_the_rest_but_no_teardown(play):
    workflow = dag(
        task("a"), task("b"), task("c", "a"), task("d", "b"), teardown("e", "d"), task("f"), fail_fast=True
    )
    trace = play(workflow, a=Try(2, FAILS), b=9, f=1)
    assert outcomes(trace) == {
        "a": "failed",
        "b": "failed",
        "c": "skipped",
        "d": "skipped",
        "e": "success",
        "f": "success",
    }
    assert trace.tasks["e"].started == 2
    assert [task_id for task_id, result in trace.tasks.items() if result.interrupted] == ["b"]


def test_a_run_needs_a_script_for_what_comes_to_run():
    with pytest.raises(KeyError, match="a"):
        simulate_run(dag(task("a")), {})


def test_only_a_success_can_take_no_time():
    with pytest.raises(ValueError, match="only a success can take no time"):
        Try(0, End.FAILED)
