from workflows import empty, partial_fan_in, workflow

from converter.planning import Parallel, Sequence, Step
from converter.planning.plan import render
from converter.planning.strategies import plan_by_layers
from converter.workflow import TriggerRule


def test_layers_stand_behind_each_other_without_an_await():
    assert render(plan_by_layers(partial_fan_in())) == (
        "Parallel[glue1, glue2, glue3] > Parallel[report_a, report_b]"
    )


def test_a_task_is_one_layer_below_the_lowest_of_its_upstream_tasks():
    flow = workflow(empty("a"), empty("b", "a"), empty("c"), empty("d", "b", "c"), empty("e", "c"))
    assert render(plan_by_layers(flow)) == "Parallel[a, c] > Parallel[b, e] > d"


def test_a_task_that_waits_for_nothing_is_in_the_first_layer():
    flow = workflow(empty("a"), empty("b", "a", trigger_rule=TriggerRule.ALWAYS))
    assert plan_by_layers(flow) == Parallel((Step("a"), Step("b")))


def test_a_dag_without_tasks_is_an_empty_plan():
    assert plan_by_layers(workflow()) == Sequence(())


def test_a_task_that_any_upstream_task_decides_waits_for_all_of_them():
    flow = workflow(empty("a"), empty("b", "a"), empty("c", "a", "b", trigger_rule=TriggerRule.ONE_SUCCESS))
    assert render(plan_by_layers(flow)) == "a > b > c"
