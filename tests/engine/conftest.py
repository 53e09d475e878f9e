from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from converter.engine import Execution, SimulatedBackend, run_virtual

LAMBDA = "arn:aws:states:::lambda:invoke"


def machine(states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A JSONata machine that starts at its first state."""
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **fields}


def task(**fields: Any) -> dict[str, Any]:
    ending = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": LAMBDA, "Arguments": {}, **ending, **fields}


def link_types(execution: Execution) -> list[tuple[int, int, str]]:
    return [(event.id, event.previous_event_id, event.type) for event in execution.history]


@pytest.fixture
def run() -> Callable[..., Execution]:
    """Run states on the virtual clock: run(states, input, tasks={state: TaskResult}, **machine fields)."""

    def run_states(
        states: dict[str, Any], input: Any = None, tasks: Any = None, seed: int = 0, **fields: Any
    ) -> Execution:
        backend = tasks if hasattr(tasks, "run") else SimulatedBackend(tasks or {})
        return run_virtual(machine(states, **fields), {} if input is None else input, backend, seed=seed)

    return run_states


@pytest.fixture
def build() -> Any:
    """The builders of definitions above, for test files (which cannot import each other)."""

    class Build:
        machine = staticmethod(machine)
        task = staticmethod(task)
        links = staticmethod(link_types)

    return Build
