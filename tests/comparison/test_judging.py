from __future__ import annotations

import time
from datetime import timedelta

import pytest
from runs import BEGIN, LATER, airflow, at, both_of_size, machine, task

from converter.comparison import Rules, Verdict, compare
from converter.comparison.model import Key, Side
from converter.comparison.rules import Place

CHAIN = {"load": ("extract",)}


def differences(comparison, task_id="load"):
    return {
        (item.what, item.path): item.message
        for one in comparison.tasks
        if one.key.task_id == task_id
        for item in one.differences
    }


def test_runs_with_the_same_outcomes_outputs_and_order_are_equal():
    left = airflow(task("extract", 0, 5, output=[1]), task("load", 8, 9), upstream=CHAIN)
    right = machine(task("extract", 1, 4, output=[1]), task("load", 4, 5), upstream=CHAIN)
    result = compare(left, right)
    assert (result.verdict, result.reasons) == (Verdict.EQUAL, ())
    assert {one.key.task_id: one.verdict for one in result.tasks} == dict.fromkeys(
        ("extract", "load"), Verdict.EQUAL
    )
    assert result.tasks[1].delays == {Side.AIRFLOW: 3.0, Side.STEP_FUNCTIONS: 0.0}


def test_another_outcome_is_told_with_both_states():
    left = airflow(task("load", state="failed", error="no such table"), state="failed")
    result = compare(left, machine(task("load")))
    assert result.verdict is Verdict.DIFFERENT
    assert (
        differences(result)["outcome", None] == "failed in Airflow (no such table), success on Step Functions"
    )
    assert result.reasons == ("the run ended as failed in Airflow, as success on Step Functions",)


def test_runs_that_fail_alike_are_equal():
    failed = task("extract", state="failed", tries=3), task("load", None, None, "upstream_failed")
    result = compare(airflow(*failed, state="failed"), machine(*failed, state="failed"))
    assert result.verdict is Verdict.EQUAL


def test_another_output_is_told_with_its_place():
    left = airflow(task("load", output={"rows": [{"id": 1}, {"id": 2}]}))
    result = compare(left, machine(task("load", output={"rows": [{"id": 1}, {"id": 3}]})))
    assert result.verdict is Verdict.DIFFERENT
    assert list(differences(result)) == [("output", "rows[1].id")]
    (difference,) = result.tasks[0].differences
    assert (difference.airflow, difference.step_functions) == (2, 3)


def test_no_output_and_null_are_the_same():
    left = airflow(task("load"))
    right = machine(task("load", outputs={"return_value": None}))
    assert compare(left, right).verdict is Verdict.EQUAL


def test_outputs_that_the_machine_does_not_keep_are_not_compared_and_that_is_said():
    result = compare(airflow(task("load", output=3)), machine(task("load", outputs_known=False)))
    assert result.verdict is Verdict.EQUAL
    assert "outputs are not known" in result.tasks[0].notes[0]


def test_other_keys_are_compared_but_for_airflows_own():
    link = {"region_name": "eu-west-1", "aws_domain": "aws.amazon.com", "job_name": "load"}
    left = airflow(task("load", outputs={"rows": 3, "glue_job_run_details": link, "_link_X": "https://…"}))
    result = compare(left, machine(task("load", outputs={"rows": 4})))
    assert list(differences(result)) == [("output", "rows")]
    assert "links" in result.tasks[0].notes[0]
    assert compare(left, machine(task("load"))).verdict is Verdict.DIFFERENT


def test_what_a_branch_notes_for_itself_is_no_difference():
    # As Airflow's SkipMixin pushes it for @task.branch.
    pushed = {"return_value": "small", "skipmixin_key": {"followed": ["small"]}}
    found = compare(airflow(task("choose", outputs=pushed)), machine(task("choose", output="small")))
    assert found.verdict is Verdict.EQUAL


def test_a_task_of_one_side_alone_is_a_difference():
    result = compare(airflow(task("load"), task("extract")), machine(task("load"), task("new")))
    assert differences(result, "extract") == {("missing", None): "only Airflow has this task"}
    assert differences(result, "new") == {("missing", None): "only Step Functions has this task"}


def test_instances_of_a_mapped_task_are_compared_each_with_its_own():
    left = airflow(task("load", index=0, output="a"), task("load", index=1, output="b"))
    right = machine(task("load", index=1, output="c"), task("load", index=0, output="a"))
    result = compare(left, right)
    assert [one.key for one in result.tasks if one.differences] == [Key("load", 1)]
    assert str(Key("load", 1)) == "load[1]"


@pytest.mark.parametrize("wrong", [Side.AIRFLOW, Side.STEP_FUNCTIONS])
def test_a_task_before_its_upstream_task_is_found_on_either_side(wrong):
    right_order = task("extract", 0, 5), task("load", 5, 6)
    wrong_order = task("extract", 0, 5), task("load", 3, 6)
    sides = {side: wrong_order if side is wrong else right_order for side in Side}
    result = compare(
        airflow(*sides[Side.AIRFLOW], upstream=CHAIN), machine(*sides[Side.STEP_FUNCTIONS], upstream=CHAIN)
    )
    (message,) = differences(result).values()
    assert "started 2.00 s before its upstream task extract ended" in message
    assert result.verdict is Verdict.DIFFERENT


def test_what_a_poller_saw_counts_as_the_end():
    # .sync notices the end of a job late: its state ends at 9, the poller knew at 5.
    tasks = task("extract", 0, 9), task("load", 5, 6, awaited={"extract": at(5)})
    result = compare(
        airflow(task("extract", 0, 5), task("load", 5, 6), upstream=CHAIN), machine(*tasks, upstream=CHAIN)
    )
    assert result.verdict is Verdict.EQUAL
    unseen = task("extract", 0, 9), task("load", 4, 6, awaited={"extract": at(5)})
    assert compare(airflow(*tasks, upstream=CHAIN), machine(*unseen, upstream=CHAIN)).verdict is (
        Verdict.DIFFERENT
    )


@pytest.mark.parametrize(
    ("rule", "start", "respected"),
    [
        ("all_done", 3, False),
        ("always", 0, True),
        ("one_success", 3, True),
        ("one_done", 1, False),
    ],
)
def test_the_order_that_counts_is_that_of_the_trigger_rule(rule, start, respected):
    upstream = {"load": ("a", "b")}
    tasks = task("a", 0, 2), task("b", 0, 7), task("load", start, 9)
    late = task("a", 0, 2), task("b", 0, 7), task("load", 8, 9)
    result = compare(
        airflow(*late, upstream=upstream, trigger_rules={"load": rule}),
        machine(*tasks, upstream=upstream, trigger_rules={"load": rule}),
    )
    assert (result.verdict is Verdict.EQUAL) == respected


def test_the_trigger_rules_that_only_airflow_knows_hold_for_the_machine():
    upstream = {"load": ("a",)}
    tasks = task("a", 0, 5), task("load", 0, 1)
    result = compare(
        airflow(*tasks, upstream=upstream, trigger_rules={"load": "always"}),
        machine(*tasks, upstream=upstream),
    )
    assert result.verdict is Verdict.EQUAL


def test_tries_count_where_all_failed_and_are_noted_where_one_succeeded():
    left, right = airflow(task("load", tries=1)), machine(task("load", tries=2))
    result = compare(left, right)
    assert result.verdict is Verdict.EQUAL
    assert "1 tries in Airflow, 2" in result.tasks[0].notes[0]
    assert compare(left, right, Rules(strict_tries=True)).verdict is Verdict.DIFFERENT
    failed = [task("load", state="failed", tries=number) for number in (3, 1)]
    result = compare(airflow(failed[0], state="failed"), machine(failed[1], state="failed"))
    assert list(differences(result)) == [("tries", None)]


def test_slower_is_a_difference_only_where_rules_say_so():
    left = airflow(task("load", 0, 10), end=12)
    right = machine(task("load", 0, 25), end=26)
    assert compare(left, right).verdict is Verdict.EQUAL
    result = compare(left, right, Rules(slower=2))
    assert "took 25.0 s instead of 10.0 s" in differences(result)["duration", None]
    assert "the run took 26.0 s" in result.reasons[0]


def test_ignored_places_are_noted():
    rules = Rules(ignore=(Place("lo*", "rows[*].at"),))
    left = airflow(task("load", output={"rows": [{"at": 1, "id": 1}]}))
    right = machine(task("load", output={"rows": [{"at": 2, "id": 1}]}))
    result = compare(left, right, rules)
    assert result.verdict is Verdict.EQUAL
    assert result.tasks[0].notes == ("rows[0].at differs and is ignored by your rules",)


def test_a_run_that_has_not_ended_is_not_comparable_yet():
    left = airflow(task("load", 0, None, "running"), state="running", end=5)
    result = compare(left, machine(task("load")))
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert result.tasks[0].verdict is Verdict.NOT_COMPARABLE
    assert "has not ended: it is running" in result.reasons[0]


def test_an_instance_that_nobody_has_read_is_neither_missing_nor_another():
    left = airflow(task("load", index=0), task("load", index=1), state="failed")
    right = machine(task("load", None, None, None, index=0), task("load", index=1), state="failed")
    result = compare(left, right)
    assert [one.verdict for one in result.tasks] == [Verdict.NOT_COMPARABLE, Verdict.EQUAL]
    assert (result.tasks[0].differences, len(result.tasks[0].notes)) == ((), 1)
    assert "was not read" in result.tasks[0].notes[0]


def test_runs_that_were_given_something_else_are_not_comparable():
    left = airflow(task("load"), conf={"day": 1}, logical_date=BEGIN)
    result = compare(left, machine(task("load"), conf={"day": 2}, logical_date=LATER))
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert [reason.partition(":")[0] for reason in result.reasons] == [
        "the runs had different confs",
        "the runs had different logical dates",
    ]


def test_runs_of_different_dags_are_not_comparable():
    result = compare(airflow(task("a")), machine(task("b")))
    assert result.verdict is Verdict.NOT_COMPARABLE
    assert "no task in common" in result.reasons[0]


def test_a_thousand_differences_of_one_task_are_counted_not_listed():
    left = airflow(task("load", output=list(range(1000))))
    result = compare(left, machine(task("load", output=list(range(1, 1001)))))
    found = result.tasks[0].differences
    assert len(found) == 21
    assert found[-1].message == "980 more places of the output differ"


def test_the_critical_path_and_the_ideal():
    upstream = {"b": ("a",), "c": ("a",), "d": ("b", "c")}
    left = airflow(
        task("a", 2, 12), task("b", 14, 20), task("c", 13, 33), task("d", 36, 40), upstream=upstream, end=41
    )
    critical = compare(left, machine(task("a"))).critical[Side.AIRFLOW]
    assert [str(key) for key in critical.path] == ["a", "c", "d"]
    assert (critical.ideal, critical.overhead) == (10 + 20 + 4, 41 - 34)


def test_two_thousand_tasks_take_seconds():
    left, right = both_of_size(2000, wrong=3)
    begin = time.process_time()
    result = compare(left, right)
    assert time.process_time() - begin < 5  # about half a second
    assert sum(one.verdict is Verdict.DIFFERENT for one in result.tasks) == 3
    assert result.critical[Side.AIRFLOW].overhead > result.critical[Side.STEP_FUNCTIONS].overhead


def test_moments_of_the_runs_are_no_difference_and_wrong_dates_are():
    def ran(side, begin, day):
        output = {"finished": (begin + timedelta(seconds=4)).isoformat(), "day": day}
        return side(task("load", output=output, begin=begin), begin=begin)

    result = compare(ran(airflow, BEGIN, "2025-12-31"), ran(machine, LATER, "2025-12-30"))
    assert list(differences(result)) == [("output", "day")]
