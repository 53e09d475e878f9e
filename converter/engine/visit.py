"""One visit to a state: its input, what its expressions see, and how it is left."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Any, TypeAlias

from converter.engine.branch import Branch, MapItem
from converter.engine.data import Data
from converter.engine.definition import RetriedState, State, Transition
from converter.engine.failures import EVALUATION_ERROR, StateFailure, data_limit_exceeded
from converter.engine.history import with_text
from converter.engine.runtime import context_time
from converter.engine.scope import Field, FieldError, PathError, QueryError, Scope, json_type
from converter.engine.tasks import Json, TaskCall, TaskFailure

Extra: TypeAlias = Mapping[str, "Data | Json"]
_NOTHING: Extra = MappingProxyType({})
_NO_SCOPE = Scope({}, {}, {}, Random(0))  # noqa: S311 - for constants, which look at nothing


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
        self.exit_link: int | None = None
        """What the exit links to if not to the last event: not to the one that says: succeeded."""
        self.evaluation_link: int | None = None
        """What a failed evaluation links to if not to the last event: not to the one that says: failed."""
        self._before = branch.last_event
        self._type = type(state).__name__.removesuffix("State")
        self._entered_time = context_time(self.runtime.clock.now())
        branch.state = state
        self.entered_event = branch.record(
            f"{self._type}StateEntered", {"name": state.name, **with_text("input", input_data.text)}
        )

    def scope(
        self, *, extra: Extra = _NOTHING, item: MapItem | None = None, result: Data | None = None
    ) -> Scope:
        """Return what expressions see: variables, functions, and ``$states``.

        ``extra`` holds the members of ``$states`` that only some fields have: ``result``, ``errorOutput``.
        ``item`` is the item that a Map hands out just now; within an iteration the branch has it.
        ``result`` is what the state is left with.
        """
        return Scope(
            self.branch.variables,
            {"input": self.input, "context": self._context(item or self.branch.item), **extra},
            self.runtime.functions,
            self.runtime.random,
            result,
            self.runtime.context_form,
        )

    def _context(self, item: MapItem | None) -> dict[str, Json]:
        state: dict[str, Json] = {"Name": self.state.name, "EnteredTime": self._entered_time}
        if isinstance(self.state, RetriedState):
            state["RetryCount"] = self.retry_count
        context: dict[str, Json] = {**self.runtime.context, "State": state}
        if item is not None:
            context["Map"] = {"Item": {"Index": item.index, "Value": item.value}}
        if self.token is not None:
            context["Task"] = {"Token": self.token}
        return context

    def evaluate(
        self, template: Field | None, *, expected: str | None = None, scope: Scope | None = None
    ) -> Json:
        """Return a field's value, None where the field is absent.

        Raises ``StateFailure`` for a field that cannot be evaluated (see :meth:`field_failure`).
        """
        if template is None:
            return None
        if template.is_constant:
            return template.evaluate(_NO_SCOPE)
        try:
            return template.evaluate(self.scope() if scope is None else scope, expected)
        except FieldError as error:
            raise self.field_failure(error) from error

    def field_failure(self, error: FieldError, *, previous: int | None = None) -> StateFailure:
        """Return the failure to raise for a field that could not be evaluated.

        In a JSONata state it is ``States.QueryEvaluationError``, recorded as an event that links to
        ``previous``. In a JSONPath state it is ``States.Runtime``, which ends the execution (recorded), or an
        error that Catch may take.
        """
        if isinstance(error, QueryError):
            return self._query_failure(str(error), error.location, previous)
        return self.failure(error.error if isinstance(error, PathError) else "States.Runtime", str(error))

    def failure(self, error: str, problem: str) -> StateFailure:
        """Return a failure of this state, with AWS's preamble before the problem."""
        return StateFailure(error, self._cause(problem), fatal=error == "States.Runtime")

    def _cause(self, problem: str) -> str:
        return (
            f"An error occurred while executing the state '{self.state.name}' "
            f"(entered at the event id #{self.entered_event}). {problem}"
        )

    def _query_failure(self, problem: str, location: str | None, previous: int | None) -> StateFailure:
        cause = self._cause(problem)
        details = {"error": EVALUATION_ERROR, "cause": cause, "state": self.state.name}
        if location is not None:
            details["location"] = location
        if previous is None and self.branch.last_event == self.entered_event:
            # What is evaluated on entering links to the event before the entered one (recorded).
            previous = self._before
        elif previous is None:
            previous = self.evaluation_link
        self.branch.record("EvaluationFailed", details, previous=previous)
        return StateFailure(EVALUATION_ERROR, cause)

    async def call_service(self, action: str, arguments: Json, *, failing_as: str) -> dict[str, Any]:
        """Call an action like ``s3:getObject`` for the state itself, without events.

        Raises ``StateFailure`` with the error name ``failing_as`` where the call fails.
        """
        if not isinstance(arguments, dict):
            raise StateFailure(
                failing_as, f"Expected an object of arguments, but was: {json_type(arguments)}"
            )
        call = TaskCall(
            resource=f"arn:aws:states:::aws-sdk:{action}",
            arguments=arguments,
            state_name=self.state.name,
            execution_arn=self.runtime.arn,
        )
        try:
            answer = await self.runtime.backend.run(call, lambda _: None)
        except TaskFailure as failure:
            raise StateFailure(failing_as, failure.cause) from failure
        if not isinstance(answer, dict):
            raise StateFailure(failing_as, f"The service answered with no object: {json_type(answer)}")
        return answer

    def leave(
        self, transition: Transition, default_output: Data, extra: Extra = _NOTHING
    ) -> tuple[str | None, Data]:
        """Leave the state: evaluate Output and Assign, record the exit, and return (next state, output).

        ``default_output`` is the output where the field is absent; ``extra`` as in :meth:`scope`. Both fields
        see the variables as they were before.
        """
        scope = self.scope(extra=extra, result=default_output)
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

    def _assigned(self, templates: Mapping[str, Field], scope: Scope) -> dict[str, Data]:
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
        self.branch.record(f"{self._type}StateExited", details, previous=self.exit_link)
        self.branch.state = None
