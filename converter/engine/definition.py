"""A parsed state machine: what the interpreter runs, with every expression compiled.

Values only. :func:`converter.engine.parsing.parse_definition` makes them and checks everything that can be
checked without running, so the interpreter trusts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from converter.engine.query import Template
from converter.engine.retry import Retrier


@dataclass(frozen=True)
class Transition:
    """How a state is left: where to, with which variables assigned, and with which output.

    ``next`` is None at the end of a branch. ``assign`` and ``output`` are None where the field is absent.
    """

    next: str | None
    assign: Mapping[str, Template] | None = None
    output: Template | None = None


@dataclass(frozen=True)
class Catcher:
    """One entry of ``Catch``."""

    error_equals: tuple[str, ...]
    transition: Transition


@dataclass(frozen=True)
class Resource:
    """What a Task calls.

    ``service`` and ``action`` are the history's ``resourceType`` and ``resource``: ``glue`` and
    ``startJobRun.sync``. A Lambda function named directly by its ARN has neither: its history has events of
    its own. ``pattern`` is ``""``, ``sync``, ``sync:2`` or ``waitForTaskToken``.
    """

    arn: str
    service: str | None = None
    action: str | None = None
    pattern: str = ""


@dataclass(frozen=True)
class PassState:
    """Hands its input on."""

    name: str
    transition: Transition


@dataclass(frozen=True)
class SucceedState:
    """Ends its branch well."""

    name: str
    output: Template | None


@dataclass(frozen=True)
class FailState:
    """Fails its branch."""

    name: str
    error: Template | None
    cause: Template | None


@dataclass(frozen=True)
class WaitState:
    """Waits for a number of seconds or until an instant; exactly one of the two is given."""

    name: str
    seconds: Template | None
    timestamp: Template | None
    transition: Transition


@dataclass(frozen=True)
class ChoiceRule:
    """One entry of ``Choices``."""

    condition: Template
    transition: Transition


@dataclass(frozen=True)
class ChoiceState:
    """Goes where the first true condition says; ``default`` is None where there is no Default."""

    name: str
    rules: tuple[ChoiceRule, ...]
    default: Transition | None


@dataclass(frozen=True)
class RetriedState:
    """What Task, Parallel and Map have in common."""

    name: str
    retriers: tuple[Retrier, ...]
    catchers: tuple[Catcher, ...]
    transition: Transition


@dataclass(frozen=True)
class TaskState(RetriedState):
    """Calls a service."""

    resource: Resource
    arguments: Template | None
    timeout_seconds: Template | None
    heartbeat_seconds: Template | None
    role_arn: Template | None


@dataclass(frozen=True)
class ParallelState(RetriedState):
    """Runs branches side by side and waits for all of them."""

    branches: tuple[States, ...]
    arguments: Template | None


@dataclass(frozen=True)
class MapState(RetriedState):
    """Runs its processor for each item. ``max_concurrency`` of 0 (or None) means: no limit of its own."""

    processor: States
    items: Template | None
    item_selector: Template | None
    max_concurrency: Template | None
    tolerated_failure_count: Template | None
    tolerated_failure_percentage: Template | None


State: TypeAlias = (
    PassState | SucceedState | FailState | WaitState | ChoiceState | TaskState | ParallelState | MapState
)


@dataclass(frozen=True)
class States:
    """A machine, a branch or an item processor: named states and the one to start at."""

    start_at: str
    states: Mapping[str, State]


@dataclass(frozen=True)
class Definition:
    """A state machine. ``timeout_seconds`` is the machine's own limit, None where it has none."""

    states: States
    timeout_seconds: int | None
    comment: str | None
