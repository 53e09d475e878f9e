"""Map, distributed: a Map Run in which every item, or batch of items, is an execution of its own.

The executions have histories of their own, of which the Map's own history shows nothing (recorded); they see
no variables of the states around the Map.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from converter.engine.branch import Branch, MapItem
from converter.engine.data import Data
from converter.engine.definition import Distribution, MapState, States
from converter.engine.failures import StateFailure, data_limit_exceeded, failure_details
from converter.engine.history import History, with_text
from converter.engine.item_batches import make_batches
from converter.engine.item_reader import read_items
from converter.engine.lines import Lines
from converter.engine.map_fields import Tolerance, map_items, non_negative, threshold_exceeded
from converter.engine.result_writer import write_results
from converter.engine.runtime import Runtime, context_time
from converter.engine.scope import Field
from converter.engine.tasks import Json, MapRunGuard, TaskFailure
from converter.engine.visit import Visit

MAX_CHILDREN = 10_000
"""Executions of a Map Run that run at once (Step Functions Developer Guide, "Distributed mode")."""

RunStates = Callable[[Branch, States, Data], Coroutine[Any, Any, Data]]


async def attempt_distributed(
    visit: Visit, state: MapState, distribution: Distribution, run_states: RunStates
) -> Data:
    """Run the processor for every item; the result is the list of what the successful executions put out."""
    concurrency = non_negative(visit, state.max_concurrency)
    items = [] if distribution.reader is not None else map_items(visit, state)
    # With an ItemReader nobody knows the length yet (recorded).
    visit.branch.record("MapStateStarted", {"length": len(items)})
    tolerance = Tolerance.of(visit, state)  # after MapStateStarted (recorded)
    run = MapRun(
        visit, state, distribution, run_states, tolerance, min(concurrency or MAX_CHILDREN, MAX_CHILDREN)
    )
    return await run.run(items)


@dataclass
class ChildExecution:
    """An execution of a Map Run, and how it ended: with an output or a failure, or stopped with its run."""

    arn: str
    name: str
    machine_arn: str
    input: Data
    started: datetime
    history: History
    item_count: int = 1
    """More of a batch."""
    stopped: datetime | None = None
    output: Data | None = None
    failure: StateFailure | None = None

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED or ABORTED."""
        if self.stopped is None:
            return "RUNNING"
        if self.output is not None:
            return "SUCCEEDED"
        return "ABORTED" if self.failure is None else "FAILED"

    def stop(self, moment: datetime) -> None:
        """End an execution that still runs, with its Map Run."""
        if self.stopped is None:
            self.stopped = moment
            self.history.append("ExecutionAborted", 0)


class MapRun:
    """One try of a distributed Map: its ``arn``, the state that it is of, and its executions so far."""

    def __init__(
        self,
        visit: Visit,
        state: MapState,
        distribution: Distribution,
        run_states: RunStates,
        tolerance: Tolerance,
        at_once: int,
    ) -> None:
        self._visit = visit
        self._state = state
        self._distribution = distribution
        self._run_states = run_states
        runtime = visit.runtime
        self._id = runtime.new_uuid()
        self._label = distribution.label or runtime.new_uuid()
        machine = str(runtime.context["StateMachine"]["Id"])
        self._machine_arn = f"{machine}/{self._label}"
        self.arn = f"{machine.replace(':stateMachine:', ':mapRun:', 1)}/{self._label}:{self._id}"
        self.state_name = state.name
        self.execution_arn = runtime.arn
        self.started = runtime.clock.now()
        self.stopped: datetime | None = None
        self.status = "RUNNING"
        """RUNNING, SUCCEEDED, FAILED or ABORTED."""
        self.item_counts: list[int] = []
        """How many items each execution has, also of those that have not begun."""
        self.results_written = False
        self._failed = 0
        self.at_once = at_once
        self.tolerance = tolerance
        self.children: list[ChildExecution] = []
        runtime.map_runs.append(self)

    async def run(self, items: list[Json]) -> Data:
        """Run to the end, with the events of a Map Run."""
        branch = self._visit.branch
        branch.record("MapRunStarted", {"mapRunArn": self.arn})
        status = "ABORTED"
        try:
            result = await self._result(items)
            status = "SUCCEEDED"
        except StateFailure as failure:
            status = "FAILED"
            if not failure.fatal:
                branch.record("MapRunFailed", failure.details)
            raise
        finally:
            self.status, self.stopped = status, self._visit.runtime.clock.now()
            for child in self.children:
                child.stop(self.stopped)
        # The exit links to MapRunStarted. Until the autumn of 2024 it linked to MapRunSucceeded (recorded).
        self._visit.exit_link = branch.last_event
        branch.record("MapRunSucceeded")
        branch.record("MapStateSucceeded")
        return result

    async def _result(self, items: list[Json]) -> Data:
        inputs = self._selected(await self._items(items))
        batched = self._distribution.batcher is not None
        self.item_counts = [len(value["Items"]) if batched else 1 for value in inputs]
        self._ask_backend()
        await self._run_children(inputs)
        writer = self._distribution.writer
        if writer is not None:
            result = await write_results(self._visit, writer, self.arn, self._id, self.children)
            self.results_written = bool(writer.resource)
        else:
            result = Data([child.output.value for child in self.children if child.output is not None])
        if result.too_large:
            raise data_limit_exceeded(self._state.name, fatal=True)
        return result

    def _ask_backend(self) -> None:
        backend = self._visit.runtime.backend
        if isinstance(backend, MapRunGuard):
            try:
                backend.allow_map_run(self.execution_arn)
            except TaskFailure as failure:
                raise StateFailure(failure.error, failure.cause) from failure

    async def _items(self, items: list[Json]) -> list[Json]:
        reader = self._distribution.reader
        return items if reader is None else await read_items(self._visit, reader)

    def _selected(self, items: list[Json]) -> list[Json]:
        selected = [
            self._select(self._state.item_selector, MapItem(self._state.name, index, item))
            for index, item in enumerate(items)
        ]
        batcher = self._distribution.batcher
        return selected if batcher is None else make_batches(self._visit, batcher, selected)

    def _select(self, selector: Field | None, item: MapItem) -> Json:
        if selector is None:
            return item.value
        return self._visit.evaluate(selector, scope=self._visit.scope(item=item))

    async def _run_children(self, inputs: list[Json]) -> None:
        waiting = iter(inputs)
        with Lines(self._visit) as lines:
            self._start(lines, islice(waiting, self.at_once))
            while lines:
                await lines.next_end()
                if self.tolerance.is_exceeded(self._failed, len(inputs)):
                    raise threshold_exceeded()
                self._start(lines, islice(waiting, 1))

    def _start(self, lines: Lines, inputs: Iterator[Json]) -> None:
        for value in inputs:
            child = self._new_child(Data(value))
            if child.input.too_large:
                raise data_limit_exceeded(self._state.name, fatal=True)
            self.children.append(child)
            branch = Branch(self._child_runtime(child), 0, {})
            lines.start(branch, self._run_child(branch, child))

    def _new_child(self, data: Data) -> ChildExecution:
        runtime = self._visit.runtime
        name = runtime.new_uuid()
        arn = f"{self._machine_arn.replace(':stateMachine:', ':execution:', 1)}:{name}"
        now = runtime.clock.now
        item_count = self.item_counts[len(self.children)]
        return ChildExecution(arn, name, self._machine_arn, data, now(), History(now, None), item_count)

    def _child_runtime(self, child: ChildExecution) -> Runtime:
        runtime = self._visit.runtime
        execution = {
            **runtime.context["Execution"],
            "Id": child.arn,
            "Input": child.input.value,
            "StartTime": context_time(child.started),
            "Name": child.name,
        }
        machine = {"Id": self._machine_arn, "Name": self._machine_arn.rsplit(":", 1)[-1]}
        context = {"Execution": execution, "StateMachine": machine}
        return runtime.child(child.arn, context, child.history)

    async def _run_child(self, branch: Branch, child: ChildExecution) -> Data:
        """Run one execution to its end; its failure is the Map Run's to judge."""
        role = branch.runtime.context["Execution"]["RoleArn"]
        branch.runtime.record(
            "ExecutionStarted", 0, {**with_text("input", child.input.text), "roleArn": role}
        )
        history, details = child.history, {}
        try:
            child.output = await self._run_states(branch, self._state.processor, child.input)
            details = with_text("output", child.output.text)
        except StateFailure as failure:
            child.failure = failure
            self._failed += 1
            details = failure_details(failure.error, failure.cause)
        child.stopped = branch.runtime.clock.now()
        end = "ExecutionFailed" if child.output is None else "ExecutionSucceeded"
        history.append(end, branch.last_event, details)
        return child.input
