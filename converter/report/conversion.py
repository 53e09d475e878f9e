"""What became of one DAG, as all its reports tell it: each task, each difference, what to do next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from converter.asl.budget import every_state_of
from converter.asl.machine import Machine
from converter.asl.records import NOT_CONVERTED
from converter.diagnostics import Code, Diagnostic, Severity
from converter.json_text import json_text
from converter.operators.parts import Call, Part, Poll, Verdict
from converter.operators.step import Step
from converter.planning import Plan
from converter.report.statuses import REFUSED, STATUSES, status_of
from converter.workflow import Location, Task, Workflow

_DECORATED = re.compile(r"_(\w+)DecoratedOperator")
#: How the resources of AWS's integrations begin.
_INTEGRATION = "arn:aws:states:::"


#: The worst first.
_ORDER = {severity: position for position, severity in enumerate(Severity)}


@dataclass(frozen=True)
class TaskReport:
    """One task: its status, what is to be said about it, and the states that it became."""

    task: Task
    diagnostics: tuple[Diagnostic, ...]
    step: Step | None = None
    states: Mapping[str, Any] | None = None

    @cached_property
    def status(self) -> str:
        """``converted``, ``approximated`` or ``refused``."""
        return status_of(self.diagnostics)

    @cached_property
    def operator(self) -> str:
        """The name of the operator's class, or of the decorator that makes it."""
        name = self.task.operator.rpartition(".")[2]
        decorated = _DECORATED.fullmatch(name)
        return f"@task ({decorated[1]})" if decorated else name

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of all messages about the task, each once."""
        return tuple(dict.fromkeys(item.code.id for item in self.diagnostics))

    @cached_property
    def becomes(self) -> str:
        """What runs it, in a few words."""
        if self.step is None or (self.status == REFUSED and not self.step.refusal):
            return ""
        if self.step.refusal:
            return f"Pass: fails with {NOT_CONVERTED}"
        if self.step.does_nothing:
            return "Pass"
        words = filter(None, map(_part_in_words, self.step.parts))
        return " > ".join(words) or f"Task: {_called(self.step.resource)}"


@dataclass(frozen=True)
class ConversionReport:
    """What became of one DAG. Without a machine it was refused; without tasks it could not be read."""

    dag_id: str
    location: Location
    diagnostics: tuple[Diagnostic, ...]
    workflow: Workflow | None = None
    plan: Plan | None = None
    machine: Machine | None = None
    steps: Mapping[str, Step] = field(default_factory=dict)

    @property
    def converted(self) -> bool:
        """Whether there is a machine."""
        return self.machine is not None

    @property
    def status(self) -> str:
        """By the worst message: ``refused``, ``approximated``, else ``converted``."""
        return status_of(self.diagnostics)

    @cached_property
    def tasks(self) -> tuple[TaskReport, ...]:
        """All tasks, in the order of the file."""
        if self.workflow is None:
            return ()
        about: dict[str, list[Diagnostic]] = {}
        for item in self.diagnostics:
            about.setdefault(item.task_id, []).append(item)
        states = _states_by_task(self.machine) if self.machine else {}
        return tuple(
            TaskReport(
                task,
                tuple(about.get(task.task_id, ())),
                self.steps.get(task.task_id),
                states.get(task.task_id),
            )
            for task in self.workflow.tasks
        )

    @property
    def of_dag(self) -> tuple[Diagnostic, ...]:
        """The messages that are about no task."""
        return tuple(item for item in self.diagnostics if not item.task_id)

    def count(self, status: str) -> int:
        """Return how many tasks have this status."""
        return self._counts[status]

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(task.status for task in self.tasks)

    def by_code(self, *severities: Severity) -> list[tuple[Code, list[Diagnostic]]]:
        """Return the messages of these severities under their codes, the worst and most frequent first."""
        return [group for group in self._by_code if group[0].severity in severities]

    @cached_property
    def _by_code(self) -> list[tuple[Code, list[Diagnostic]]]:
        groups: dict[str, list[Diagnostic]] = {}
        for item in self.diagnostics:
            groups.setdefault(item.code.id, []).append(item)
        found = [(items[0].code, items) for items in groups.values()]
        return sorted(found, key=lambda pair: (_ORDER[pair[0].severity], -len(pair[1]), pair[0].id))

    def next_steps(self) -> Iterator[str]:
        """Yield what to do now, first things first, with code between backticks."""
        if refused := self.by_code(Severity.UNREADABLE, Severity.REFUSED):
            codes = ", ".join(f"{code.id} ({len(items)})" for code, items in refused)
            yield f"Mend what is refused: {codes}. Each message below says what to write instead."
            if not self.converted:
                yield (
                    "Convert again. With `--allow-unsupported` the DAG is converted as it is: each refused "
                    "task then fails by name, and the others do their work."
                )
        if self.by_code(Severity.APPROXIMATED):
            yield "Read what differs, and decide for each point whether it matters here."
        if self.machine is not None:
            yield from self._ways_to_run()

    def _ways_to_run(self) -> Iterator[str]:
        yield f"Play random runs against Airflow's own scheduling: `dag2sfn verify {self.location.file}`."
        if any(code.id == "D262" for code, _ in self.by_code(Severity.NOTE)):
            yield (
                "Allow the function of the Python tasks what they do in AWS: policies in the stack's "
                "parameter `TaskPolicyArns`."
            )
        yield "If its tasks import packages: `dag2sfn package` on this folder."
        yield f"Deploy this folder with `dag2sfn deploy`; start a run: `dag2sfn run {self.dag_id} --wait`."


def _part_in_words(part: Part) -> str:
    if isinstance(part, Poll):
        return f"poll: {_called(part.ask.resource)}"
    if isinstance(part, Verdict):
        return f"how the job of {part.of} has ended" if part.of else ""
    return _called(part.resource) if isinstance(part, Call) else "wait until"


def _called(resource: str | None) -> str:
    return (resource or "").removeprefix(_INTEGRATION)


def conversion_json(report: ConversionReport) -> str:
    """Return the report as JSON text.

    ``{"dag_id", "dag": [code, …], "tasks": [{"task_id", "operator", "status", "codes", "source"}]}``;
    ``status`` is ``converted``, ``approximated`` or ``refused``, ``source`` is ``file:line``.
    """
    document = {
        "dag_id": report.dag_id,
        "dag": list(dict.fromkeys(item.code.id for item in report.of_dag)),
        "tasks": [
            {
                "task_id": item.task.task_id,
                "operator": item.task.operator,
                "status": item.status,
                "codes": list(item.codes),
                "source": str(item.task.location),
            }
            for item in report.tasks
        ],
    }
    return json_text(document) + "\n"


def _states_by_task(machine: Machine) -> dict[str, dict[str, Any]]:
    """Return task → the states that do its work: its own, and those named after it that wait or call."""
    found: dict[str, dict[str, Any]] = {task: {} for task in machine.steps}
    for name, state in every_state_of(machine.definition):
        comment = state.get("Comment", "")
        task = comment.removeprefix("task ").partition(": ")[0] if comment.startswith("task ") else ""
        if not task and state["Type"] in ("Task", "Wait", "Map"):
            task = name.partition(": ")[0]
        if task in found:
            found[task][name] = state
    return found


def plural(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def counts_in_words(report: ConversionReport) -> Sequence[str]:
    """Return how many tasks have which status: ``3 converted``, ``1 refused``; nothing of what is none."""
    return [f"{number} {status}" for status in STATUSES if (number := report.count(status))]
