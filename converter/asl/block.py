"""Writes one ``States`` block: the items of a Sequence, one after another.

A Parallel's branches are blocks again. With Airflow's failure semantics every task's error is caught into
its record, and the block goes on as Airflow would: since every task waits for the success of all its
upstream tasks, whatever follows in the block is upstream_failed, and one state at the block's end, its
*failure exit*, records that. So the way of success needs no state to ask whether a single task succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from converter.asl import awaiting, records, tasks
from converter.asl.names import Names, listing
from converter.asl.options import Failures, Options
from converter.operators.step import Step as TaskStep
from converter.planning import Await, Node, Parallel, Sequence, Step, awaits, task_ids
from converter.workflow import Workflow

RUN_FAILED_ERROR = "DagRunFailed"
RUN_FAILED = "run: failed"
_RUN_DECISION = "run: all succeeded?"
_RUN_SUCCEEDED = "run: succeeded"


@dataclass(frozen=True)
class Emission:
    """What all blocks of one machine share."""

    workflow: Workflow
    steps: Mapping[str, TaskStep]
    options: Options
    pace: awaiting.Pace
    awaited: frozenset[str]
    needs_table: bool
    names: Names

    @property
    def as_airflow(self) -> bool:
        """Whether a failure is recorded (rather than ending the execution)."""
        return self.options.failures is Failures.AIRFLOW

    def can_fail(self, *nodes: Node) -> bool:
        """Whether anything below the nodes may end other than in success."""
        return any(
            awaits(node) or any(self.steps[task].can_fail for task in task_ids(node)) for node in nodes
        )


class BlockWriter:
    """Writes a block. ``is_run`` marks the outermost one, which also decides how the run ends."""

    def __init__(self, emission: Emission, items: tuple[Node, ...], *, is_run: bool) -> None:
        self.emission = emission
        self.items = items
        self.is_run = is_run
        self.states: dict[str, dict[str, Any]] = {}
        self.entries = [self._entry_name(index) for index in range(len(items))]
        self._failure_exit: str | None = None
        self._end: str | None = None

    @classmethod
    def of(cls, emission: Emission, node: Node, *, is_run: bool = False) -> BlockWriter:
        """Return the writer of the block that a node of the plan becomes."""
        return cls(emission, node.children if isinstance(node, Sequence) else (node,), is_run=is_run)

    def write(self) -> dict[str, Any]:
        """Return ``StartAt`` and ``States`` of the block."""
        if not self.items:
            return {"StartAt": "nothing to do", "States": {"nothing to do": {"Type": "Succeed"}}}
        for index, item in enumerate(self.items):
            if isinstance(item, Step):
                self._write_step(index, item)
            elif isinstance(item, Await):
                self._write_await(index, item)
            elif isinstance(item, Parallel):
                self._write_parallel(index, item)
        self._write_failure_exit()
        if self._end:
            self.states[self._end] = {"Type": "Succeed"}
        if self.is_run and self.emission.as_airflow:
            self._write_run_end()
        return {"StartAt": self.entries[0], "States": self.states}

    # --- the items --------------------------------------------------------------------------------------

    def _write_step(self, index: int, item: Step) -> None:
        emission, task_id = self.emission, item.task_id
        step, task = emission.steps[task_id], emission.workflow.task(task_id)
        awaited = task_id in emission.awaited
        has_records = self._has_records(index)
        state = tasks.state_of(step, task, emission.options, awaited=awaited, has_records=has_records)
        if emission.as_airflow and step.can_fail:
            state["Catch"] = [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Output": str(records.failed(task_id, has_records=has_records)),
                    "Next": self._failure_exit_name(index),
                }
            ]
        self.states[self.entries[index]] = state
        if awaited and step.completion is None:
            state["Next"] = published = emission.names.unique(f"{task_id}: publish success")
            self.states[published] = awaiting.publish_state(task_id, self._name_after(index))
        else:
            state |= self._transition_after(index)

    def _write_parallel(self, index: int, item: Parallel) -> None:
        emission = self.emission
        state: dict[str, Any] = {
            "Type": "Parallel",
            # A branch needs none of the records so far: whether it may start was decided before it.
            "Arguments": {},
            "Branches": [BlockWriter.of(emission, child).write() for child in item.children],
            "Output": str(records.joined(has_records=self._has_records(index))),
        }
        self.states[self.entries[index]] = state
        if self._is_last(index) or not (emission.as_airflow and emission.can_fail(item)):
            state |= self._transition_after(index)
            return
        state["Next"] = ready = emission.names.unique(f"{self._label(index + 1)}: ready?")
        self.states[ready] = {
            "Type": "Choice",
            "Choices": [{"Condition": str(records.all_successful()), "Next": self.entries[index + 1]}],
            "Default": self._failure_exit_name(index),
        }

    def _write_await(self, index: int, item: Await) -> None:
        emission = self.emission
        consumers = _first_tasks(self.items[index + 1])
        if emission.as_airflow:
            late = self._failure_exit_name(index)
        else:
            late = emission.names.unique(f"{listing(consumers)}: too late")
            self.states[late] = awaiting.late_fail_state(item.task_ids, emission.pace)
        loop = awaiting.loop_states(
            names=awaiting.LoopNames(
                self.entries[index],
                *map(emission.names.unique, awaiting.finished_and_wait_names(consumers, item.task_ids)),
            ),
            exits=awaiting.LoopExits(
                succeeded=self.entries[index + 1], failed=late if emission.as_airflow else None, late=late
            ),
            awaited={task: emission.steps[task] for task in item.task_ids},
            consumers=consumers,
            timeouts={
                task: tasks.timeout_of(emission.steps[task], emission.workflow.task(task))
                for task in item.task_ids
            },
            options=emission.options,
            pace=emission.pace,
            has_records=self._has_records(index),
        )
        self.states |= loop

    # --- the end of the block ---------------------------------------------------------------------------

    def _write_failure_exit(self) -> None:
        """Write what happens once something in this block did not succeed: record the rest, publish, end."""
        if self._failure_exit is None:
            return
        emission = self.emission
        publishing = self._to_publish() if emission.needs_table else []
        names = [emission.names.unique(f"{task}: publish outcome") for task in publishing]
        end = RUN_FAILED if self.is_run else self._end_name() if names else None
        record: dict[str, Any] = {"Type": "Pass"}
        followers = self._followers()
        if followers:
            rest = records.upstream_failed(followers, data=records.INPUT, decided_by=records.INPUT)
            record["Output"] = str(rest)
        first = names[0] if names else end
        self.states[self._failure_exit] = record | ({"Next": first} if first else {"End": True})
        following = end
        for task, name in reversed(list(zip(publishing, names, strict=True))):
            self.states[name] = awaiting.publish_state(task, str(following))
            following = name

    def _to_publish(self) -> list[str]:
        """Return the awaited tasks whose end this block has to tell: not those of a Parallel at its
        beginning, which always runs, and whose own blocks tell.
        """
        own = self.items[1:] if isinstance(self.items[0], Parallel) else self.items
        return [task for item in own for task in task_ids(item) if task in self.emission.awaited]

    def _write_run_end(self) -> None:
        """Write how the run ends, as far as that is in doubt."""
        if self._is_in_doubt_at_end():
            self.states[_RUN_DECISION] = {
                "Type": "Choice",
                "Choices": [{"Condition": str(records.all_successful()), "Next": _RUN_SUCCEEDED}],
                "Default": RUN_FAILED,
            }
            self.states[_RUN_SUCCEEDED] = {"Type": "Succeed"}
        if self.emission.can_fail(*self.items):
            cause = str(records.run_cause())
            self.states[RUN_FAILED] = {"Type": "Fail", "Error": RUN_FAILED_ERROR, "Cause": cause}

    def _is_in_doubt_at_end(self) -> bool:
        """Whether the last item may come to its end without success (a single task's Catch leads away)."""
        last = self.items[-1]
        in_run = self.is_run and self.emission.as_airflow
        return in_run and isinstance(last, Parallel) and self.emission.can_fail(last)

    # --- names and transitions --------------------------------------------------------------------------

    def _entry_name(self, index: int) -> str:
        """Return the name of the state with which item ``index`` begins."""
        item = self.items[index]
        if isinstance(item, Step):
            return self.emission.names.unique(item.task_id)
        if isinstance(item, Await):
            name = awaiting.ask_name(_first_tasks(self.items[index + 1]), item.task_ids)
            return self.emission.names.unique(name)
        heads = [_first_tasks(child)[0] for child in item.children]
        return self.emission.names.unique(f"in parallel: {listing(heads)}")

    def _label(self, index: int) -> str:
        return listing(_first_tasks(self.items[index]))

    def _followers(self) -> tuple[str, ...]:
        """Return the tasks that wait for something else in this block."""
        behind = self.items if isinstance(self.items[0], Await) else self.items[1:]
        return tuple(task for item in behind for task in task_ids(item))

    def _failure_exit_name(self, index: int) -> str:
        """Return the state to go to when item ``index`` did not succeed."""
        if self.is_run and self._is_last(index):
            return RUN_FAILED
        if self._failure_exit is None:
            followers = self._followers()
            what = f"{listing(followers)}: mark if not run" if followers else f"{self._label(0)}: failed"
            self._failure_exit = self.emission.names.unique(what)
        return self._failure_exit

    def _end_name(self) -> str:
        """Return the name of an empty last state, for states that cannot be the last themselves."""
        if self._end is None:
            self._end = self.emission.names.unique(f"{self._label(len(self.items) - 1)}: end of branch")
        return self._end

    def _name_after(self, index: int) -> str:
        following = self._transition_after(index).get("Next")
        return following or self._end_name()

    def _transition_after(self, index: int) -> dict[str, Any]:
        """Return the transition after item ``index`` succeeded (or, for a last Parallel, is over)."""
        if not self._is_last(index):
            return {"Next": self.entries[index + 1]}
        return {"Next": _RUN_DECISION} if self._is_in_doubt_at_end() else {"End": True}

    def _is_last(self, index: int) -> bool:
        return index + 1 == len(self.items)

    def _has_records(self, index: int) -> bool:
        """Whether the input of item ``index`` has records of this block's tasks."""
        return any(not isinstance(item, Await) for item in self.items[:index])


def _first_tasks(node: Node) -> tuple[str, ...]:
    """Return the tasks with which a node begins."""
    if isinstance(node, Step):
        return (node.task_id,)
    if isinstance(node, Parallel):
        return tuple(task for child in node.children for task in _first_tasks(child))
    if isinstance(node, Sequence):
        return _first_tasks(next(child for child in node.children if not isinstance(child, Await)))
    return ()
