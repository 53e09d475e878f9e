"""Tasks of several states as they are played: their calls find out what is scripted, the rest is as emitted.

Loops, pauses, limits and endings stay as they were emitted. In place of what a service answers stands one
variable, ``$answer``: ``waiting``, ``done``, or ``failed 0`` for the first of a poll's failures, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from converter.asl.map_runs import INPUT_OF_RUN, as_in_instance
from converter.engine.history import HistoryEvent
from converter.expressions.jsonata import Expression, field_value, literal, path
from converter.operators.parts import Call, Poll, Until
from converter.operators.step import Step

#: Where the execution's input says how long a task waits for its moment, in seconds, try by try.
WAITS = "waits"
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_PARAMETERS = re.compile(r"function\(([^)]*)\)")
#: In the arguments of a played call: what it is given, what else is asked in it, and there: which instance.
GIVEN, PLAYED, MAP_INDEX = "given", "played", "map_index"


def played_block(
    step: Step, block: Mapping[str, Any], reads: list[str], state: str, index: Expression | None
) -> dict[str, Any]:
    """Return the block of a step's parts with scripted answers. ``reads`` fail a call without its records.

    ``state`` is that of the task, ``index`` which instance of it this is.
    """
    asked = [part.ask for part in step.parts if isinstance(part, Poll)]
    others = [part for part in step.parts if isinstance(part, Call)]
    # A submit's job is what takes its time, whatever it waits for before.
    ordered = [*asked, *others] if step.job else [*others, *asked]
    last = ordered[-1] if ordered else None
    calls = enumerate([call for part in step.parts for call in _calls(part)])
    texts = dict(_replacements(step, index))
    if _is_apart(step):
        texts = {as_in_instance(Expression(asked)).text: played for asked, played in texts.items()}
    who = {"state": state, **({MAP_INDEX: str(index)} if index else {})}
    return {
        **block,
        "States": {
            name: _played(step, inner, calls, last, texts, reads, who)
            for name, inner in block["States"].items()
        },
    }


def _calls(part: Any) -> tuple[Call, ...]:
    if isinstance(part, Poll):
        return (part.ask, *part.also)
    return (part,) if isinstance(part, Call) else ()


def calls_of(step: Step) -> list[Any]:
    """Return the arguments of a step's calls, in the order in which they stand.

    What a call is told that another has found out is left out: no scenario has it.
    """
    if not step.parts:
        return [step.arguments]
    calls = (call for part in step.parts for call in _calls(part))
    return [without(call.arguments, variables_of(step)) for call in calls]


def certain_calls(step: Step) -> frozenset[int]:
    """Return the numbers of the calls that every try makes which succeeds: nothing is asked before them.

    Numbers are places in :func:`calls_of`.
    """
    if not step.parts:
        return frozenset({0})
    found: set[int] = set()
    for number, call in enumerate(call for part in step.parts for call in _calls(part)):
        if call.when is None:
            found.add(number)
        if any(caught.over for caught in call.caught):
            break
    return frozenset(found)


def variables_of(step: Step) -> frozenset[str]:
    """Return the variables that a step's parts have besides those of the machine."""
    polls = [part for part in step.parts if isinstance(part, Poll)]
    kept = {name for part in step.parts for call in _calls(part) for name in call.keeps}
    return frozenset({*kept, *(name for poll in polls for name in poll.given), "polls", "since"})


def without(value: Any, variables: Collection[str]) -> Any:
    """Return arguments without whatever mentions one of these variables; None if it is all of them.

    >>> without([Expression("$value"), Expression("$map($x, function($value) {$value})")], {"value"})
    [None, Expression(text='$map($x, function($value) {$value})')]
    """
    if isinstance(value, Expression):
        return value if _variables_in(value.text).isdisjoint(variables) else None
    if isinstance(value, Mapping):
        found = {key: without(item, variables) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None or value[key] is None}
    if isinstance(value, list):
        return [without(item, variables) for item in value]
    return value


def _variables_in(text: str) -> set[str]:
    """Return the variables that an expression mentions, but for the parameters of functions in it."""
    parameters = {name for listed in _PARAMETERS.findall(text) for name in _VARIABLE.findall(listed)}
    return set(_VARIABLE.findall(text)) - parameters


def _replacements(step: Step, index: Expression | None) -> Iterator[tuple[str, str]]:
    """Yield the expressions that ask for data, with what they are played as."""
    waits = _waits(step, index)
    number = f"$min([$states.input.`try number`, $count({waits}) - 1])"
    found_out = variables_of(step)
    for part in step.parts:
        for call in _calls(part):
            # Whether it is needed follows from an answer: here it always is.
            if call.when is not None and not found_out.isdisjoint(_VARIABLE.findall(call.when.text)):
                yield call.when.text, "true"
        if isinstance(part, Poll):
            yield part.done.text, "$answer = 'done'"
            for number_of, failure in enumerate(part.failures):
                yield failure.when.text, f"$answer = 'failed {number_of}'"
            if part.pages:
                yield part.pages.text, "false"
        elif isinstance(part, Until):
            yield f"({part.moment.text})", f"($since + {waits}[{number}] * 1000)"


def _waits(step: Step, index: Expression | None) -> str:
    """Return how long each try waits, of the instance if there are any, as JSONata."""
    run = INPUT_OF_RUN if _is_apart(step) else "$states.context.Execution.Input"
    if index is None:
        return f"{run}.{WAITS}.{path(step.task_id)}"
    return f"$lookup({run}.{WAITS}, {literal(step.task_id + '[')} & {index.text} & ']')"


def _is_apart(step: Step) -> bool:
    return step.instances is not None and step.instances.distributed


def output_of_parts(step: Step) -> str | None:
    """Return what a task of several states returns in every scenario."""
    return f"{step.task_id}'s output" if step.output else None


def _played(
    step: Step,
    state: Mapping[str, Any],
    calls: Iterator[tuple[int, Call]],
    last: Call | None,
    texts: Mapping[str, str],
    reads: list[str],
    who: Mapping[str, str],
) -> dict[str, Any]:
    if state["Type"] == "Task":
        number, call = next(calls)
        return _played_call(step, state, call, number=number, slow=call is last, reads=reads, who=who)
    if state["Type"] == "Choice":
        rules = [{**rule, "Condition": _with(texts, rule["Condition"])} for rule in state["Choices"]]
        return {**state, "Choices": rules}
    if state["Type"] == "Wait" and "Timestamp" in state:
        return {**state, "Timestamp": _with(texts, state["Timestamp"])}
    # What a submit fails with is what its call has failed with.
    if state["Type"] == "Fail" and not step.job:
        error = state["Error"]
        return {**state, "Error": "States.TaskFailed" if error.startswith("{%") else error, "Cause": "-"}
    if state["Type"] == "Succeed":
        job = {"job": str(step.job)} if step.job else {}
        return {**state, "Output": {**({"output": output_of_parts(step)} if step.output else {}), **job}}
    return dict(state)


def _with(texts: Mapping[str, str], field: str) -> str:
    inner = field[2:-2].strip()
    if inner in texts:
        return str(Expression(texts[inner]))
    for asked, played in texts.items():
        if asked.startswith("(") and asked in field:
            return field.replace(asked, played)
    return field


def _played_call(
    step: Step,
    state: Mapping[str, Any],
    call: Call,
    *,
    number: int,
    slow: bool,
    reads: list[str],
    who: Mapping[str, str],
) -> dict[str, Any]:
    part: dict[str, Any] = {
        **who,
        "try": str(Expression("$states.input.`try number`")),
        "slow": slow,
        "call": number,
    }
    polls = any(isinstance(item, Poll) and item.ask is call for item in step.parts)
    if polls:
        part["since"] = str(Expression("$since"))
    own = {name: value for name, value in state.get("Assign", {}).items() if name not in call.keeps}
    # What is not about an answer stays as it is: how a submit's job has ended.
    own |= {name: str(value) for name, value in call.keeps.items() if "$states" not in value.text}
    given = field_value(without(call.arguments, variables_of(step)))
    arguments = {"part": part, GIVEN: given, PLAYED: {"reads": reads}}
    played = {**state, "Arguments": arguments, "Assign": own}
    if slow or polls:
        played["Assign"] = {**own, "answer": str(Expression("$states.result.answer"))}
    for unused in ("Retry", *(() if played["Assign"] else ("Assign",))):
        played.pop(unused, None)
    if "Catch" in state:
        played["Catch"] = [
            {**catcher, "Assign": {**own, **_of_errors(catcher), "answer": "waiting"}}
            if "Output" in catcher
            else catcher
            for catcher in state["Catch"]
        ]
    return played


def _of_errors(catcher: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a catcher assigns of the error that it has caught."""
    assigned = catcher.get("Assign", {}).items()
    return {name: value for name, value in assigned if "$states.errorOutput" in str(value)}


def tries_of_parts(
    events: Iterable[tuple[HistoryEvent, int | None]], task_of: Mapping[str, str], inside: Mapping[str, str]
) -> dict[tuple[str, int | None], list[tuple[float, float]]]:
    """Return start and end of each try of tasks of several states, as timestamps, by state and instance.

    ``events`` are those of a history, each with the index of the instance that it is about; ``inside`` gives
    the task's own state for each state in its branch.
    """
    state_at: dict[int, str] = {}
    started: dict[tuple[str, int | None], float] = {}
    latest: dict[tuple[str, int | None], float] = {}
    found: dict[tuple[str, int | None], list[tuple[float, float]]] = {}
    now = 0.0
    for event, index in events:
        details, now = event.details or {}, event.timestamp.timestamp()
        state = details.get("name") or details.get("state") or state_at.get(event.previous_event_id, "")
        owner = inside.get(state, state), index
        if event.type == "ParallelStateStarted":
            state = owner[0]
        state_at[event.id] = state
        if owner[0] not in task_of:
            continue
        if event.type == "ParallelStateStarted":
            if owner in started:  # the try before has failed
                found.setdefault(owner, []).append((started[owner], latest[owner]))
            started[owner] = now
        elif event.type in ("ParallelStateSucceeded", "ParallelStateFailed") and owner in started:
            found.setdefault(owner, []).append((started.pop(owner), now))
        if not event.type.startswith("Execution"):
            latest[owner] = now
    for owner, start in started.items():  # broken off with the execution
        found.setdefault(owner, []).append((start, now))
    return found


def is_scripted(arguments: Any) -> bool:
    """Return whether these are the arguments of a played call."""
    return isinstance(arguments, Mapping) and "part" in arguments


def missing_records(task: str) -> str:
    """Return an expression that fails its call if there is no record of the task that it reads."""
    missing = literal(f"no record of {task}")
    return str(Expression(f"$exists($states.input.{path(task)}) ? 'at hand' : $error({missing})"))
