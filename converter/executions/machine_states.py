"""Which states of a definition are tasks of the DAG, and which are pollers.

A state's Comment says so, rather than its name: a name of more than 80 characters is cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

_TASK_COMMENT = re.compile(r"task (?P<task_id>[\w.-]+): \w+(, after (?P<upstream>[\w., -]+))?")
_POLLER_COMMENT = re.compile(r"which of .+ are finished\?")
_CHILD_COMMENT = re.compile(r"child \d+: \d+ tasks?, as an execution of the same name")
_GROUP_COMMENT = re.compile(r"mapped group .+: \d+ tasks? for each item")
_INSTANCE_COMMENT = re.compile(r"an instance of .+: \w+")
_WAITS = re.compile(r"until it is known how .+ ended")
#: The key of an outcome record ends in the task's id: ``$states.context.Execution.Id & '/glue3'``.
_RECORD_KEY = re.compile(r"""['"]/(?P<task>[^'"/]+)['"]\s*%\}""")
#: Where the records are of an execution that another one goes on from.
_RESUMED = "Execution.Input.resumed"
#: Machines that were written by hand, for comparison, need not repeat the Comment of a poller.
_POLLER_NAME = re.compile(r".+: ask for .+")


@dataclass(frozen=True)
class MachineStates:
    """The states of a definition that matter to a reader, by name.

    ``tasks`` maps them to task ids, in the order of the definition, and ``upstream`` each task id to its
    upstream tasks; ``inside`` maps the states that a task of several has inside it to the one that stands for
    it; ``pollers`` are those that ask for awaited tasks, and ``waits`` maps states that wait before a poller
    to it: their questions are its own. ``instances_of`` maps each Map state to the tasks that have instances
    in it: a mapped task, or those of a mapped group; ``apart`` those whose instances are executions of their
    own to the states of such an execution, and there ``at_least`` is how many states it enters where nothing
    has to be asked twice. ``consumers``
    maps a poller, and the Fail state behind its deadline, to the task that it keeps waiting (the first, if
    there are several); ``awaited`` a poller to the tasks that it asks for. ``children`` maps the states that
    run child machines to these machines' ARNs; ``can_resume``: whether tasks can be passed by.
    """

    tasks: Mapping[str, str]
    pollers: frozenset[str]
    consumers: Mapping[str, str]
    upstream: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)
    awaited: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    children: Mapping[str, str] = field(default_factory=dict)
    can_resume: bool = False
    waits: Mapping[str, str] = field(default_factory=dict)
    instances_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apart: Mapping[str, MachineStates] = field(default_factory=dict)
    at_least: int = 0


def states_that_matter(definition_text: str) -> MachineStates:
    """Return the tasks and pollers of a definition (JSON text). A machine of another origin has none."""
    tasks: dict[str, str] = {}
    pollers: set[str] = set()
    consumers: dict[str, str] = {}
    upstream: dict[str, tuple[str, ...]] = {}
    awaited: dict[str, tuple[str, ...]] = {}
    inside: dict[str, str] = {}
    children: dict[str, str] = {}
    waits: dict[str, str] = {}
    instances_of: dict[str, tuple[str, ...]] = {}
    apart: dict[str, MachineStates] = {}
    for block, name, state in _states_of(json.loads(definition_text)):
        task_id = _task_id(state)
        if task_id:
            tasks[name] = task_id
            upstream[task_id] = _upstream(state)
            parts = (part for branch in state.get("Branches", ()) for _, part, _ in _states_of(branch))
            inside |= dict.fromkeys(parts, name)
            if "ItemProcessor" in state:
                instances_of[name] = (task_id,)
                if state["ItemProcessor"].get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
                    apart[name] = _states_of_instance(state["ItemProcessor"], task_id)
        elif _GROUP_COMMENT.fullmatch(state.get("Comment", "")):
            found = (_task_id(inner) for _, _, inner in _states_of(state["ItemProcessor"]))
            instances_of[name] = tuple(dict.fromkeys(filter(None, found)))
        elif _CHILD_COMMENT.fullmatch(state.get("Comment", "")):
            children[name] = state["Arguments"]["StateMachineArn"]
        elif _WAITS.fullmatch(state.get("Comment", "")):
            waits[name] = _loop_behind(block, name)
        elif _POLLER_COMMENT.fullmatch(state.get("Comment", "")) or _POLLER_NAME.fullmatch(name):
            pollers.add(name)
            consumers |= _consumers(block, name, state)
            awaited[name] = _awaited(state)
    can_resume = _RESUMED in definition_text
    return MachineStates(
        tasks,
        frozenset(pollers),
        consumers,
        upstream,
        inside,
        awaited,
        children,
        can_resume,
        waits,
        instances_of,
        apart,
    )


def _states_of_instance(processor: Mapping[str, Any], task_id: str) -> MachineStates:
    """Return the states of an execution that is an instance of a task: it is the task, for itself."""
    for _, name, state in _states_of(processor):
        if _INSTANCE_COMMENT.fullmatch(state.get("Comment", "")):
            branches = state.get("Branches", ())
            inside = dict.fromkeys((part for branch in branches for _, part, _ in _states_of(branch)), name)
            # Those of an instance come one after another; only one that was passed by succeeds before.
            on_the_way = [one for one in processor["States"].values() if one["Type"] != "Succeed"]
            entered = len(on_the_way) + sum(map(_fewest, branches))
            return MachineStates({name: task_id}, frozenset(), {}, inside=inside, at_least=entered)
    return MachineStates({}, frozenset(), {})


def _fewest(block: Mapping[str, Any]) -> int:
    """Return how many states a block enters on its shortest way to an end, with those inside of them."""
    ways, known = [(0, block["StartAt"])], set()
    while True:
        entered, name = heappop(ways)
        if not name:
            return entered
        if name in known:
            continue
        known.add(name)
        state = block["States"][name]
        entered += 1 + sum(map(_fewest, state.get("Branches", ())))
        choices = [state, *state.get("Choices", ()), *state.get("Catch", ())]
        following = [*(one["Next"] for one in choices if "Next" in one), state.get("Default")]
        ends = state["Type"] in ("Succeed", "Fail") or "End" in state
        for one in filter(None, following):
            heappush(ways, (entered, one))
        if ends:
            heappush(ways, (entered, ""))


def _states_of(block: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str, Mapping[str, Any]]]:
    """Yield every state at any depth, as (block that it is in, name, state)."""
    for name, state in block["States"].items():
        yield block, name, state
        inner = [*state.get("Branches", ()), state.get("ItemProcessor")]
        for inner_block in filter(None, inner):
            yield from _states_of(inner_block)


def _task_id(state: Mapping[str, Any]) -> str | None:
    match = _TASK_COMMENT.fullmatch(state.get("Comment", ""))
    return match["task_id"] if match else None


def _upstream(state: Mapping[str, Any]) -> tuple[str, ...]:
    match = _TASK_COMMENT.fullmatch(state.get("Comment", ""))
    return tuple(match["upstream"].split(", ")) if match and match["upstream"] else ()


def _awaited(poller: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tasks in a poller's question; the Comment of one that asks for many is shortened."""
    arguments = poller.get("Arguments")
    question = arguments if isinstance(arguments, dict) else {}
    asked = question.get("Payload")
    if isinstance(asked, dict):  # the poller function
        tasks = asked.get("tasks")
        return tuple(tasks) if isinstance(tasks, dict) else ()
    # The outcome table: an item a task.
    keys = json.dumps([question.get("Key"), question.get("RequestItems")], ensure_ascii=False)
    return tuple(found["task"] for found in _RECORD_KEY.finditer(keys.replace('\\"', '"')))


def _consumers(block: Mapping[str, Any], name: str, poller: Mapping[str, Any]) -> dict[str, str]:
    """Return what a poller adds to ``consumers``: its Choice leads first to the task, last to the Fail."""
    choice = block["States"].get(poller.get("Next"), {})
    task_id = _first_task(block, choice["Choices"][0]["Next"]) if choice.get("Choices") else None
    if task_id is None:
        return {}
    late = choice.get("Default")
    fails_when_late = block["States"].get(late, {}).get("Type") == "Fail"
    return {name: task_id, late: task_id} if fails_when_late else {name: task_id}


def _loop_behind(block: Mapping[str, Any], name: str) -> str:
    """Return the state that asks in a poller's loop, for one that waits before it; else the state itself."""
    state = block["States"].get(name, {})
    while _WAITS.fullmatch(state.get("Comment", "")):
        name = state["Next"]
        state = block["States"].get(name, {})
    return name


def _first_task(block: Mapping[str, Any], name: str) -> str | None:
    state = block["States"].get(name, {})
    if state.get("Type") == "Choice":  # it asks whether the task was done before
        return _first_task(block, state.get("Default", ""))
    branches = state.get("Branches")
    return _first_task(branches[0], branches[0]["StartAt"]) if branches else _task_id(state)
