"""The state of a run while it goes on: what the scheduler and the workers read and write."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from converter.verify.airflow_run.graph import Graph
from converter.verify.airflow_run.script import Script, Try
from converter.verify.airflow_run.trace import Cause, Change, Phase, State
from converter.workflow import Outcome


@dataclass(frozen=True)
class RunEnd:
    """The run's own state, when it came to it, in seconds since its start, and why."""

    outcome: Outcome
    at: float
    cause: Cause


@dataclass
class Board:
    """Every task's state at ``now``, and what is to come. Times are seconds since the run's start.

    ``told_to_skip`` holds the children that a finished branch or short-circuit upstream of them does not
    want to run: Airflow keeps them in an XCom of that task, apart from the children's states. ``unheard`` is
    None and ``sure`` is empty in a run of Airflow as it is, see
    :func:`converter.verify.airflow_run.simulate`; else ``sure`` are the tasks that run to their ends, because
    they might have begun. ``waiting`` are tasks that were told to wait, and would be told so again: nothing
    that decides about them has changed since. ``expanded`` are the tasks of mapped groups that have been,
    ``empty`` those that might begin and have no instances.
    """

    graph: Graph
    script: Script
    now: float = 0.0
    states: dict[str, State] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    ends_at: dict[str, float] = field(default_factory=dict)
    retry_at: dict[str, float] = field(default_factory=dict)
    told_to_skip: set[str] = field(default_factory=set)
    interrupted: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    end: RunEnd | None = None
    unheard: Mapping[str, Collection[str]] | None = None
    sure: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    expanded: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    _outcomes: dict[str, Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states = dict.fromkeys(self.graph.tasks, Phase.NONE)
        self.tries = dict.fromkeys(self.graph.tasks, 0)

    def outcomes(self) -> Mapping[str, Outcome]:
        """Return the outcomes of the tasks that have one, at any time: the mapping follows what changes."""
        return self._outcomes

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of the other tasks, in order."""
        return tuple(task_id for task_id, state in self.states.items() if isinstance(state, Phase))

    def hears(self, task_id: str, teller: str) -> bool:
        """Return whether the task can be told to skip by this one."""
        return task_id not in self.sure and teller not in (self.unheard or {}).get(task_id, ())

    def change(self, states: Mapping[str, State]) -> None:
        """Put tasks into new states, all at once. Tries that go on are broken off, waits for retries end."""
        for task_id, state in sorted(states.items()):
            if self.states[task_id] is not state:
                self.states[task_id] = state
                self._note(task_id, state)
                if self.ends_at.pop(task_id, None) is not None:
                    self.interrupted.add(task_id)
                self.retry_at.pop(task_id, None)
                self.changes.append(Change(self.now, task_id, state))

    def _note(self, task_id: str, state: State) -> None:
        if isinstance(state, Outcome):
            self._outcomes[task_id] = state
            self.waiting -= self.graph.observers[task_id]
        self.waiting.discard(task_id)

    def tell_to_skip(self, task_ids: Collection[str]) -> None:
        """Note that a parent does not want these tasks to run."""
        self.told_to_skip.update(task_ids)
        self.waiting.difference_update(task_ids)

    def begin_tries(self, task_ids: frozenset[str], others: Mapping[str, State]) -> None:
        """Begin the next try of some tasks, and put others into new states, all at once.

        A task that takes no time never reaches a worker: it has succeeded in the same pass
        (airflow.models.dagrun, DagRun.schedule_tis).
        """
        for task_id in task_ids:
            self.tries[task_id] += 1
        lasting = {task_id for task_id in task_ids if self.current_try(task_id).seconds > 0}
        begun = {task_id: Phase.RUNNING if task_id in lasting else Outcome.SUCCESS for task_id in task_ids}
        self.change({**others, **begun})
        for task_id in lasting:
            self.ends_at[task_id] = self.now + self.current_try(task_id).seconds

    def has_no_items(self, task_id: str) -> bool:
        """Whether it is a mapped task without instances: it is skipped when it would be expanded."""
        return not self.script.get(task_id, True)

    def current_try(self, task_id: str) -> Try:
        """Return the try that was begun last. Raises KeyError if the script lacks the task."""
        tries = self.script[task_id]
        return tries[min(self.tries[task_id], len(tries)) - 1]

    def next_moment(self) -> float | None:
        """Return when something happens next of itself, or None."""
        moments = list(self.ends_at.values())
        timeout = self.graph.workflow.dagrun_timeout
        if self.end is None:
            moments += [moment for moment in self.retry_at.values() if moment > self.now]
            moments += [] if timeout is None else [timeout]
        return min(moments, default=None)
