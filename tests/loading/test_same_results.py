from __future__ import annotations

from pathlib import Path

from converter.diagnostics import refuses
from converter.loading import load_readable
from converter.operators import steps_of

FILE = Path(__file__).parent / "found_dags" / "wrapped_operators.py"


def test_a_method_that_only_calls_the_one_it_overrides_and_returns_the_same_overrides_nothing():
    (workflow,), problems = load_readable(FILE)
    assert not problems
    overriding = {task.task_id for task in workflow.tasks if task.overrides}
    assert overriding == {"Silent", "Changed", "Other", "Twice", "BelowChanged", "Elsewhere"}
    assert {task.overrides for task in workflow.tasks} == {(), ("execute",)}
    _, found = steps_of(workflow)
    refused = {item.task_id: item.code.id for item in found if refuses([item])}
    assert refused == dict.fromkeys(overriding, "D212")
    assert {item.task_id for item in found if item.code.id == "D211"} == {"QueryWithId", "Logged", "Passed"}
