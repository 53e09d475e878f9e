"""``--strategy barrier``: without pollers, with Airflow's outcomes, and later."""

import pytest
from random_dags import random_dag
from verifying import verified, verifier_of
from workflows import nested, partial_fan_in, workflow

from converter import diagnostics as d
from converter.asl.budget import states_of
from converter.asl.options import Failures, Options
from converter.pipeline import convert
from converter.planning import Strategy

LAYERS = {failures: Options(failures=failures, strategy=Strategy.BARRIER) for failures in Failures}


def test_what_waits_for_a_whole_layer_says_so():
    conversion = convert(partial_fan_in(), LAYERS[Failures.AIRFLOW])
    assert d.IN_LAYERS in {item.code for item in conversion.diagnostics}
    assert conversion.machine.pollers == 0
    assert not conversion.machine.uses_table


def test_what_is_exact_by_layers_has_nothing_to_say():
    flow = workflow(nested("a"), nested("b"), nested("c", "a", "b"))
    assert convert(flow, LAYERS[Failures.AIRFLOW]).diagnostics == ()


def test_a_delay_is_no_more_than_that_of_the_layers_above():
    verification = verified(partial_fan_in(), range(20), LAYERS[Failures.AIRFLOW])
    assert verification.divergences == ()
    assert verification.approximations[d.IN_LAYERS] > 0


def test_a_machine_that_begins_a_layer_too_late_differs():
    verifier = verifier_of(partial_fan_in(), Options(poll_interval=600))
    unexplained = verifier.__class__(
        verifier.workflow,
        convert(partial_fan_in(), LAYERS[Failures.AIRFLOW]).plan,
        verifier.machine,
        frozenset({d.IN_LAYERS}),
    )
    assert unexplained.verify(range(20)).divergences


def test_a_leaf_that_failed_in_an_early_layer_fails_the_run():
    flow = workflow(nested("a"), nested("leaf"), nested("b", "a"), nested("c", "b"))
    verifier = verifier_of(flow, LAYERS[Failures.AIRFLOW])
    failed = [
        replay
        for replay in map(verifier.replay, range(40))
        if replay.machine.outcomes["leaf"] == "failed" and replay.machine.outcomes["c"] == "success"
    ]
    assert failed
    assert all(
        replay.machine.error == "DagRunFailed" and not replay.findings.divergences for replay in failed
    )


def test_a_last_task_that_an_earlier_run_has_done_is_not_run_again_for_a_leaf_before_it():
    flow = workflow(nested("a"), nested("leaf"), nested("b", "a"))
    conversion = convert(flow, LAYERS[Failures.AIRFLOW])
    assert "b: done before?" in dict(states_of(conversion.machine.definition))


@pytest.mark.parametrize("failures", list(Failures))
@pytest.mark.parametrize("seed", range(4))
def test_random_dags_end_as_in_airflow(seed, failures):
    assert verified(random_dag(seed, 8), range(5), LAYERS[failures]).divergences == ()


@pytest.mark.full
@pytest.mark.parametrize("failures", list(Failures))
@pytest.mark.parametrize("first", [100, 120])
def test_more_random_dags_end_as_in_airflow(first, failures):
    differ = [
        seed
        for seed in range(first, first + 20)
        if verified(random_dag(seed, 12), range(5), LAYERS[failures]).divergences
    ]
    assert differ == []


def test_a_skip_that_comes_before_a_held_task_treats_all_alike():
    """A short-circuit tells two tasks with one_* rules that their layers hold until it has ended: of one it
    is an upstream task, of the other it is further up.
    """
    assert verified(random_dag(40, 12), [8], LAYERS[Failures.AIRFLOW]).divergences == ()


def test_a_layer_that_airflow_ends_later_as_it_waits_longer_for_retries_holds_as_long():
    """The tries of a task with a backoff of 1.5 end a second later in Airflow, and the run with them: what
    the next layer would have begun has not begun there either.
    """
    assert verified(random_dag(127, 12), [9], LAYERS[Failures.STOP]).divergences == ()
