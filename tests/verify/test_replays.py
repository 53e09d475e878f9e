from verifying import OPTIONS, verifier_of
from workflows import branch, empty, glue, partial_fan_in, workflow

from converter.verify.replays import replay_rows
from converter.workflow import Retries


def rows_of(flow, seed, options=OPTIONS):
    replay = verifier_of(flow, options).replay(seed)
    return list(replay_rows(replay.scenario, replay.airflow, replay.machine, replay.findings.divergences))


def test_tasks_come_in_the_order_in_which_they_began_and_the_run_at_last():
    rows = rows_of(partial_fan_in(), 0)
    assert {row.task for row in rows[:3]} == {"glue1", "glue2", "glue3"}
    assert rows[-1].task == ""
    assert not any(row.diverges for row in rows)


def test_a_row_says_what_chance_decided_and_what_came_of_it():
    flow = workflow(glue("job", retries=Retries(1, 10)), empty("end", "job"))
    for seed in range(100):
        row, end, run = rows_of(flow, seed)
        if row.script.count("failed,") and row.script.endswith("success"):
            break
    assert " s failed, then " in row.script
    assert row.airflow == row.machine
    assert row.machine.startswith("success 0.0 to ")
    assert row.machine.endswith(" s (2 tries)")
    assert end.script == "nothing to do"
    assert run.airflow.startswith("success ")


def test_a_branch_says_what_it_chooses():
    flow = workflow(branch("branch"), empty("a", "branch"))
    scripts = {rows_of(flow, seed)[0].script.partition(" s ")[2] for seed in range(30)}
    assert {"chooses a", "chooses nothing"} <= scripts
