"""Functions of tests that push XComs as the deployed function does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.engine import TaskFailure
from converter.task_runtime.dag2sfn_tasks import xcoms


def sent(answer: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the deployed function makes of an answer; where there is no room for it, the task fails."""
    try:
        return xcoms.sent(answer, event)
    except xcoms.XComTooLarge as error:
        raise TaskFailure("XComTooLarge", str(error)) from error
