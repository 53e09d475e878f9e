import json

import pytest
from workflows import GLUE, glue, nested, partial_fan_in, workflow

from converter import pipeline
from converter.asl.budget import Limits
from converter.asl.options import Correlate, Options
from converter.workflow import Retries, Schedule, Task, TriggerRule


def codes(conversion):
    return [item.code.id for item in conversion.diagnostics]


def test_the_example_is_converted_with_nothing_lost():
    conversion = pipeline.convert(partial_fan_in(), Options(await_deadline=3600))
    assert not conversion.refused
    assert codes(conversion) == ["D301", "D307"]


def test_a_refused_task_refuses_the_dag_and_every_problem_is_reported():
    flow = workflow(glue("a", is_mapped=True), Task("b", "x.Custom"))
    conversion = pipeline.convert(flow, Options())
    assert conversion.refused
    assert codes(conversion) == ["D208", "D201"]


def test_one_refused_dag_stops_no_other(tmp_path):
    flows = [workflow(Task("b", "x.Custom"), dag_id="bad"), workflow(glue("a"), dag_id="good")]
    written = {flow.workflow.dag_id: path for flow, path in pipeline.convert_all(flows, Options(), tmp_path)}
    assert written == {"bad": None, "good": tmp_path / "good"}
    assert sorted(path.name for path in (tmp_path / "bad").iterdir()) == [
        "REPORT.md",
        "conversion.json",
        "report.html",
    ]


@pytest.mark.parametrize("dag_id", [".", ".."])
def test_no_dag_id_leads_out_of_the_output_folder(dag_id, tmp_path):
    out = tmp_path / "out"
    ((conversion, written),) = pipeline.convert_all([workflow(glue("a"), dag_id=dag_id)], Options(), out)
    assert written is None
    assert codes(conversion) == ["D210"]
    assert list(tmp_path.iterdir()) == []


def test_many_pollers_ask_less_often_and_the_report_says_so():
    conversion = pipeline.convert(crowns(6), Options(poll_interval=30))
    assert "D306" in codes(conversion)
    loop = json.dumps(conversion.machine.definition)
    assert "$floor(" in loop


def test_pollers_that_cannot_fit_are_refused_with_the_numbers():
    conversion = pipeline.convert(partial_fan_in(), Options(), limits=Limits(events=500))
    assert conversion.refused
    assert "D304" in codes(conversion)
    # A day has 2,880 times 30 s; the first question comes before the first pause. Each takes 9 events.
    assert (
        "1 pollers that ask every 30 s until their deadline may have 25,929 events, 500 are allowed"
        in str(conversion.diagnostics[-1])
    )


def test_pollers_that_do_not_fit_into_one_machine_are_in_several():
    conversion = pipeline.convert(crowns(25), Options())
    assert "D315" in codes(conversion)
    assert sum(one.pollers for one in conversion.machine.machines) == 50
    assert all(one.pollers < 50 for one in conversion.machine.machines)


def crowns(count):
    """Independent groups of tasks that need two pollers each."""
    tasks = []
    for number in range(count):
        a, b, c = (f"{letter}{number}" for letter in "abc")
        tasks += [glue(a), glue(b), glue(c)]
        tasks += [glue(f"d{number}", a, b), glue(f"e{number}", b, c), glue(f"f{number}", a, c)]
    return workflow(*tasks)


def test_two_tasks_of_one_job_cannot_be_told_apart_by_time():
    flow = workflow(
        glue("glue1"),
        glue("glue2", job="shared"),
        glue("glue3", job="shared"),
        nested("report_a", "glue1", "glue3"),
        nested("report_b", "glue2", "glue3"),
    )
    assert "D303" in codes(pipeline.convert(flow, Options(correlate=Correlate.WINDOW)))
    assert not pipeline.convert(flow, Options(correlate=Correlate.ARGUMENT)).refused


def test_a_window_is_reported_with_its_weakness():
    conversion = pipeline.convert(partial_fan_in(), Options(correlate=Correlate.WINDOW, window=900))
    assert "D302" in codes(conversion)


def test_a_schedule_and_settings_that_are_lost_are_named():
    flow = workflow(
        glue("a"),
        glue("b"),
        schedule=Schedule("Mine", "0 4 * * *"),
        settings={"max_active_tasks": 1, "tags": ["x"]},
    )
    conversion = pipeline.convert(flow, Options())
    assert codes(conversion) == ["D224", "D223"]


def test_a_schedule_that_is_deployed_is_off_and_says_so():
    flow = workflow(
        glue("a"), schedule=Schedule("CronTriggerTimetable", "0 4 * * *"), settings={"catchup": True}
    )
    assert codes(pipeline.convert(flow, Options())) == ["D250", "D251"]


def test_the_bundle_holds_the_report_for_machines_and_for_people(tmp_path):
    flow = workflow(glue("a"), glue("b", "a", settings={"pool": "p"}))
    folder = pipeline.write(pipeline.convert(flow, Options()), tmp_path)
    report = json.loads((folder / "conversion.json").read_text())
    assert report["dag_id"] == "example"
    assert [(task["task_id"], task["status"], task["codes"]) for task in report["tasks"]] == [
        ("a", "converted", []),
        ("b", "approximated", ["D224"]),
    ]
    text = (folder / "REPORT.md").read_text()
    assert "a > b" in text
    assert "limit on concurrency is not held" in text


def test_a_run_that_nobody_waits_for_makes_a_job_ambiguous_too():
    fire = Task("fire", GLUE, arguments={"job_name": "glue3", "wait_for_completion": False})
    flow = workflow(*partial_fan_in().tasks, fire)
    assert "D303" in codes(pipeline.convert(flow, Options(correlate=Correlate.WINDOW)))


def test_retries_that_may_fill_the_history_are_refused():
    conversion = pipeline.convert(workflow(glue("a", retries=Retries(10_000))), Options())
    assert conversion.refused
    assert codes(conversion) == ["D304"]


def test_a_plan_that_is_nested_too_deeply_for_one_machine_is_cut_into_several():
    tasks = [glue("t0")]
    for number in range(1, 250):  # a chain with a leaf at each step
        tasks += [glue(f"t{number}", f"t{number - 1}"), glue(f"leaf{number}", f"t{number - 1}")]
    conversion = pipeline.convert(workflow(*tasks), Options())
    assert codes(conversion) == ["D315"]


def test_a_timeout_of_a_job_is_reported_with_what_it_covers():
    assert codes(pipeline.convert(workflow(glue("a", execution_timeout=600)), Options())) == ["D226"]


def test_a_task_behind_an_early_decision_is_reported_to_start_later():
    flow = workflow(
        glue("a"), glue("b"), glue("c", "a", "b"), glue("d", "c", trigger_rule=TriggerRule.ALL_DONE)
    )
    (item,) = pipeline.convert(flow, Options()).diagnostics
    assert (item.code.id, item.task_id) == ("D227", "d")


@pytest.mark.parametrize("rule", [TriggerRule.ONE_SUCCESS, TriggerRule.ONE_FAILED, TriggerRule.ONE_DONE])
def test_a_rule_that_fires_early_awaits_any_of_its_upstream_tasks(rule):
    flow = workflow(glue("a"), glue("b"), glue("c", "a", "b", trigger_rule=rule))
    conversion = pipeline.convert(flow, Options(await_deadline=3600))
    assert codes(conversion) == ["D301", "D307"]
    assert conversion.machine.awaited == ("a", "b")


def test_fail_fast_ends_the_execution_with_the_first_failure():
    flow = workflow(glue("a"), glue("b", "a"), settings={"fail_fast": True})
    conversion = pipeline.convert(flow, Options())
    assert codes(conversion) == ["D601", "D602"]
    assert "Catch" not in conversion.machine.definition["States"]["a"]


def test_with_fail_fast_teardowns_run_after_the_first_failure():
    rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
    teardown = glue("b", "a", is_teardown=True, trigger_rule=rule)
    flow = workflow(glue("a", is_setup=True), teardown, settings={"fail_fast": True})
    assert codes(pipeline.convert(flow, Options())) == ["D237", "D601", "D604", "D602"]


def test_a_dag_that_is_too_large_for_one_machine_is_cut_into_several():
    flow = workflow(*(glue(f"task_{number}") for number in range(40)))
    size = len(json.dumps(pipeline.convert(flow, Options()).machine.definition))
    limits = Limits(definition=size * 4 // 5)
    conversion = pipeline.convert(flow, Options(), limits=limits)
    assert codes(conversion) == ["D315"]
    definitions = [one.definition for one in conversion.machine.machines]
    assert len(definitions) > 1
    assert all(len(json.dumps(item, separators=(",", ":"))) <= limits.definition for item in definitions)


def test_a_run_that_may_be_too_large_to_be_resumed_is_reported():
    flow = workflow(*(glue(f"task_{number}") for number in range(40)))
    limits = Limits(data=20_000)
    assert "D308" in codes(pipeline.convert(flow, Options(), limits=limits))
    assert "D308" not in codes(pipeline.convert(flow, Options(resumable=False), limits=limits))
