"""What an approximation covers, and what it does not: runs that were tampered with after they were played."""

from dataclasses import replace

import pytest
from random_dags import random_dag
from random_data_dags import random_data_dag
from verifying import OPTIONS, verified, verifier_of
from workflows import branch, empty, glue, partial_fan_in, python, short_circuit, workflow

from converter import diagnostics as d
from converter.asl.options import Options
from converter.verify import Try, airflow_run
from converter.verify.scenarios import Scenario
from converter.workflow import Outcome, Retries, Task, TriggerRule

FAILED, SKIPPED = airflow_run.End.FAILED, airflow_run.End.SKIPPED
ERRORS = {FAILED: "States.TaskFailed", SKIPPED: "AirflowSkipException"}


class Case:
    """A workflow and what its tasks do, as (seconds, end), played and to be tampered with."""

    def __init__(self, flow, options=OPTIONS, *, looks=None, **tries):
        self.verifier = verifier_of(flow, options)
        script, work = {}, {}
        for task in flow.tasks:
            listed = tries.get(task.task_id, (1.0,))
            drawn = [_both_sides(item, flow, task.task_id) for item in _as_list(listed)]
            script[task.task_id], work[task.task_id] = (tuple(side) for side in zip(*drawn, strict=True))
        self.scenario = Scenario(0, script, work, looks=looks or {})
        self.played = self.verifier._player.play(self.scenario)

    def findings(self, **changes):
        return self.verifier.judge.compare(self.scenario, replace(self.played, **changes))

    def codes(self):
        """The approximations of the run as it was, which has no divergence."""
        found = self.findings()
        assert found.divergences == ()
        return {code.id for code in found.approximations}

    def why(self, **changes):
        return {(item.task, item.why) for item in self.findings(**changes).divergences}

    def moved(self, task, seconds):
        """All tries of a task, a leaf, that much later."""
        tries = tuple((start + seconds, end + seconds) for start, end in self.played.tries[task])
        return {"tries": {**self.played.tries, task: tries}}

    def ending(self, task, outcome):
        return {"outcomes": {**self.played.outcomes, task: outcome.value}}


def _as_list(tries):
    return tries if isinstance(tries, list) else [tries]


def _both_sides(item, flow, task_id):
    seconds, end = (*item, airflow_run.End.SUCCESS)[:2]
    skip = None
    if isinstance(end, airflow_run.Branch):
        skip = [
            task.task_id for task in flow.tasks if task_id in task.upstream and task.task_id not in end.chosen
        ]
    if isinstance(end, airflow_run.ShortCircuit):
        skip = "all"
    return airflow_run.Try(seconds, end), Try(seconds, ERRORS.get(end), skip=skip)


class TestPollingDelay:
    @pytest.fixture
    def case(self):
        return Case(partial_fan_in(), glue1=(5.0,), glue2=(5.0,), glue3=(50.0,))

    def test_covers_what_is_behind_a_poller_for_one_interval(self, case):
        assert case.codes() == {"D307"}

    def test_covers_no_longer_delay(self, case):
        assert case.why(**case.moved("report_b", 30)) == {("report_b", "starts late")}

    def test_covers_no_task_without_a_poller(self, case):
        assert case.why(**case.moved("report_a", 5)) == {("report_a", "starts late")}

    def test_covers_no_early_start(self, case):
        assert case.why(**case.moved("report_b", -20)) == {("report_b", "starts early")}

    def test_covers_no_other_outcome(self, case):
        assert ("report_b", "outcome") in case.why(**case.ending("report_b", Outcome.FAILED))

    def test_covers_no_missing_try(self, case):
        tries = {task: tries for task, tries in case.played.tries.items() if task != "report_b"}
        assert case.why(tries=tries) == {("report_b", "tries")}


class TestEarlyDecision:
    @pytest.fixture
    def case(self):
        flow = workflow(
            glue("bad"),
            glue("slow"),
            glue("both", "bad", "slow"),
            glue("on", "both", trigger_rule=TriggerRule.ONE_FAILED),
        )
        return Case(flow, bad=(2.0, FAILED), slow=(100.0,))

    def test_covers_a_start_once_all_is_decided(self, case):
        assert case.codes() == {"D227"}
        assert case.played.started["on"] == 100

    def test_covers_no_later_start(self, case):
        assert case.why(**case.moved("on", 1)) == {("on", "starts late")}

    def test_covers_no_task_that_waits_for_no_such_decision(self, case):
        assert case.why(**case.moved("slow", 1)) >= {("slow", "starts late")}


class TestSkipOvertakes:
    @pytest.fixture
    def case(self):
        flow = workflow(
            branch("branch"),
            glue("now", "branch", trigger_rule=TriggerRule.ALWAYS),
            glue("after", "now"),
            glue("other", "branch"),
        )
        return Case(flow, branch=(5.0, airflow_run.Branch()), now=(50.0,))

    def test_covers_a_task_that_runs_to_its_end(self, case):
        assert case.codes() == {"D228"}
        assert case.played.outcomes == {
            "branch": "success",
            "now": "success",
            "after": "success",
            "other": "skipped",
        }

    def test_does_not_cover_another_task_that_was_told_to_skip(self, case):
        assert ("other", "outcome") in case.why(**case.ending("other", Outcome.UPSTREAM_FAILED))

    @pytest.mark.parametrize("task", ["now", "after"])
    def test_covers_no_other_end_of_the_task_or_of_what_is_behind_it(self, case, task):
        assert case.why(**case.ending(task, Outcome.FAILED))

    def test_covers_no_other_outcome_of_the_run(self, case):
        assert case.why(outcome=Outcome.FAILED)


class TestArrivalOrder:
    """``late`` skips 20 s after ``bad`` has failed, in Airflow; behind its poller it does so later still."""

    @pytest.fixture
    def flow(self):
        return workflow(
            glue("a"),
            glue("b"),
            glue("shared"),
            python("skips", "a", "shared"),
            python("fails", "b", "shared"),
            glue("join", "skips", "fails"),
        )

    @pytest.fixture
    def case(self, flow):
        tries = {"a": (1.0,), "b": (1.0,), "shared": (40.0,)}
        first = Case(flow, **tries, skips=(10.0, SKIPPED), fails=(15.0, FAILED))
        if first.played.outcomes["join"] != "skipped":
            return first
        return Case(flow, **tries, skips=(15.0, SKIPPED), fails=(10.0, FAILED))

    def test_covers_what_a_delay_has_swapped(self, case):
        assert case.codes() == {"D229", "D307"}

    def test_covers_nothing_where_no_task_was_late(self, flow):
        case = Case(flow, skips=(10.0, SKIPPED), fails=(15.0, FAILED), shared=(0.1,), a=(0.2,), b=(0.2,))
        assert case.played.outcomes["join"] == "skipped"
        assert case.why(**case.ending("join", Outcome.UPSTREAM_FAILED)) >= {("join", "outcome")}

    def test_covers_nothing_else_beside_it(self, case):
        assert case.why(**case.ending("a", Outcome.FAILED))


class TestArrivalOfASkip:
    """In Airflow ``late`` and ``on`` begin before ``check`` skips them; in the machine ``on`` is caught."""

    FLOW = workflow(
        glue("good"),
        short_circuit("check"),
        glue("idle", "good", "check", trigger_rule=TriggerRule.ALL_FAILED),
        glue("late", "idle", trigger_rule=TriggerRule.ALL_SKIPPED),
        glue("on", "late", trigger_rule=TriggerRule.ALL_DONE),
    )
    TRIES = {"good": (1.0,), "late": (5.0,), "on": (100.0,)}

    @pytest.fixture
    def case(self):
        return Case(self.FLOW, **self.TRIES, check=(60.0, airflow_run.ShortCircuit()))

    def test_covers_what_a_skip_has_caught_because_it_was_late(self, case):
        assert case.codes() == {"D227", "D229"}
        assert (case.played.outcomes["late"], case.played.outcomes["on"]) == ("success", "skipped")

    @pytest.mark.parametrize("task", ["late", "on"])
    def test_covers_no_other_end(self, case, task):
        assert case.why(**case.ending(task, Outcome.FAILED))

    def test_covers_no_task_that_was_skipped_although_it_was_ready_before(self, case):
        tries = {task: tries for task, tries in case.played.tries.items() if task != "late"}
        assert ("late", "outcome") in case.why(tries=tries, **case.ending("late", Outcome.SKIPPED))

    def test_covers_no_task_that_runs_although_it_was_told_to_skip_before(self):
        case = Case(self.FLOW, **self.TRIES, check=(0.5, airflow_run.ShortCircuit()))
        assert case.played.outcomes["late"] == "skipped"
        tries = {**case.played.tries, "late": ((1.0, 6.0),)}
        assert case.why(tries=tries, **case.ending("late", Outcome.SUCCESS))


class TestRounding:
    @pytest.fixture
    def case(self):
        return Case(workflow(glue("a", retries=Retries(1, 2.5))), a=[(1.0, FAILED), (1.0,)])

    def test_covers_part_of_a_second(self, case):
        assert case.codes() == {"D225"}
        assert case.played.tries["a"] == ((0, 1), (4, 5))

    def test_covers_no_more(self, case):
        assert case.why(tries={"a": ((0, 1), (5, 6))}) == {("a", "wait before try 2")}

    def test_a_delay_in_whole_seconds_is_kept(self):
        case = Case(workflow(glue("a", retries=Retries(1, 2))), a=[(1.0, FAILED), (1.0,)])
        assert case.codes() == set()
        assert case.why(tries={"a": ((0, 1), (3.5, 4.5))}) == {("a", "wait before try 2")}


class TestTheFirstFailureEndsTheRun:
    @pytest.fixture
    def case(self):
        flow = workflow(
            glue("bad"), glue("on", "bad"), glue("slow", retries=Retries(1, 60)), settings={"fail_fast": True}
        )
        return Case(flow, bad=(10.0, FAILED), slow=[(5.0, FAILED), (5.0,)])

    def test_covers_the_runs_outcome_and_a_task_between_two_tries(self, case):
        assert case.codes() == {"D601", "D602"}
        assert case.played.outcomes == {"bad": "failed", "on": "skipped", "slow": "failed"}

    def test_covers_no_other_task(self, case):
        assert case.why(**case.ending("on", Outcome.FAILED)) >= {("on", "outcome")}
        assert case.why(**case.ending("bad", Outcome.SKIPPED)) >= {("bad", "outcome")}

    def test_which_of_two_ends_of_one_moment_comes_first_is_open(self):
        flow = workflow(glue("bad"), glue("other"), glue("more"), settings={"fail_fast": True})
        case = Case(flow, bad=(5.0, FAILED), other=(5.0,), more=(9.0,))
        assert case.findings().divergences == ()
        assert case.played.ended == 5
        decided = {"bad": 5.0}
        ends = {**case.played.outcomes, "other": "failed"}
        assert case.findings(decided=decided, outcomes=ends).divergences == ()

    def test_so_it_is_with_looks(self):
        """Of two sensors one finds with its first look what it looks for, the other that it is no use."""
        assert verified(random_data_dag(2_500_119), [2]).divergences == ()

    def test_an_end_before_that_moment_counts(self):
        flow = workflow(glue("bad"), glue("other"), glue("more"), settings={"fail_fast": True})
        case = Case(flow, bad=(5.0, FAILED), other=(4.9,), more=(9.0,))
        assert case.findings().divergences == ()
        assert case.why(**case.ending("other", Outcome.FAILED)) == {("other", "outcome")}

    def test_covers_no_failed_execution_without_a_failed_task(self):
        case = Case(workflow(glue("a"), settings={"fail_fast": True}))
        assert case.codes() == set()
        assert case.why(outcome=Outcome.FAILED, cut_short=True) == {("", "the run's outcome")}


class TestARunThatTimesOut:
    @pytest.fixture
    def case(self):
        flow = workflow(
            glue("bad"), glue("slow"), glue("both", "bad", "slow"), glue("done"), dagrun_timeout=60.0
        )
        return Case(flow, bad=(2.0, FAILED), slow=(100.0,))

    def test_a_task_that_the_machine_has_not_decided_reads_as_skipped(self, case):
        assert case.codes() == {"D602"}
        assert case.played.outcomes["both"] == "skipped"
        assert case.verifier.replay(0).airflow.tasks.keys() == case.played.outcomes.keys()

    def test_a_task_that_was_decided_is_what_it_was(self, case):
        assert case.why(**case.ending("done", Outcome.SKIPPED)) >= {("done", "outcome")}

    def test_a_task_that_never_began_although_it_could(self, case):
        tries = {task: tries for task, tries in case.played.tries.items() if task != "done"}
        decided = {task: at for task, at in case.played.decided.items() if task != "done"}
        changes = {"tries": tries, "decided": decided} | case.ending("done", Outcome.SKIPPED)
        assert ("done", "outcome") in case.why(**changes)


class TestARunThatTimesOutBeforeALateStart:
    """``on`` begins in Airflow at the failure, in the machine once ``slow`` has ended: the run ends first."""

    FLOW = workflow(
        glue("bad"),
        glue("slow"),
        glue("both", "bad", "slow"),
        glue("on", "both", trigger_rule=TriggerRule.ONE_FAILED),
        glue("long"),
        dagrun_timeout=60.0,
    )
    TRIES = {"bad": (2.0, FAILED), "on": (5.0,), "long": (100.0,)}

    @pytest.fixture
    def case(self):
        return Case(self.FLOW, **self.TRIES, slow=(100.0,))

    @staticmethod
    def never_begun(case, task):
        """The run as if the machine had forgotten a task."""
        tries = {name: tries for name, tries in case.played.tries.items() if name != task}
        decided = {name: at for name, at in case.played.decided.items() if name != task}
        return {"tries": tries, "decided": decided} | case.ending(task, Outcome.SKIPPED)

    def test_covers_the_task_that_was_yet_to_begin(self, case):
        assert case.codes() == {"D227", "D602"}
        assert case.played.outcomes["on"] == "skipped"

    @pytest.mark.parametrize(
        ("outcome", "why"), [(Outcome.FAILED, "outcome"), (Outcome.SUCCESS, "tries")], ids=str
    )
    def test_covers_no_other_end_of_it(self, case, outcome, why):
        assert ("on", why) in case.why(**case.ending("on", outcome))

    def test_covers_no_task_that_nothing_held_up(self, case):
        assert ("slow", "tries") in case.why(**self.never_begun(case, "slow"))

    def test_covers_no_task_that_could_have_begun_before_the_end(self):
        case = Case(self.FLOW, **self.TRIES, slow=(20.0,))
        assert case.codes() == {"D227"}
        assert ("on", "outcome") in case.why(**self.never_begun(case, "on"))


class TestARunThatTimesOutBetweenTwoLooks:
    """Airflow looks at the very moment of the timeout, the machine by what its calls take later."""

    STEP = Task(
        "s",
        "airflow.providers.amazon.aws.sensors.emr.EmrStepSensor",
        arguments={"job_flow_id": "j", "step_id": "s", "poke_interval": 30},
    )
    FLOW = workflow(STEP, glue("on", "s"), glue("long"), dagrun_timeout=60.0)

    def case(self, seen):
        return Case(self.FLOW, looks={"s": 30}, s=(seen,), long=(100.0,))

    def test_the_machine_has_not_looked_yet(self):
        case = self.case(60.0)
        assert case.codes() == set()
        assert case.played.outcomes["s"] == "skipped"

    def test_a_look_that_it_did_not_make_is_found(self):
        case = self.case(30.0)
        assert case.played.outcomes["s"] == "success"
        decided = {name: at for name, at in case.played.decided.items() if name != "s"}
        changes = {"tries": {**case.played.tries, "s": ((0.0, 60.0),)}, "decided": decided}
        assert ("s", "outcome") in case.why(**changes, **case.ending("s", Outcome.SKIPPED))


class TestASensorThatEndsTheRun:
    """Its last look comes a little sooner than Airflow's, and so does all that follows from it."""

    @pytest.fixture
    def case(self):
        arguments = {**TestARunThatTimesOutBetweenTwoLooks.STEP.arguments, "poke_interval": 1, "timeout": 60}
        flow = workflow(
            glue("make", is_setup=True),
            replace(TestARunThatTimesOutBetweenTwoLooks.STEP, arguments=arguments),
            glue("drop", "make", "s", is_teardown=True, trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS),
            settings={"fail_fast": True},
        )
        return Case(flow, looks={"s": 1}, make=(2.0,), s=(61.0, FAILED), drop=(5.0,))

    def test_a_teardown_begins_with_the_end_that_the_machine_has_seen(self, case):
        assert case.codes() == set()
        assert 60 < case.played.ended < 61
        assert case.played.started["drop"] == pytest.approx(case.played.ended, abs=0.01)

    def test_an_earlier_one_is_found(self, case):
        assert case.why(**case.moved("drop", -1)) == {("drop", "starts early")}


class TestDeadline:
    def test_a_poller_that_gives_up_at_its_deadline_is_declared(self):
        options = Options(poll_interval=5, await_deadline=60)
        case = Case(partial_fan_in(), options, glue3=(500.0,))
        assert case.codes() == {"D301"}
        assert case.played.errors["report_b"] == "AwaitDeadlineExceeded"

    def test_it_may_not_give_up_although_all_was_decided_in_time(self):
        options = Options(poll_interval=5, await_deadline=60)
        case = Case(partial_fan_in(), options, glue3=(500.0,))
        decided = {**case.played.decided, "glue3": 50.0}
        assert ("report_b", "outcome") in case.why(decided=decided)

    def test_it_may_not_give_up_before(self):
        options = Options(poll_interval=5, await_deadline=60)
        case = Case(partial_fan_in(), options, glue3=(500.0,))
        decided = {**case.played.decided, "report_b": 30.0}
        assert ("report_b", "outcome") in case.why(decided=decided)


def test_a_teardown_may_be_late_by_what_does_not_run_between_its_setup_and_itself():
    flow = workflow(
        glue("fails"),
        glue("slow"),
        glue("make", is_setup=True),
        glue("between", "make", "fails", "slow"),
        glue("on", "between", trigger_rule=TriggerRule.ALWAYS),
        glue("drop", "make", "on", is_teardown=True, trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS),
    )
    case = Case(flow, fails=(1.0, FAILED), slow=(60.0,))
    assert case.codes() == {"D227"}
    assert case.played.started["drop"] == 60
    assert case.why(**case.moved("drop", 5)) == {("drop", "starts late")}


def test_what_no_code_declares_is_a_divergence():
    verifier = verifier_of(partial_fan_in())
    assert verifier.verify(range(20)).divergences == ()
    undeclared = replace(verifier, codes=frozenset()).verify(range(20))
    assert {(item.task, item.why) for item in undeclared.divergences} == {("report_b", "starts late")}
    assert undeclared.approximations == {}


def test_counts_are_summed_by_code():
    result = verified(random_dag(3, 8), range(6))
    assert result.to_json()["approximations"] == {
        code.id: count for code, count in sorted(result.approximations.items(), key=lambda it: it[0].id)
    }
    assert all(count > 0 for count in result.approximations.values())
    assert d.CODES.keys() >= result.to_json()["approximations"].keys()


def test_passes_of_one_moment_are_counted_as_airflow_counts_them():
    """``bad`` brings down chains of different lengths at once: ``both`` sees what comes a pass earlier."""

    def flow(*to_the_failure):
        return workflow(
            glue("bad"),
            *to_the_failure,
            glue("skip", "bad", trigger_rule=TriggerRule.ALL_SKIPPED),
            glue("both", "skip", "uf"),
            glue("end", "both", trigger_rule=TriggerRule.ALL_DONE),
        )

    case = Case(flow(glue("uf", "bad")), bad=(5.0, FAILED))
    assert case.played.outcomes["both"] == "upstream_failed"
    assert case.why(outcomes={**case.played.outcomes, "both": "skipped"}) == {("both", "outcome")}
    case = Case(flow(glue("uf0", "bad"), glue("uf", "uf0")), bad=(5.0, FAILED))
    assert case.played.outcomes["both"] == "skipped"
    assert case.why(outcomes={**case.played.outcomes, "both": "upstream_failed"}) == {("both", "outcome")}


@pytest.mark.parametrize("rule", [TriggerRule.ALL_DONE, TriggerRule.ONE_FAILED])
def test_a_task_that_does_nothing_takes_a_pass(rule):
    flow = workflow(
        glue("bad"),
        glue("other"),
        empty("nothing", "bad", "other", trigger_rule=rule),
        glue("skip", "nothing", trigger_rule=TriggerRule.ALL_SKIPPED),
        glue("uf1", "bad"),
        glue("uf2", "uf1"),
        glue("both", "skip", "uf2"),
        glue("end", "both", trigger_rule=TriggerRule.ALL_DONE),
    )
    case = Case(flow, bad=(5.0, FAILED), nothing=(0.0,))
    assert case.played.outcomes["both"] == "upstream_failed"
    assert case.why() == set()
