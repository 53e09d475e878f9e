"""Holds what tasks receive in a played machine against what Airflow would give them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from converter import diagnostics as d
from converter.asl.rules import Rules
from converter.diagnostics import Code
from converter.expansion import Expansion, SourceKind
from converter.operators.mapping import OTHER_KEYS, RENDERED
from converter.operators.python import calls_function
from converter.operators.step import Step
from converter.verify import airflow_run
from converter.verify.airflow_run import task_of
from converter.verify.data.calls import MISSING, as_if_written, differences
from converter.verify.data.drawing import Pushed
from converter.verify.data.rendering import CannotRender, NotKnown, Rendering, Xcoms
from converter.verify.pairs import joined
from converter.verify.parts_played import calls_of, certain_calls
from converter.verify.playing import Played
from converter.verify.scenarios import Scenario
from converter.workflow import Outcome, Task, Workflow

#: What a machine says where it will not write what it cannot write as Python does (docs/templates.md).
HONEST = (
    "is not how Python writes",
    "has no text: use",
    "only ASCII text is written as JSON",
    "is not read as a number",
    "calculates with a fraction",
    "an if without else is false",
    "is no list",
)
_SHOWN = 300


@dataclass(frozen=True)
class Received:
    """What a comparison of what tasks received has found.

    ``wrong`` gives task, expectation, what was there instead, and what is wrong. ``failing`` are the tasks
    that fail as their arguments are made, with the seconds that their tries took; ``compared`` counts the
    tries that were compared.
    """

    wrong: tuple[tuple[str, str, str, str], ...] = ()
    failing: Mapping[str, float] = field(default_factory=dict)
    approximations: Mapping[Code, int] = field(default_factory=dict)
    compared: int = 0

    def heeded(self, scenario: Scenario) -> Scenario:
        """Return the scenario in which Airflow's tasks fail where their arguments cannot be made."""
        if not self.failing:
            return scenario
        script = dict(scenario.script)
        for name, seconds in self.failing.items():
            end = airflow_run.End.FAILED_FOR_GOOD
            script[name] = (airflow_run.Try(seconds, end),)
        looks = {name: interval for name, interval in scenario.looks.items() if name not in self.failing}
        return replace(scenario, script=script, looks=looks)


class DataJudge:
    """Compares what tasks received in runs of one converted workflow.

    ``rules`` tell which XComs each task is given; of other tasks it finds nothing (D230), nor of mapped ones
    that have not ended (D231).
    """

    def __init__(
        self,
        workflow: Workflow,
        steps: Mapping[str, Step],
        rules: Rules,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._workflow = workflow
        self._steps = steps
        self._rules = rules
        self._rendering = Rendering(workflow, variables)
        self._joined = joined(steps)

    def compare(self, scenario: Scenario, played: Played) -> Received:
        """Return what tasks received that Airflow would not have given them."""
        wrong: list[tuple[str, str, str, str]] = []
        failing: dict[str, float] = {}
        approximated: Counter[Code] = Counter()
        compared = 0
        for name in played.tries:
            task = self._workflow.task(task_of(name))
            step = self._steps[task.task_id]
            if step.does_nothing or step.refusal or task.task_id in self._joined:
                continue
            found = _OneTask(self, scenario, played, name, task, step)
            wrong += [(name, *item) for item in found.wrong()]
            compared += found.compared
            approximated += Counter(found.stricter_by)
            if any(self._unfinished(step, played.started[name], scenario, played)):
                approximated[d.XCOMS_OF_SOME] += 1
            if found.fails:
                start, end = played.tries[name][0]
                failing[name] = end - start
        return Received(tuple(wrong), failing, approximated, compared)

    def _unfinished(self, step: Step, at: float, scenario: Scenario, played: Played) -> Iterator[str]:
        """Yield the mapped tasks that a step reads, and of which instances have not ended at that moment."""
        for name in self._rules.read_too_early(step.task_id):
            instances = airflow_run.instance_ids(name, scenario.lengths[name])
            if any(played.decided.get(one, math.inf) > at for one in instances):
                yield name

    def xcoms_for(self, step: Step, at: float, scenario: Scenario, played: Played, index: int = -1) -> Xcoms:
        """Return the XComs of the tasks that a step reads, as of a moment of the run.

        Of tasks of its own mapped group, an instance gets those of its ``index``.
        """
        tasks = self._workflow.by_id
        group = tasks[step.task_id].mapped_group
        peers = {name for name in step.reads if group and tasks[name].mapped_group == group}
        given = [name for name in step.reads if name in self._rules.reads[step.task_id]]

        def pushed(name: str) -> Mapping[str, Any]:
            is_done = played.outcomes[name] == Outcome.SUCCESS.value and played.decided.get(name, at) <= at
            if not is_done or task_of(name) not in given:
                return {}
            found = scenario.pushed.get(name) or Pushed(played.returned.get(name))
            return found.by_key()

        mapped = {
            name: [
                pushed(instance)
                for instance in airflow_run.instance_ids(name, scenario.lengths[name])
                if instance != name
            ]
            for name in step.reads
            if name in scenario.lengths and name not in peers
        }
        plain = {
            name: pushed(f"{name}[{index}]" if name in peers else name)
            for name in step.reads
            if name not in mapped
        }
        mapped |= {name: [] for name in self._unfinished(step, at, scenario, played)}
        # Whether instances have pushed nothing, or were never there, is the same to whoever pulls.
        mapped = {name: pushes if any(pushes) else [] for name, pushes in mapped.items()}
        return Xcoms(plain, mapped)


class _OneTask:
    """One task, or instance, that has begun."""

    def __init__(
        self, judge: DataJudge, scenario: Scenario, played: Played, name: str, task: Task, step: Step
    ) -> None:
        self._judge, self._scenario, self._played = judge, scenario, played
        self._name, self._task, self._step = name, task, step
        self._index = int(name.rstrip("]").partition("[")[2]) if name != task.task_id else -1
        self.compared = 0
        self.fails = name in played.not_evaluated
        #: The code by which it fails where Airflow's would not.
        self.stricter_by: tuple[Code, ...] = ()

    def wrong(self) -> Iterator[tuple[str, str, str]]:
        """Yield what differs: expected, actual, and where. Sets the fields of this object."""
        start = self._played.tries[self._name][0][0]
        xcoms = self._judge.xcoms_for(self._step, start, self._scenario, self._played, self._index)
        if calls_function(self._step):
            yield from self._event(xcoms)
            return
        try:
            rendered = self._judge._rendering.arguments(
                self._task, self._scenario.run, xcoms, map_index=self._index
            )
        except NotKnown:
            return
        except CannotRender as error:
            if not self.fails and self._played.received.get(self._name):
                self.fails = True
                yield f"fails ({error})", _shown(self._played.received[self._name][0]), "templates"
            return
        written = as_if_written(self._task, rendered, self._judge._workflow)
        if written is None:
            return
        if self.fails:
            cause = self._played.not_evaluated[self._name]
            if cause.endswith((OTHER_KEYS, RENDERED)):
                self.stricter_by = (d.ROWS_AS_WRITTEN,)
            elif any(text in cause for text in HONEST):
                self.stricter_by = (d.TEMPLATE,)
            else:
                yield _shown(rendered), cause, "templates"
            return
        yield from self._calls(calls_of(written), self._items(rendered))
        yield from self._missing(written)

    def _items(self, rendered: Mapping[str, Any]) -> list[Any]:
        """Return what an instance is given of lists that only the run knows, if it is no text or number."""
        expansion = self._task.expansion or Expansion()
        rows = dict.fromkeys(expansion.names, expansion.rows) if expansion.rows and expansion.names else {}
        sources = {**expansion.arguments, **rows}
        given = (rendered.get(name) for name, source in sources.items() if SourceKind.XCOM in source.kinds())
        return [item for item in given if item is None or isinstance(item, (dict, list))]

    def _calls(self, expected: Sequence[Any], items: Sequence[Any]) -> Iterator[tuple[str, str, str]]:
        for call, arguments in self._played.received.get(self._name, ()):
            if call >= len(expected):
                continue  # with these values it is done in fewer calls
            self.compared += 1
            for found in differences(expected[call], _as_written(arguments, expected[call], items)):
                yield _shown(found.expected), _shown(found.actual), f"receives {found.place}"

    def _missing(self, written: Step) -> Iterator[tuple[str, str, str]]:
        """Yield the calls that the task has not made, if it has succeeded and must have made them."""
        if self._played.outcomes.get(self._name) != Outcome.SUCCESS.value:
            return
        received = {call for call, _ in self._played.received.get(self._name, ())}
        if self._step.job:  # the answer to a call that waits says what another would be asked for
            written = replace(written, parts=written.parts[: len(self._step.parts) - 1])
        for number, arguments in enumerate(calls_of(written)):
            if number in certain_calls(written) and number not in received:
                yield _shown(arguments), MISSING, f"makes call {number + 1}"

    def _event(self, xcoms: Xcoms) -> Iterator[tuple[str, str, str]]:
        """Yield what is wrong in the events of the function."""
        if self.fails:
            yield "an event of the function", self._played.not_evaluated[self._name], "event"
            return
        expected: dict[str, Any] = {
            "map_index": self._index,
            "run": self._scenario.run,
            "xcom": xcoms.plain,
            **({"mapped_xcom": xcoms.mapped} if xcoms.mapped else {}),
        }
        for _, arguments in self._played.received.get(self._name, ()):
            payload = arguments.get("Payload", {})
            if "xcom" not in payload:
                continue
            self.compared += 1
            actual = {name: payload.get(name) for name in expected}
            for found in differences(expected, _without_nothing(actual)):
                yield _shown(found.expected), _shown(found.actual), f"receives {found.place}"


def _as_written(arguments: Any, expected: Any, items: Sequence[Any]) -> Any:
    """Return a call's arguments as they would be if these ``items`` stood in the file.

    There, None is left out; and an object in the place of a text, which only a service could refuse, has its
    names spelled like those of a structure. (Where there is a structure, conversion refuses what it cannot
    spell.)
    """
    if not items or not isinstance(arguments, Mapping):
        return arguments
    found = {name: value for name, value in arguments.items() if value is not None or None not in items}
    for name, value in found.items():
        if value in items and _in_small(expected.get(name)) == _in_small(value):
            found[name] = expected[name]
    return found


def _in_small(value: Any) -> Any:
    """Return a value with names in small letters."""
    if isinstance(value, Mapping):
        return {name.lower(): _in_small(item) for name, item in value.items()}
    return [_in_small(item) for item in value] if isinstance(value, (list, tuple)) else value


def _without_nothing(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without return values that are None: nobody can tell them from none."""

    def kept(pushed: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in pushed.items() if key != "return_value" or value is not None}

    found = {**event, "xcom": {task: kept(pushed) for task, pushed in event["xcom"].items()}}
    if "mapped_xcom" in event:
        pushes = {
            task: [kept(pushed) for pushed in instances] for task, instances in event["mapped_xcom"].items()
        }
        found["mapped_xcom"] = {task: found if any(found) else [] for task, found in pushes.items()}
    return found


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
