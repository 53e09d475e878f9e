from converter.planning.plan import (
    Await,
    Parallel,
    Sequence,
    Step,
    awaits,
    parallel,
    render,
    sequence,
    task_ids,
    walk,
)

A, B, C = Step("a"), Step("b"), Step("c")


def test_sequences_and_parallels_are_spliced_into_their_own_kind_only():
    assert sequence(sequence(A, B), C) == Sequence((A, B, C))
    assert parallel(A, parallel(B, C)) == Parallel((A, B, C))
    assert sequence(A, parallel(B, C)) == Sequence((A, Parallel((B, C))))
    assert sequence(A) == parallel(A) == A


def test_a_tree_is_written_and_walked_in_its_order():
    plan = sequence(A, parallel(B, sequence(Await(("a", "b")), C)))
    assert render(plan) == "a > Parallel[b, await(a, b) > c]"
    assert task_ids(plan) == ("a", "b", "c")
    assert awaits(plan) == (Await(("a", "b")),)
    assert next(iter(walk(plan))) is plan


def test_an_empty_plan_is_written_as_nothing():
    assert render(Sequence(())) == ""


def test_a_tree_may_be_deeper_than_the_stack_of_python():
    plan = A
    for _ in range(20_000):
        plan = sequence(B, parallel(C, plan))
    assert len(task_ids(plan)) == 40_001
    assert render(plan).endswith("]" * 20_000)
