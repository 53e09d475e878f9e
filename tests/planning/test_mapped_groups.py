from mapped import grouped, listed
from workflows import glue, workflow

from converter.planning import plan_workflow
from converter.planning.exactness import planned_before
from converter.planning.mapped_groups import groups_in_a_circle
from converter.planning.plan import render
from converter.planning.strategies import plan_by_layers
from converter.relations import Relations
from converter.workflow import TriggerRule


def of_group(task_id, *upstream, **fields):
    return grouped(glue(task_id, *upstream, **fields), x=listed(1, 2))


def test_a_group_is_one_task_with_a_plan_of_its_own():
    flow = workflow(
        glue("a"), of_group("b", "a"), of_group("c", "b"), of_group("d", "b"), glue("e", "c", "d")
    )
    assert render(plan_workflow(flow)) == "a > each of g[b > Parallel[c, d]] > e"
    assert render(plan_by_layers(flow)) == "a > each of g[b > Parallel[c, d]] > e"


def test_what_waits_for_part_of_a_group_waits_for_all_of_it():
    flow = workflow(glue("x"), of_group("a"), of_group("b", "a", "x"), glue("behind", "a"))
    plan = plan_workflow(flow)
    assert render(plan) == "x > each of g[a > b] > behind"
    before = planned_before(plan)
    assert all(set(firing) <= before[task] for task, firing in Relations(flow).firing.items())


def test_in_a_group_nothing_is_awaited():
    """a, b > c and b, d > e would need an Await: it is run layer by layer."""
    names = {"a": (), "b": (), "d": (), "c": ("a", "b"), "e": ("b", "d")}
    flow = workflow(*(of_group(name, *ups) for name, ups in names.items()))
    assert render(plan_workflow(flow)) == "each of g[Parallel[a, b, d] > Parallel[c, e]]"


def test_a_sibling_branch_awaits_the_whole_group():
    flow = workflow(
        glue("x"),
        of_group("a"),
        of_group("b", "a"),
        glue("y"),
        glue("left", "x", "b"),
        glue("right", "b", "y"),
    )
    assert "await(a, b)" in render(plan_workflow(flow))


def test_a_one_rule_behind_a_group_waits_for_all():
    flow = workflow(
        of_group("a"), of_group("b", "a"), glue("y"), glue("z", "a", "y", trigger_rule=TriggerRule.ONE_FAILED)
    )
    assert "any" not in render(plan_workflow(flow))


def test_a_group_that_waits_for_what_waits_for_it_is_found():
    flow = workflow(of_group("a"), glue("x", "a"), of_group("b", "x"))
    assert groups_in_a_circle(flow) == ("g",)
    assert not groups_in_a_circle(workflow(of_group("a"), glue("x", "a"), of_group("b", "a")))
    assert render(plan_workflow(flow)) == "a > x > b"  # it is refused; the plan is for its report
