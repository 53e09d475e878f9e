"""Poller loops, found in a definition by what they look like, and tried out.

A poller is a Task that calls a Lambda function with ``Payload.tasks``: awaited task → the Glue job by whose
run its success is seen, if any. Or it is one that reads outcome records, whose keys end in ``/<task>``. Its
loop are the states that lead from it back to it. With ``Payload.until`` the function answers once there is
something to decide, and until then Retry repeats the question; before a loop that reads records there may be
Tasks that wait for these, likewise. What the loop does with an answer is not read off its expressions but
evaluated: given records of the awaited tasks and the age of the execution, which way does it take?
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property, lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from converter.checks.machine import MachineTree, State
from converter.checks.shapes import list_of, object_of

if TYPE_CHECKING:
    from converter.engine.scope import Scope

#: The state that runs a task says so in its comment: ``task glue1: GlueJobOperator``.
_RUNS_TASK = re.compile(r"task (?P<task>\S+): ")
#: The key of an outcome record ends in the task's id: ``$states.context.Execution.Id & '/glue3'``.
_RECORD_KEY = re.compile(r"""['"]/(?P<task>[^'"/]+)['"]\s*\)?\s*%\}""")
_READS_RECORDS = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(aws-sdk:)?dynamodb:(getItem|batchGetItem)")
#: The fields that say which way a loop takes: see ``Poller._way_out``.
_DECIDING = frozenset(("Type", "Resource", "Output", "Next", "Default", "Choices"))
#: Whether loops of a shape ask again, with which records and at what age; and how many of these are kept.
_SEEN: dict[tuple[str, frozenset[tuple[str, str]], int], bool] = {}
_MOST_SEEN = 100_000
#: The deadlines found last, in seconds.
_DEADLINES: deque[int] = deque(maxlen=3)
#: What a task may be called; texts are split into what is between such names, and the names.
_NAMES = re.compile(r"([\w.-]+)")
#: The poller function's error while it is told to wait (``until`` in its event).
NOT_READY = "NotReady"
#: The table's error as long as a record that is waited for is not there.
REFUSED = "DynamoDB.ConditionalCheckFailedException"
#: An execution lasts at most a year (service quotas of Step Functions).
LONGEST_EXECUTION = 365 * 86_400
#: More questions than any history has room for.
FAR_TOO_OFTEN = 25_000
#: The instant at which expressions are evaluated; only the age of the execution matters.
_NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)


class CannotTell(Exception):
    """An expression of a loop cannot be evaluated; the message says why."""


@dataclass(frozen=True, eq=False)
class Poller:
    """A Task that asks for other tasks, and the states of its loop (only itself, where there is none).

    ``awaited`` gives each task's Glue job, None where only its record tells. ``by_time`` are those whose runs
    are recognised by their start time. ``waits_before``: a Task before the loop waits, and what it waits for
    has ended then. ``tasks`` are all tasks of the machine: the branch may have records of others, too.
    """

    ask: State
    states: tuple[State, ...]
    awaited: Mapping[str, str | None]
    by_time: frozenset[str]
    waits_before: bool = False
    tasks: frozenset[str] = frozenset()

    @property
    def retries_until_ready(self) -> bool:
        """Whether it waits by a Retry: its loop is for trouble of the service only."""
        return self.waits_before or any(
            NOT_READY in list_of(retrier.get("ErrorEquals")) for _, retrier in self.ask.retriers
        )

    @property
    def loops(self) -> bool:
        """Whether there is a loop at all."""
        return len(self.states) > 1

    @cached_property
    def deadline(self) -> int | None:
        """The age of the execution, in seconds, at which the loop ends without an answer; None if never.

        Raises CannotTell.
        """
        if self.waits({}, LONGEST_EXECUTION):
            return None
        # Nearly all pollers of a machine have the same.
        for known in _DEADLINES:
            if not self.waits({}, known) and self.waits({}, known - 1):
                return known
        lower, upper = -1, LONGEST_EXECUTION  # still waiting, given up
        while upper - lower > 1:
            middle = (lower + upper) // 2
            lower, upper = (middle, upper) if self.waits({}, middle) else (lower, middle)
        _DEADLINES.append(upper)
        return upper

    def waits(self, records: Mapping[str, Any], age: int) -> bool:
        """Return whether the loop asks again with these records, at an age of the execution in seconds.

        Raises CannotTell.
        """
        # A large machine has thousands of loops which differ in their tasks only.
        shape, numbers = self._shape
        key = (
            shape,
            frozenset((numbers.get(task, task), record["state"]) for task, record in records.items()),
            age,
        )
        if key not in _SEEN:
            if len(_SEEN) > _MOST_SEEN:
                _SEEN.clear()
            _SEEN[key] = self._way_out(records, age) is None
        return _SEEN[key]

    @cached_property
    def _shape(self) -> tuple[str, Mapping[str, str]]:
        """What decides the loop's way as text in which tasks are numbered, and these numbers.

        Whom it asks does not: so loops of many machines are alike.
        """
        states = [
            [state.name, {name: value for name, value in state.content.items() if name in _DECIDING}]
            for state in self.states
        ]
        text = json.dumps([self.ask.name, "Payload" in self.ask.arguments, states], ensure_ascii=False)
        words = _NAMES.split(text)
        known = self.tasks.union(self.awaited)
        tasks = dict.fromkeys([word for word in words[1::2] if word in known])
        numbers = {task: f"#{number}" for number, task in enumerate(tasks)}
        return "".join([numbers.get(word, word) for word in words]), numbers

    def _way_out(self, records: Mapping[str, Any], age: int) -> str | None:
        """Return the state to which the loop leads with these records, None if it asks again.

        ``age`` is that of the execution, in seconds. Raises CannotTell.
        """
        answer = self._answer(records)
        data = _evaluated(self.ask.content.get("Output", "{% $states.result %}"), self._own, age, answer)
        name = self.ask.text("Next")
        for _ in self.states:
            state = self.ask.block.states.get(name)
            if state is None or state not in self.states:
                return name
            if state is self.ask or state.type == "Wait":
                return None
            if "Output" in state.content and state.type == "Pass":
                data = _evaluated(state.content["Output"], data, age)
            name = _next_of_choice(state, data, age) if state.type == "Choice" else state.text("Next")
        return None  # it goes in circles without asking

    def _answer(self, records: Mapping[str, Any]) -> Any:
        """Return what the question results in if these records are there."""
        if "Payload" in self.ask.arguments:
            return {"Payload": {"records": records}}
        items = [
            {"id": {"S": f"/{task}"}, "record": {"S": json.dumps(record)}} for task, record in records.items()
        ]
        if self.ask.text("Resource").endswith(":getItem"):
            return {"Item": items[0]} if items else {}
        return {"Responses": {"table": items}}

    @cached_property
    def _own(self) -> dict[str, Any]:
        """The data of the branch: records of the tasks that the loop looks at and does not ask for."""
        looked_at = json.dumps(
            [state.content for state in self.states if state.type == "Choice"], ensure_ascii=False
        )
        words = _NAMES.findall(looked_at)
        # Ids may have dots; a record's is behind that of a variable, too: $in.load.
        words += [word.partition(".")[2] for word in words]
        others = self.tasks.intersection(words).difference(self.awaited)
        return {task: {"state": "success", "at": 0} for task in sorted(others)}

    @cached_property
    def pauses(self) -> str:
        """The seconds of the loop's Waits, as JSON text: numbers or expressions."""
        return json.dumps([state.content.get("Seconds", 0) for state in self.states if state.type == "Wait"])

    def pause(self, age: int) -> int:
        """Return how long the loop pauses between two questions, in seconds, at an age of the execution.

        Raises CannotTell.
        """
        return _pause(self.pauses, age)

    @property
    def questions(self) -> int:
        """How often a poller with a deadline asks if no task ever finishes, counted up to FAR_TOO_OFTEN.

        Raises CannotTell.
        """
        return _questions(self.pauses, self.deadline or 0)


def _pause(pauses: str, age: int) -> int:
    seconds = [_evaluated(field, {}, age) for field in json.loads(pauses)]
    if not all(isinstance(value, (int, float)) for value in seconds):
        raise CannotTell("the seconds of a Wait are no number")
    return int(sum(seconds))


@lru_cache(maxsize=1024)
def _questions(pauses: str, deadline: int) -> int:
    """Return how often a loop asks; nearly all pollers of a machine have the same pauses and deadline."""
    asked, age = 1, 0
    while age < deadline and asked < FAR_TOO_OFTEN:
        pause = max(1, _pause(pauses, age))
        times = _times_alike(pauses, age, pause, -(-(deadline - age) // pause))
        asked += times
        age += times * pause
    return min(asked, FAR_TOO_OFTEN)


def _times_alike(pauses: str, age: int, pause: int, most: int) -> int:
    """Return how many pauses from an age on are the same, ``most`` of them at the most.

    To evaluate thousands takes seconds, so those between two that are the same are taken to be the same.
    """

    def is_alike(times: int) -> bool:
        return max(1, _pause(pauses, age + (times - 1) * pause)) == pause

    alike, beyond = 1, 2
    while beyond <= most and is_alike(beyond):
        alike, beyond = beyond, beyond * 2
    beyond = min(beyond, most + 1)
    while beyond - alike > 1:
        middle = (alike + beyond) // 2
        alike, beyond = (middle, beyond) if is_alike(middle) else (alike, middle)
    return alike


@lru_cache(maxsize=2)
def pollers_of(machine: MachineTree) -> tuple[Poller, ...]:
    """Return the pollers of a machine."""
    asks = [
        (state, tasks)
        for block in machine.blocks
        for state in block.states.values()
        if state.type == "Task" and (tasks := _awaited_by(state))
    ]
    if not asks:
        return ()
    loop_of = {state: loop for block in machine.blocks for loop in block.loops for state in loop}
    everyone = frozenset(task for state in machine.states if (task := task_run_by(state)))
    found = []
    for ask, tasks in asks:
        by_time = frozenset(task for task, asked in _asked_of(ask).items() if "window" in object_of(asked))
        waits = any(
            ask in state.successors and waits_for_record(state) for state in ask.block.states.values()
        )
        found.append(Poller(ask, loop_of[ask], tasks, by_time, waits, everyone))
    return tuple(found)


def task_run_by(state: State) -> str | None:
    """Return the task that a state runs, None if it runs none."""
    if "Comment" not in state.content or state.type not in ("Task", "Pass", "Parallel", "Map"):
        return None
    match = _RUNS_TASK.match(state.text("Comment"))
    return match["task"] if match else None


def _awaited_by(state: State) -> dict[str, str | None]:
    """Return the tasks for which a Task asks, each with its Glue job."""
    if not state.is_jsonata:
        return {}
    arguments = object_of(state.arguments)
    if _READS_RECORDS.fullmatch(state.text("Resource")):
        return dict.fromkeys(tasks_in_keys([arguments.get("Key"), arguments.get("RequestItems")]))
    tasks = _asked_of(state)
    return {task: asked.get("job") for task, asked in tasks.items() if isinstance(asked, dict)}


def _asked_of(state: State) -> Mapping[str, Any]:
    """Return what the poller function is asked, by task."""
    return object_of(object_of(object_of(state.arguments).get("Payload")).get("tasks"))


def tasks_in_keys(keys: Any) -> list[str]:
    """Return the tasks whose outcome records have these keys, in a definition."""
    text = json.dumps(keys, ensure_ascii=False).replace('\\"', '"')
    return [match["task"] for match in _RECORD_KEY.finditer(text)]


def waits_for_record(state: State) -> bool:
    """Return whether a Task is repeated as long as the table refuses it."""
    return any(is_refused_until(retrier) for _, retrier in state.retriers) and (
        "attribute_exists" in str(object_of(state.arguments).get("ConditionExpression"))
    )


def is_refused_until(retrier: Mapping[str, Any]) -> bool:
    """Return whether a retrier repeats a Task as long as the table refuses it."""
    return REFUSED in list_of(retrier.get("ErrorEquals"))


def _next_of_choice(choice: State, data: Any, age: int) -> str:
    for _, rule in choice.rules:
        if _evaluated(rule.get("Condition"), data, age) is True:
            return str(rule.get("Next", ""))
    return choice.text("Default")


def _evaluated(field: Any, data: Any, age: int, result: Any = None) -> Any:
    """Return a field's value for a state's input, and a result if there is one."""
    if not isinstance(field, (str, dict, list)):
        return field
    return _evaluated_once(json.dumps(field), json.dumps(data), age, json.dumps(result))


@lru_cache(maxsize=65_536)
def _evaluated_once(field: str, data: str, age: int, result: str) -> Any:
    # The loops of a machine have nearly the same expressions, so each is evaluated once.
    from converter.engine.jsonata_fields import Template, TemplateSyntaxError
    from converter.engine.scope import FieldError

    try:
        return Template(json.loads(field), "").evaluate(_scope(json.loads(data), age, json.loads(result)))
    except (FieldError, TemplateSyntaxError) as error:
        raise CannotTell(str(error)) from None


def _scope(data: Any, age: int, result: Any) -> Scope:
    from converter.engine.jsonata_functions import functions_of_execution
    from converter.engine.runtime import context_time
    from converter.engine.scope import Scope

    start = context_time(_NOW - timedelta(seconds=age))
    context = {
        # A child machine is told when the run has started.
        "Execution": {"Id": "", "Input": {"child": {"started": start}}, "Name": "", "StartTime": start},
        "State": {"RetryCount": 0},
    }
    random = Random(0)  # noqa: S311 - the same each time
    states = {"input": data, "context": context, "result": result}
    return Scope({}, states, functions_of_execution(lambda: _NOW, random), random)
