"""Failures on their way through a machine: from the state where they happen to whoever catches them."""

from __future__ import annotations

from converter.engine.tasks import Json

EVALUATION_ERROR = "States.QueryEvaluationError"
"""The error of a state of which an expression cannot be evaluated."""


class StateFailure(Exception):
    """A state, branch or execution failed.

    ``error`` and ``cause`` are as the history shows them; None is left out there. ``cause_when_caught`` is
    the Cause that Catch sees where that differs: a timeout has no cause in the history, and ``""`` in
    ``$states.errorOutput`` (recorded). ``also_named`` is a second name by which Retry and Catch know it: a
    missed heartbeat is told as a timeout. A ``fatal`` failure ends the execution: no Retry, no Catch, and no
    event of the states around it (recorded).
    """

    def __init__(
        self,
        error: str | None,
        cause: str | None,
        *,
        cause_when_caught: str | None = None,
        also_named: str | None = None,
        fatal: bool = False,
    ) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.cause_when_caught = cause if cause_when_caught is None else cause_when_caught
        self.also_named = also_named
        self.fatal = fatal

    @property
    def error_output(self) -> dict[str, Json]:
        """``$states.errorOutput``."""
        return {"Error": self.error, "Cause": self.cause_when_caught}

    @property
    def details(self) -> dict[str, Json]:
        """Error and cause as members of an event's details."""
        return failure_details(self.error, self.cause)


def failure_details(error: str | None, cause: str | None) -> dict[str, Json]:
    """Return ``error`` and ``cause``, without those that are None."""
    return {key: value for key, value in (("error", error), ("cause", cause)) if value is not None}


def data_limit_exceeded(what: str, *, fatal: bool) -> StateFailure:
    """Return the failure of a payload over the limit. ``what`` names the state, service or function."""
    return StateFailure(
        "States.DataLimitExceeded",
        f"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes"
        " service limit.",
        fatal=fatal,
    )
