"""Map, inline: the item processor once per item, some or all of them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from converter.engine.branch import Branch, MapItem
from converter.engine.data import Data
from converter.engine.definition import MapState
from converter.engine.distributed_map import attempt_distributed
from converter.engine.failures import StateFailure, data_limit_exceeded
from converter.engine.handling import run_with_handlers
from converter.engine.lines import Lines
from converter.engine.map_fields import Tolerance, map_items, non_negative, threshold_exceeded
from converter.engine.parallel_state import RunStates
from converter.engine.tasks import Json
from converter.engine.visit import Visit

MAX_INLINE_CONCURRENCY = 40
"""Iterations of an inline Map that run at once (Step Functions Developer Guide, "Inline mode")."""


async def run_map(visit: Visit, state: MapState, run_states: RunStates) -> tuple[str | None, Data]:
    """Run the processor for every item; the result is the list of its outputs, in the items' order."""

    def give_up() -> None:
        visit.branch.record("MapStateFailed")

    async def attempt() -> Data:
        if state.distribution is not None:
            return await attempt_distributed(visit, state, state.distribution, run_states)
        return await _Attempt(visit, state, run_states, _plan(visit, state)).run()

    return await run_with_handlers(visit, state, attempt, give_up)


@dataclass(frozen=True)
class _Plan:
    """A Map's evaluated fields. ``at_once`` is the number of iterations that run side by side."""

    items: list[Json]
    at_once: int
    tolerance: Tolerance


def _plan(visit: Visit, state: MapState) -> _Plan:
    items = map_items(visit, state)
    concurrency = non_negative(visit, state.max_concurrency)
    tolerance = Tolerance.of(visit, state)
    at_once = min(concurrency or MAX_INLINE_CONCURRENCY, MAX_INLINE_CONCURRENCY)
    return _Plan(items, at_once, tolerance)


class _Attempt:
    """One try of a Map."""

    def __init__(self, visit: Visit, state: MapState, run_states: RunStates, plan: _Plan) -> None:
        self._visit = visit
        self._state = state
        self._run_states = run_states
        self._plan = plan
        self._items: dict[Branch, MapItem] = {}

    async def run(self) -> Data:
        branch = self._visit.branch
        items = self._plan.items
        started = branch.record("MapStateStarted", {"length": len(items)})
        outputs: list[Json] = [None] * len(items)
        waiting = iter([MapItem(self._state.name, index, value) for index, value in enumerate(items)])
        with Lines(self._visit) as lines:
            for item in islice(waiting, self._plan.at_once):
                self._start(lines, item, started)
            while lines:
                iteration, end = await lines.next_end()
                done = self._items[iteration]
                if isinstance(end, StateFailure):
                    raise self._failure(iteration, end, lines)
                outputs[done.index] = end.value
                branch.last_event = iteration.record_aside("MapIterationSucceeded", done.details)
                for item in islice(waiting, 1):
                    # It takes its predecessor's place, and links to that one's last inner event (recorded).
                    self._start(lines, item, iteration.last_event)
        result = Data(outputs)
        if result.too_large:
            raise data_limit_exceeded(self._state.name, fatal=True)
        # The exit shares the predecessor of MapStateSucceeded (recorded).
        self._visit.exit_link = branch.last_event
        branch.record("MapStateSucceeded")
        return result

    def _start(self, lines: Lines, item: MapItem, previous: int) -> None:
        visit = self._visit
        selector = self._state.item_selector
        selected = item.value if selector is None else visit.evaluate(selector, scope=visit.scope(item=item))
        iteration = Branch(visit.runtime, previous, visit.branch.variables, item)
        self._items[iteration] = item
        iteration.record("MapIterationStarted", item.details)
        lines.start(iteration, self._run_states(iteration, self._state.processor, Data(selected)))

    def _failure(self, iteration: Branch, failure: StateFailure, lines: Lines) -> StateFailure:
        """Record which iterations are aborted, and that this one failed; return what the Map raises."""
        item = self._items[iteration]
        self._visit.branch.last_event = iteration.last_event
        tolerance = self._plan.tolerance
        if not tolerance.is_exceeded(1, len(self._plan.items)):
            # What an inline Map returns for an item whose failure it tolerates is documented nowhere.
            return StateFailure(
                "States.Runtime",
                f"Not supported by this engine: item {item.index} of the inline Map '{self._state.name}'"
                " failed, and the Map tolerates failures.",
                fatal=True,
            )
        lines.abort()
        iteration.record_aside("MapIterationFailed", item.details)
        return threshold_exceeded() if tolerance.is_declared else failure
