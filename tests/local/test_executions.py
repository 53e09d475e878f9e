from __future__ import annotations

from typing import Any

import pytest

from converter.engine import Execution


def test_a_fault_of_the_engine_ends_the_execution_and_says_so(
    monkeypatch: pytest.MonkeyPatch, sfn: Any, create_machine: Any, finish: Any
) -> None:
    async def break_down(self: Execution) -> None:
        raise ZeroDivisionError("inside the engine")

    monkeypatch.setattr(Execution, "run", break_down)
    machine = create_machine({"S": {"Type": "Succeed"}})
    ended = finish(sfn.start_execution(stateMachineArn=machine)["executionArn"])
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "ZeroDivisionError: inside the engine" in ended["cause"]
    assert ended["stopDate"] >= ended["startDate"]
