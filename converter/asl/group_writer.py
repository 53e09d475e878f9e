"""Writes the states of one group of a block: items that stand or fall together, or a single item.

The group is asked once whether it may run, and has one *failure exit*, which records what did not run because
of it, tells sibling branches that wait for it, and goes on. So the way of success needs no state to ask
whether a single task succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter.asl import decisions, instances, item_names, records, tasks
from converter.asl.await_writer import write_await
from converter.asl.children import Child, starting_state
from converter.asl.failure_exit import FailureExit
from converter.asl.groups import Group, Unit, first_tasks
from converter.asl.mapped_groups import write_mapped_group
from converter.asl.names import listing
from converter.expressions.jsonata import Expression, path
from converter.operators.parts import SKIP_ERROR
from converter.operators.step import Step as StepOfTask
from converter.planning import MappedGroup, Parallel, Step, task_ids
from converter.workflow import Task

if TYPE_CHECKING:
    from converter.asl.block import BlockWriter


class GroupWriter:
    """Writes the states of one group of a block."""

    def __init__(self, block: BlockWriter, group: Group, index: int) -> None:
        self.block = block
        self.emission = block.emission
        self.group = group
        self.index = index
        self._asks = [item_names.ask(self.emission, unit) for unit in group.units]
        self._guard = item_names.guard(self.emission, group)
        self._items = [item_names.item(self.emission, unit) for unit in group.units]
        self._entries = [self._entry(unit, item) for unit, item in zip(group.units, self._items, strict=True)]
        self.failure_exit = FailureExit(block, group, index, is_guarded=bool(self._guard))

    @property
    def entry(self) -> str:
        """The state with which the group begins."""
        if self.group.is_whole:
            return self._guard or self._unit_entry(0)
        return self._asks[0] or self._guard or self._entries[0]

    @property
    def last_label(self) -> str:
        """What the last item of the group is called in the names of helper states."""
        return listing(first_tasks(self.group.units[-1].item))

    def write(self) -> None:
        """Add the group's states to the block."""
        if self.group.is_whole:
            self._write_whole()
        else:
            self._write_single(self.group.units[0])
        self.failure_exit.write()

    # --- a group that stands or falls together ----------------------------------------------------------

    def _write_whole(self) -> None:
        if self._guard:
            self.block.states[self._guard] = {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": str(records.all_successful(self.block.records_of(self.group.guard))),
                        "Next": self._unit_entry(0),
                    }
                ],
                "Default": self.failure_exit.name(),
            }
        for position, unit in enumerate(self.group.units):
            if unit.awaited:
                write_await(self, unit, self._asks[position], goes_on_at=self._entries[position])
            transition = self._transition_after_unit(position)
            if isinstance(unit.item, Step):
                self._write_task(position, unit.item.task_id, transition)
            else:
                before = (task for done in self.group.units[:position] for task in done.tasks)
                certain = self.block.certain.union(self.group.guard, before, unit.awaited)
                given = self._given(unit, self.emission.rules.reads)
                self._write_parallel(position, unit.item, given, certain, transition)
            self.block.at_hand |= dict.fromkeys(unit.tasks)

    def _transition_after_unit(self, position: int) -> dict[str, Any]:
        if position + 1 == len(self.group.units):
            return self.block.after(self.index, succeeded=True)
        return {"Next": self._unit_entry(position + 1)}

    def _write_join(self, position: int, unit: Unit) -> str:
        """Write the state that asks whether a Parallel has wholly succeeded; return its name."""
        following = first_tasks(self.group.units[position + 1].item)
        found = self.block.records_of(unit.tasks, also=unit.tasks)
        ready = self.emission.names.unique(f"{listing(following)}: ready?")
        self.block.states[ready] = {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": str(records.all_successful(found)),
                    "Next": self._unit_entry(position + 1),
                }
            ],
            "Default": self.failure_exit.name(),
        }
        return ready

    # --- a single item that does not --------------------------------------------------------------------

    def _write_single(self, unit: Unit) -> None:
        emission, item = self.emission, unit.item
        if unit.awaited:
            write_await(self, unit, self._asks[0], goes_on_at=self._guard or self._entries[0])
        after = self.block.after(self.index, succeeded=True)
        if isinstance(item, Parallel):
            given = self._given(unit, {task: emission.rules.looks_at(task) for task in unit.tasks})
            if isinstance(item, Child):
                self._write_child(item, given, after)
            elif isinstance(item, MappedGroup):
                write_mapped_group(self, item, given, after)
            else:
                self._write_parallel(0, item, given, self.block.certain, after)
        else:
            if self._guard:
                self._write_rule(item.task_id)
            self._write_task(0, item.task_id, after)
        self.block.add_records_of(item)

    def _given(self, unit: Unit, looks_at: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Return the tasks outside a Parallel whose records its branches need."""
        inside = set(unit.tasks)
        needed = (need for task in unit.tasks for need in looks_at[task])
        return tuple(
            dict.fromkeys(need for need in needed if need not in inside and need in self.block.at_hand)
        )

    def _write_rule(self, task_id: str) -> None:
        question = self.emission.rules.questions[task_id]
        if decisions.is_simple(question, overtaken=self.emission.rules.overtaken):
            # What is certain to have succeeded is not handed into the block.
            needs = tuple(need for need in question.upstream if need not in self.block.certain)
            runs, otherwise = (
                decisions.runs(question.rule, needs, self.emission.rules.mapped),
                decisions.not_run_record(question.rule, needs, self.emission.rules.mapped),
            )
        elif decisions.is_behind_one_branch(question, overtaken=self.emission.rules.overtaken):
            runs = decisions.runs_unless_told(task_id, question)
            otherwise = decisions.not_run_behind(task_id, question)
        else:
            otherwise = self.verdict(task_id, records.INPUT)
            runs = decisions.is_run(otherwise)
        self.block.states[str(self._guard)] = {
            "Type": "Choice",
            "Comment": f"trigger rule {question.rule.value}",
            "Choices": [
                {
                    "Condition": str(runs),
                    "Output": str(Expression(records.INPUT)),
                    "Next": self._entries[0],
                }
            ],
            "Default": self.failure_exit.name(),
            "Output": str(records.with_record(task_id, otherwise)),
        }

    def verdict(self, task_id: str, data: str, *, for_any: bool = False) -> str:
        """Return what decides a task, as JSONata over ``data`` (see ``decisions``)."""
        emission = self.emission
        return decisions.verdict(
            task_id,
            emission.rules.questions[task_id],
            data=data,
            setups=emission.setups,
            overtaken=emission.rules.overtaken,
            mapped=emission.rules.mapped,
            for_any=for_any,
        )

    # --- the states of tasks, Parallels and loops -------------------------------------------------------

    def _write_task(self, position: int, task_id: str, transition: dict[str, Any]) -> None:
        emission, states = self.emission, self.block.states
        step, task = emission.steps[task_id], emission.task(task_id)
        awaited, has_records = task_id in emission.awaited, self.block.has_records
        in_group = step.instances is not None and bool(step.instances.group)
        of_group = emission.most_instances[task_id] if in_group else 0
        caught = self._caught(step, has_records=has_records, of_instances=of_group)
        if step.instances is not None and not step.instances.group:
            state = self._map_state(step, task)
            # Its instances catch what they do themselves; what remains is a Map that Step Functions ends.
            caught = [pair for pair in caught if pair[0] != [SKIP_ERROR]]
            transition = self._transition_after_instances(position, task_id, transition)
        else:
            state = tasks.state_for(step, task, self._surroundings(task_id))
        ways = [(*pair, self.failure_exit.name()) for pair in caught]
        if not emission.as_airflow and task_id in emission.noted and step.can_fail and not step.refusal:
            failed = records.failed(task_id, has_records=has_records, task_count=emission.task_count)
            ways.append((["States.ALL"], failed, self._write_noted_failure(task_id)))
        if ways:
            state["Catch"] = [
                {"ErrorEquals": errors, "Output": str(output), "Next": following}
                for errors, output, following in ways
            ]
        if self._entries[position] != self._items[position]:
            self._write_resumption(position, step, transition)
        states[self._items[position]] = state
        if step.refusal:
            # What follows its success is reached where an earlier execution has done it.
            state |= {"Next": self.failure_exit.name()} if emission.as_airflow else {}
        elif task_id in emission.noted or (awaited and not tasks.seen_in_glue(step, task)):
            end = "outcome" if step.instances else "success"
            state["Next"] = published = emission.names.unique(f"{task_id}: publish {end}")
            following = str(transition.get("Next") or self.block.end_name())
            states[published] = emission.publish_state(task_id, following)
        else:
            state |= transition

    def _write_noted_failure(self, task_id: str) -> str:
        """Write how a task ends the execution whose outer machine looks at it; return the first state."""
        names = self.emission.names
        noted, ended = (names.unique(f"{task_id}: {what}") for what in ("publish failure", "failed"))
        record = f"{records.INPUT}.{path(task_id)}"
        self.block.states[noted] = self.emission.publish_state(task_id, ended)
        self.block.states[ended] = {
            "Type": "Fail",
            "Error": str(Expression(f"{record}.error")),
            "Cause": str(Expression(f"{record}.cause")),
        }
        return noted

    def _begun(self, task_id: str, waits_for: tuple[str, ...]) -> str | None:
        """Return when Airflow begins a task that waits for these, as JSONata; None if it does not matter."""
        rules = self.emission.rules
        if task_id not in rules.counted:
            return None
        if rules.relations.waits_for_any(rules.relations.tasks[task_id]):
            return f"{self.verdict(task_id, records.INPUT, for_any=True)}.run"
        return decisions.begun(waits_for)

    def _transition_after_instances(
        self, position: int, task_id: str, transition: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the transition after a mapped task: in a group, only its record tells how it ended."""
        is_last = position + 1 == len(self.group.units)
        if is_last or not self.emission.rules.may_not_succeed(task_id):
            return transition
        return {"Next": self._write_join(position, self.group.units[position])}

    def _caught(
        self, step: StepOfTask, *, has_records: bool, of_instances: int = 0
    ) -> list[tuple[list[str], Expression]]:
        """Return what a task's state catches: errors, and the data with the record that they mean.

        It is one of so many ``of_instances``, if there are any.
        """
        emission, task_id = self.emission, step.task_id
        caught = []
        if step.can_skip:
            caught.append(([SKIP_ERROR], records.skipped(task_id, has_records=has_records)))
        if emission.as_airflow and step.can_fail and not step.refusal:
            failed = records.failed(
                task_id,
                has_records=has_records,
                task_count=emission.task_count,
                instances=of_instances,
                may_say_why=self.block.rooms.may_say_why(task_id),
            )
            caught.append((["States.ALL"], failed))
        return caught

    def _map_state(self, step: StepOfTask, task: Task) -> dict[str, Any]:
        return instances.map_state(
            step,
            task,
            self._surroundings(task.task_id),
            caught=self._caught(
                step, has_records=False, of_instances=self.emission.most_instances[task.task_id]
            ),
            most=self.block.rooms.most_instances((task.task_id,)),
            available=self.block.rooms.of_instances((task.task_id,)),
            record_bytes=self.block.rooms.records_of_instance((task.task_id,), sharers=1),
        )

    def _surroundings(self, task_id: str) -> tasks.Surroundings:
        emission, at_hand = self.emission, self.block.at_hand
        wanted = emission.rules.reads[task_id]
        reads = tuple(read for read in wanted if read in at_hand)
        # A task that waits for any of these finds the records of those that its poller has seen.
        watched = emission.rules.relations.watched.get(task_id, ())
        finds = tuple(read for read in wanted if read in watched and read not in at_hand)
        forgets = self.block.rooms.forgotten_after(task_id)
        return tasks.Surroundings(
            emission.options,
            emission.names,
            awaited=task_id in emission.awaited,
            has_records=self.block.has_records,
            reads=reads,
            finds=finds,
            growth=emission.pace.growth,
            begun=self._begun(task_id, reads),
            forgets=forgets,
            room=self.block.rooms.of_task(task_id, forgets),
            large=self.block.rooms.large(task_id),
        )

    def _write_resumption(self, position: int, step: StepOfTask, transition: dict[str, Any]) -> None:
        """Write the state that passes a task by if an earlier execution has done it."""
        earlier = self.emission.earlier
        has_records = self.block.has_records
        done = str(records.with_resumed(step.task_id, has_records=has_records, earlier=earlier))
        following = str(transition.get("Next") or self._end_if_done())
        ways = [("success", following)]
        if step.can_skip or (step.instances and self.emission.rules.may_be_skipped(step.task_id)):
            ways.append(("skipped", self.failure_exit.name()))
        if self.emission.goes_on:
            ways.append(("failed", self.failure_exit.name()))
        self.block.states[self._entries[position]] = {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": str(records.resumed_as(step.task_id, state, earlier)),
                    "Output": done,
                    "Next": next_state,
                }
                for state, next_state in ways
            ],
            "Default": self._items[position],
        }

    def _end_if_done(self) -> str:
        """Return the last state of the block, for a task at its end that is passed by.

        A Choice cannot be the last state itself. The way of a failure will do: where all is decided, nothing
        is marked as not run.
        """
        if self.emission.as_airflow and not self.failure_exit.to_publish():
            return self.failure_exit.name()
        return self.block.end_name()

    @property
    def item_name(self) -> str:
        """The state of the item, of a group that is a single item."""
        return self._items[0]

    def _write_parallel(
        self,
        position: int,
        item: Parallel,
        given: tuple[str, ...],
        certain: frozenset[str],
        transition: dict[str, Any],
    ) -> None:
        """Write a Parallel, whose branches are ``given`` the records of these tasks."""
        unit = self.group.units[position]
        rooms, told = self.block.rooms.inside(unit.tasks)
        branches = [
            self.block.branch(child, inherited=given, certain=certain, told=told) for child in item.children
        ]
        is_last = position + 1 == len(self.group.units)
        if not is_last and self.emission.may_not_succeed(item):
            transition = {"Next": self._write_join(position, unit)}
        self.block.states[self._items[position]] = {
            "Type": "Parallel",
            "Arguments": {
                **{task: str(records.of_task(task)) for task in given},
                **{key: str(value) for key, value in rooms.items()},
            },
            "Branches": branches,
            "Output": str(records.joined(has_records=self.block.has_records)),
            **transition,
        }

    def _write_child(self, child: Child, given: tuple[str, ...], transition: dict[str, Any]) -> None:
        rooms, told = self.block.rooms.inside(task_ids(child))
        # It returns no more than what others look at: nothing has to stay inside.
        told = replace(told, parallel=frozenset())
        self.emission.children.append((child, given, self.block.certain, told))
        count = len(task_ids(child))
        comment = f"child {child.number}: {count} task{'s' * (count > 1)}, as an execution of the same name"
        state = starting_state(child, given, rooms, has_records=self.block.has_records, comment=comment)
        self.block.states[self._items[0]] = {**state, **transition}

    def _unit_entry(self, position: int) -> str:
        return self._asks[position] or self._entries[position]

    def _entry(self, unit: Unit, item: str) -> str:
        """Return the state with which an item begins."""
        # What is behind all others is done last: if it is done, nothing is left to resume.
        is_last = self.block.is_last_of_run(self.index) and unit is self.group.units[-1]
        return item_names.entry(self.emission, unit, item, is_last_of_run=is_last)
