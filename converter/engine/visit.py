"""One visit to a state: its input, what its expressions see, and how it is left."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from converter.engine.branch import Branch, MapItem
from converter.engine.data import Data
from converter.engine.definition import State, Transition
from converter.engine.failures import StateFailure, data_limit_exceeded
from converter.engine.history import with_text
from converter.engine.query import QueryError, Scope, Template
from converter.engine.runtime import context_time
from converter.engine.tasks import Json

Extra: TypeAlias = Mapping[str, "Data | Json"]
_NOTHING: Extra = MappingProxyType({})


class Visit:
    """A state that was entered, in its branch.

    ``retry_count`` and ``token`` change from try to try and are part of the context object.
    """

    def __init__(self, branch: Branch, state: State, input_data: Data) -> None:
        self.branch = branch
        self.runtime = branch.runtime
        self.state = state
        self.input = input_data
        self.retry_count = 0
        self.token: str | None = None
        self._before = branch.last_event
        self._type = type(state).__name__.removesuffix("State")
        self._entered_time = context_time(self.runtime.clock.now())
        branch.state = state
        self.entered_event = branch.record(
            f"{self._type}StateEntered", {"name": state.name, **with_text("input", input_data.text)}
        )

    def scope(self, *, extra: Extra = _NOTHING, item: MapItem | None = None) -> Scope:
        """Return what expressions see: variables, functions, and ``$states``.

        ``extra`` holds the members of ``$states`` that only some fields have: ``result``, ``errorOutput``.
        ``item`` is the item that a Map hands out just now; within an iteration the branch has it.
        """
        return Scope(
            self.branch.variables,
            {"input": self.input, "context": self._context(item or self.branch.item), **extra},
            self.runtime.functions,
        )

    def _context(self, item: MapItem | None) -> dict[str, Json]:
        context: dict[str, Json] = {
            **self.runtime.context,
            "State": {
                "Name": self.state.name,
                "EnteredTime": self._entered_time,
                "RetryCount": self.retry_count,
            },
        }
        if item is not None:
            context["Map"] = {"Item": {"Index": item.index, "Value": item.value}}
        if self.token is not None:
            context["Task"] = {"Token": self.token}
        return context

    def evaluate(
        self, template: Template | None, *, expected: str | None = None, scope: Scope | None = None
    ) -> Json:
        """Return a field's value, None where the field is absent.

        A field that cannot be evaluated is recorded and raised as ``States.QueryEvaluationError``.
        """
        if template is None:
            return None
        if template.is_constant:
            return template.value
        try:
            return template.evaluate(self.scope() if scope is None else scope, expected)
        except QueryError as error:
            raise self.query_failure(str(error), error.location) from error

    def query_failure(
        self, problem: str, location: str | None, *, previous: int | None = None
    ) -> StateFailure:
        """Record that a field could not be evaluated, and return the failure to raise."""
        cause = (
            f"An error occurred while executing the state '{self.state.name}' "
            f"(entered at the event id #{self.entered_event}). {problem}"
        )
        details = {"error": "States.QueryEvaluationError", "cause": cause, "state": self.state.name}
        if location is not None:
            details["location"] = location
        if previous is None and self.branch.last_event == self.entered_event:
            # What is evaluated on entering links to the event before the entered one (recorded).
            previous = self._before
        self.branch.record("EvaluationFailed", details, previous=previous)
        return StateFailure("States.QueryEvaluationError", cause)

    def leave(
        self, transition: Transition, default_output: Data, extra: Extra = _NOTHING
    ) -> tuple[str | None, Data]:
        """Leave the state: evaluate Output and Assign, record the exit, and return (next state, output).

        ``default_output`` is the output where the field is absent; ``extra`` as in :meth:`scope`. Both fields
        see the variables as they were before.
        """
        scope = self.scope(extra=extra)
        assigned = self._assigned(transition.assign or {}, scope)
        output = (
            default_output
            if transition.output is None
            else Data(self.evaluate(transition.output, scope=scope))
        )
        if output.too_large:
            raise data_limit_exceeded(self.state.name, fatal=True)
        self.record_exit(output, assigned)
        self.branch.variables.update(assigned)
        return transition.next, output

    def _assigned(self, templates: Mapping[str, Template], scope: Scope) -> dict[str, Data]:
        assigned = {name: Data(self.evaluate(template, scope=scope)) for name, template in templates.items()}
        for data in assigned.values():
            if data.too_large:
                raise data_limit_exceeded(self.state.name, fatal=True)
        return assigned

    def record_exit(self, output: Data, assigned: Mapping[str, Data]) -> None:
        """Record that the state is left."""
        details: dict[str, Any] = {"name": self.state.name, **with_text("output", output.text)}
        if assigned:
            details["assignedVariables"] = {name: data.text for name, data in assigned.items()}
            details["assignedVariablesDetails"] = {"truncated": False}
        self.branch.record(f"{self._type}StateExited", details)
        self.branch.state = None
