import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflows import empty, glue, machine_of, nested, partial_fan_in, workflow

from converter.asl.budget import states_of
from converter.asl.options import Correlate, Failures, Options

EVERY_OPTION = [
    Options(failures=failures, correlate=correlate, window=window)
    for failures in Failures
    for correlate, window in ((Correlate.ARGUMENT, 0), (Correlate.WINDOW, 900))
]


def states(machine):
    return dict(states_of(machine.definition))


@st.composite
def flows(draw):
    tasks = []
    for number in range(draw(st.integers(1, 9))):
        upstream = [f"t{up}" for up in range(number) if draw(st.booleans())]
        tasks.append(draw(st.sampled_from([glue, nested, empty]))(f"t{number}", *upstream))
    return workflow(*tasks)


def test_the_example_has_one_poller():
    names = [name for name in states(machine_of(partial_fan_in())) if ": ask for " in name]
    assert names == ["report_b: ask for glue3"]


def test_a_poller_leads_somewhere_when_done_failed_waiting_and_late():
    choice = states(machine_of(partial_fan_in()))["report_b: glue3 finished?"]
    assert [rule["Next"] for rule in choice["Choices"]] == [
        "report_b",
        "report_b: mark if not run",
        "report_b: wait for glue3",
    ]
    assert choice["Default"] == "report_b: mark if not run"
    assert "AwaitDeadlineExceeded" in choice["Output"]


def test_only_an_awaited_run_carries_an_argument_of_ours():
    found = states(machine_of(partial_fan_in()))
    assert found["glue3"]["Arguments"]["Arguments"] == {
        "--dag2sfn-run": "{% $states.context.Execution.Id & '/glue3/-1' %}"
    }
    assert found["glue1"]["Arguments"]["Arguments"] == {}


def test_with_a_window_no_run_carries_an_argument_of_ours():
    found = states(machine_of(partial_fan_in(), Options(correlate=Correlate.WINDOW, window=900)))
    assert found["glue3"]["Arguments"]["Arguments"] == {}
    assert found["report_b: ask for glue3"]["Arguments"]["Payload"]["tasks"]["glue3"]["window"] == 900


def test_with_failures_stop_and_glue_alone_no_table_is_needed():
    machine = machine_of(partial_fan_in(), Options(failures=Failures.STOP))
    assert not machine.needs_table
    assert machine_of(partial_fan_in()).needs_table
    catching = [name for name, state in states(machine).items() if "Catch" in state]
    assert catching == ["report_b: ask for glue3"]  # a status call that fails tells nothing


def test_an_awaited_task_that_is_no_glue_job_publishes_its_success():
    flow = workflow(glue("a"), nested("b"), glue("c", "a", "b"), glue("d", "b"), glue("e", "a"))
    machine = machine_of(flow, Options(failures=Failures.STOP))
    assert machine.needs_table == ("b" in machine.awaited)
    published = {name for name in states(machine) if name.endswith(": publish success")}
    assert published == {f"{task}: publish success" for task in machine.awaited if task == "b"}


def test_a_dag_of_one_task_is_one_state_and_the_end_of_a_failed_run():
    machine = machine_of(workflow(glue("only")))
    assert list(states(machine)) == ["only", "run: failed"]
    assert machine.definition["StartAt"] == "only"


def test_what_cannot_fail_needs_no_state_that_asks():
    machine = machine_of(workflow(empty("a"), empty("b"), empty("c", "a", "b")))
    assert {state["Type"] for state in states(machine).values()} == {"Parallel", "Pass"}


def test_a_dag_without_tasks_succeeds():
    assert machine_of(workflow()).definition["States"] == {"nothing to do": {"Type": "Succeed"}}


def test_the_dagrun_timeout_becomes_the_timeout_of_the_machine():
    assert machine_of(workflow(glue("a"), dagrun_timeout=5400.4)).definition["TimeoutSeconds"] == 5401


def test_state_names_are_task_ids_ascii_short_and_unique():
    long = "x" * 200
    machine = machine_of(
        workflow(glue("a-b.c"), glue(long), glue(long + "y"), glue("größe"), glue("z", long, "größe"))
    )
    names = list(states(machine))
    assert "a-b.c" in names
    assert all(name.isascii() and len(name) <= 80 for name in names)
    assert len(set(names)) == len(names)
    comments = {state.get("Comment") for state in states(machine).values()}
    assert f"task {long}: GlueJobOperator" in comments


@settings(max_examples=60, deadline=None)
@given(flows(), st.sampled_from(EVERY_OPTION))
def test_state_names_are_unique_in_the_whole_machine(flow, options):
    names = [name for name, _ in states_of(machine_of(flow, options).definition)]
    assert len(set(names)) == len(names)


@settings(max_examples=60, deadline=None)
@given(flows(), st.sampled_from(EVERY_OPTION))
def test_every_state_is_reached_and_every_transition_stays_in_its_block(flow, options):
    def check(block):
        reached, pending = set(), [block["StartAt"]]
        while pending:
            name = pending.pop()
            if name in reached:
                continue
            reached.add(name)
            state = block["States"][name]
            rules = [
                *state.get("Choices", ()),
                *state.get("Catch", ()),
                state,
                {"Next": state.get("Default")},
            ]
            pending += [rule["Next"] for rule in rules if rule.get("Next")]
            for branch in state.get("Branches", ()):
                check(branch)
        assert reached == set(block["States"])

    check(machine_of(flow, options).definition)


@pytest.mark.parametrize("options", EVERY_OPTION, ids=str)
def test_statelint_finds_nothing_to_object_to(options, tmp_path):
    flows = [
        partial_fan_in(dagrun_timeout=60),
        workflow(glue("a"), glue("b", "a"), empty("c", "b")),
        workflow(
            glue("a"), nested("b"), glue("c", "a", "b"), glue("d", "b"), glue("e", "a"), empty("f", "c", "d")
        ),
        workflow(),
    ]
    paths = []
    for number, flow in enumerate(flows):
        paths.append(tmp_path / f"{number}.asl.json")
        paths[-1].write_text(json.dumps(machine_of(flow, options).definition))
    done = subprocess.run(
        [sys.executable, "-c", "from statelint.cli import main; main()", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr == ""


SCRIPT = """
import json, sys
from workflows import *
fan = [glue("a"), nested("b"), glue("c", "a", "b"), glue("d", "b"), glue("e", "a")]
flow = workflow(*fan, glue("f", "c", "d", "e"))
print(json.dumps(machine_of(flow).definition), json.dumps(machine_of(partial_fan_in()).definition))
"""


def test_a_machine_has_the_same_bytes_under_any_hash_seed(pytestconfig):
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={
                "PYTHONHASHSEED": str(seed),
                "PYTHONPATH": str(pytestconfig.rootpath / "tests/support"),
                "PATH": "",
            },
            capture_output=True,
            check=True,
        ).stdout
        for seed in range(5)
    }
    assert len(found) == 1


def test_a_job_whose_name_looks_like_a_template_stays_what_it_is():
    flow = partial_fan_in()
    odd = [glue("glue3", job="etl-${STAGE}") if task.task_id == "glue3" else task for task in flow.tasks]
    found = json.dumps(machine_of(workflow(*odd)).definition)
    assert "${STAGE}" not in found
    assert found.count("'etl-$' & '{STAGE}'") == 2  # where it is started, and where it is polled for


def test_a_run_may_fail_by_a_deadline_although_no_task_of_it_can():
    flow = workflow(empty("a"), empty("b"), empty("c", "a"), empty("d", "a", "b"))
    machine = machine_of(flow)
    assert machine.awaited
    assert {"run: all succeeded?", "run: failed"} <= set(states(machine))
