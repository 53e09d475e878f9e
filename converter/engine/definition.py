"""A parsed state machine: what the interpreter runs, with every expression compiled.

Values only. :func:`converter.engine.parsing.parse_definition` makes them and checks everything that can be
checked without running, so the interpreter trusts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from converter.engine.retry import Retrier
from converter.engine.scope import Field


@dataclass(frozen=True)
class Transition:
    """How a state is left: where to, with which variables assigned, and with which output.

    ``next`` is None at the end of a branch. ``assign`` and ``output`` are None where the field is absent.
    """

    next: str | None
    assign: Mapping[str, Field] | None = None
    output: Field | None = None


@dataclass(frozen=True)
class Catcher:
    """One entry of ``Catch``."""

    error_equals: tuple[str, ...]
    transition: Transition


@dataclass(frozen=True)
class Resource:
    """What a Task calls.

    ``service`` and ``action`` are the history's ``resourceType`` and ``resource``: ``glue`` and
    ``startJobRun.sync``. A Lambda function named directly by its ARN, and an activity, have neither: their
    histories have events of their own. ``pattern`` is ``""``, ``sync``, ``sync:2``, ``waitForTaskToken`` or,
    for an activity, ``activity``.
    """

    arn: str
    service: str | None = None
    action: str | None = None
    pattern: str = ""


@dataclass(frozen=True)
class PassState:
    """Hands its input on, or the ``result`` that it makes of it (in JSONPath mode)."""

    name: str
    transition: Transition
    result: Field | None = None


@dataclass(frozen=True)
class SucceedState:
    """Ends its branch well."""

    name: str
    transition: Transition


@dataclass(frozen=True)
class FailState:
    """Fails its branch."""

    name: str
    error: Field | None
    cause: Field | None


@dataclass(frozen=True)
class WaitState:
    """Waits for a number of seconds or until an instant; exactly one of the two is given."""

    name: str
    seconds: Field | None
    timestamp: Field | None
    transition: Transition


@dataclass(frozen=True)
class ChoiceRule:
    """One entry of ``Choices``."""

    condition: Field
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
    arguments: Field | None
    timeout_seconds: Field | None
    heartbeat_seconds: Field | None
    role_arn: Field | None


@dataclass(frozen=True)
class ParallelState(RetriedState):
    """Runs branches side by side and waits for all of them."""

    branches: tuple[States, ...]
    arguments: Field | None


@dataclass(frozen=True)
class ItemReader:
    """Where a distributed Map reads its items. ``arguments`` are those of the S3 action in ``resource``."""

    resource: str
    arguments: Field | None
    input_type: str
    header_location: str | None
    headers: tuple[str, ...]
    delimiter: str
    max_items: Field | None


@dataclass(frozen=True)
class ItemBatcher:
    """How a distributed Map groups its items; each batch gets ``batch_input`` with it."""

    max_items: Field | None
    max_bytes: Field | None
    batch_input: Field | None


@dataclass(frozen=True)
class ResultWriter:
    """Where a distributed Map writes its results: the arguments have ``Bucket`` and maybe ``Prefix``.

    Without a ``resource`` it writes none, and the results are the state's. ``transformation`` is NONE (each
    with what is known of its execution), COMPACT (the outputs) or FLATTEN (what is in outputs that are
    lists); with ``lines`` a file has a line for each result.
    """

    resource: str
    arguments: Field | None
    transformation: str = "NONE"
    lines: bool = False


@dataclass(frozen=True)
class Distribution:
    """What a distributed Map has beside the fields of every Map. ``label`` is part of its runs' ARNs."""

    label: str | None
    reader: ItemReader | None
    batcher: ItemBatcher | None
    writer: ResultWriter | None


@dataclass(frozen=True)
class MapState(RetriedState):
    """Runs its processor for each item. ``max_concurrency`` of 0 (or None) means: no limit of its own.

    A Map with a ``distribution`` runs each item (or batch) as an execution of its own.
    """

    processor: States
    items: Field | None
    item_selector: Field | None
    max_concurrency: Field | None
    tolerated_failure_count: Field | None
    tolerated_failure_percentage: Field | None
    distribution: Distribution | None = None


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
