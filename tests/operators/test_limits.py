import pytest
from workflows import glue, workflow

from converter.asl.options import Options
from converter.operators.limits import at_once
from converter.pipeline import convert
from converter.workflow import TriggerRule


def reported(*tasks, **settings):
    conversion = convert(workflow(*tasks, settings=settings), Options())
    return [item.problem for item in conversion.diagnostics if item.code.id == "D224"]


DIAMOND = (glue("a"), glue("b", "a"), glue("c", "a"), glue("d", "b", "c"))


def test_max_active_tasks_holds_where_the_order_of_the_dag_keeps_it():
    assert reported(*DIAMOND, max_active_tasks=2) == []
    assert len(reported(*DIAMOND, max_active_tasks=1)) == 1


def test_a_task_that_waits_for_nothing_runs_beside_those_before_it():
    tasks = (glue("a"), glue("b", "a", trigger_rule=TriggerRule.ALWAYS))
    assert len(reported(*tasks, max_active_tasks=1)) == 1


def test_a_task_is_there_but_once_in_a_run():
    assert reported(glue("a", settings={"max_active_tis_per_dagrun": 1})) == []


@pytest.mark.parametrize(("runs", "held"), [(1, True), (2, False), (None, False)])
def test_the_slots_of_runs_keep_what_a_task_may_do_over_all_of_them(runs, held):
    settings = {"max_active_runs": runs} if runs else {}
    found = reported(glue("a", settings={"max_active_tis_per_dag": 1}), **settings)
    assert (found == []) is held


def test_pools_are_reported_for_each_task():
    found = reported(glue("a", settings={"pool": "small"}), glue("b", settings={"pool": "small"}))
    assert [message.split(":")[0] for message in found] == ["task 'a'", "task 'b'"]


def test_chains_of_the_dag_are_counted():
    assert at_once(workflow(*DIAMOND)) == 2
    assert at_once(workflow(*(glue(f"t{number}") for number in range(5)))) == 5
