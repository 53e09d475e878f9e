"""Pollers: what they wait for will come, and they can tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import TypeAlias

from converter import diagnostics as d
from converter.checks.findings import Finding, about_state, listing
from converter.checks.graphs import components
from converter.checks.machine import MachineTree, State, is_filled_in_later
from converter.checks.poller_cast import Cast, cast_of
from converter.checks.poller_loops import CannotTell, Poller, pollers_of
from converter.checks.shapes import object_of

#: The argument of a Glue run that says which execution and task it belongs to.
_RUN_ARGUMENT = "--dag2sfn-run"
_BAD_ENDS = ("failed", "upstream_failed", "skipped")


def check_pollers(machine: MachineTree) -> Iterator[Finding]:
    """Find pollers that wait for what never comes (D531 to D533), or wait badly (D534, D535)."""
    pollers = pollers_of(machine)
    if not pollers:
        return
    cast = cast_of(machine)
    for poller in pollers:
        for task, job in poller.awaited.items():
            yield from _awaited_findings(poller, task, job, cast)
        yield from _exit_findings(poller, cast)
    if len(pollers) > 1:  # each waits for a branch beside its own: none locks itself
        yield from _lock_findings(machine, pollers, cast)


# --- what is waited for ------------------------------------------------------------------------------------


def _awaited_findings(poller: Poller, task: str, job: str | None, cast: Cast) -> Iterator[Finding]:
    runners = cast.siblings_that_run(task, poller)
    if not runners:
        where = "a state of its own branch runs" if cast.runners.get(task) else "no state runs"
        problem = f"it waits for task '{task}', which {where}"
        remedy = "a branch beside it must run the task; its state says so in 'Comment'"
        yield about_state(d.AWAITED_NOT_STARTED, poller.ask, problem, remedy)
        return
    if job is not None:
        yield from _run_findings(poller, task, job, runners)
    told = {end: all(cast.is_told(task, state, success=end) for state in runners) for end in (True, False)}
    if job is None and not told[True]:
        untold = "has succeeded" if told[False] and task in cast.tellers else "has ended"
    elif any("Catch" in state.content for state in runners) and not told[False]:
        untold = "has failed"
    else:
        return
    problem = f"it waits for task '{task}', and no state writes a record once that {untold}"
    yield about_state(d.AWAITED_NOT_TOLD, poller.ask, problem, "write one behind the task with putItem")


def _run_findings(poller: Poller, task: str, job: str, runners: list[State]) -> Iterator[Finding]:
    for state in runners:
        arguments = object_of(state.arguments)
        started = arguments.get("JobName")
        if started != job and not is_filled_in_later(started):
            problem = f"it looks for runs of job '{job}', and state '{state.name}' starts no such run"
            yield about_state(d.AWAITED_NOT_TOLD, poller.ask, problem, "name the job that the state starts")
        marked = object_of(arguments.get("Arguments")).get(_RUN_ARGUMENT, "")
        if task not in poller.by_time and f"/{task}/" not in str(marked):
            problem = f"it looks for the run of task '{task}', and state '{state.name}' does not mark it"
            yield about_state(
                d.AWAITED_NOT_TOLD, poller.ask, problem, f"give the run the argument {_RUN_ARGUMENT}"
            )


# --- how it is waited --------------------------------------------------------------------------------------


def _exit_findings(poller: Poller, cast: Cast) -> Iterator[Finding]:
    lacks = partial(about_state, d.POLLER_WITHOUT_EXIT, poller.ask)
    if not poller.loops:
        yield lacks("it asks once and does not wait", "lead back to it by way of a Wait")
        return
    try:
        success = {task: _record("success") for task in poller.awaited}
        if poller.waits(success, 0):
            yield lacks("it goes on waiting when all tasks have succeeded", "leave the loop then")
        for task in poller.awaited:
            missed = [
                state
                for state in (_BAD_ENDS if cast.may_miss(task) else ())
                if poller.waits({**success, task: _record(state)}, 0)
            ]
            if missed:
                yield lacks(
                    f"it goes on waiting when '{task}' is {' or '.join(missed)}", "leave the loop then"
                )
        if not poller.waits({}, 0):
            yield lacks("it does not wait for tasks that are not finished", "stay in the loop then")
        elif poller.deadline is None:
            yield lacks("it has no deadline", "leave the loop at an age of the execution")
        if poller.waits({}, 0) and poller.pause(0) < 1:
            problem = "it asks again at once"
            yield about_state(d.POLLER_WITHOUT_PAUSE, poller.ask, problem, "put a Wait into the loop")
    except CannotTell as error:
        yield lacks(f"an expression of its loop fails, which ends the execution: {error}", "make it total")


def _record(state: str) -> dict[str, object]:
    return {"state": state, "at": 0}


# --- who waits for whom ------------------------------------------------------------------------------------

#: The beginning or the end of a loop of states, mostly a single state.
_Moment: TypeAlias = "tuple[str, tuple[State, ...]]"


def _lock_findings(machine: MachineTree, pollers: tuple[Poller, ...], cast: Cast) -> Iterator[Finding]:
    """Find circles in what must happen before what."""
    before = _what_comes_before(machine, pollers, cast)
    for circle in components(list(before), lambda moment: before[moment]):
        members = {state for _, states in circle for state in states}
        locked = [poller for poller in pollers if len(circle) > 1 and poller.ask in members]
        if locked:  # two at least, as each waits for a sibling branch
            others = listing([poller.ask.name for poller in locked[1:]])
            problem = f"it and {others} wait for each other"
            yield about_state(d.POLLERS_LOCKED, locked[0].ask, problem, "break the circle")


def _what_comes_before(
    machine: MachineTree, pollers: tuple[Poller, ...], cast: Cast
) -> dict[_Moment, list[_Moment]]:
    """Return, for the beginning and the end of each state, what must have happened before."""
    loop_of: dict[State, tuple[State, ...]] = {}
    for block in machine.blocks:
        for loop in block.loops:
            loop_of.update(dict.fromkeys(loop, loop))
    before: dict[_Moment, list[_Moment]] = defaultdict(list)
    for state, loop in loop_of.items():
        before["end", loop].append(("begin", loop))
        before["begin", loop] += [] if state.block.owner is None else [("begin", loop_of[state.block.owner])]
        for inner in state.blocks:
            before["end", loop] += [("end", loop_of[last]) for last in inner.states.values()]
        for successor in state.successors:
            if loop_of[successor] is not loop:
                before["begin", loop_of[successor]].append(("end", loop))
    for poller in pollers:
        for task in poller.awaited:
            runners = cast.siblings_that_run(task, poller)
            before["end", poller.states] += [("end", loop_of[state]) for state in runners]
    return before
