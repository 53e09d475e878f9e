"""Writes the states of one group of a block: items that stand or fall together, or a single item.

The group is asked once whether it may run, and has one *failure exit*, which records what did not run because
of it, tells sibling branches that wait for it, and goes on. So the way of success needs no state to ask
whether a single task succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter.asl import decisions, instances, records, tasks
from converter.asl.await_writer import ask_name, write_await
from converter.asl.children import Child, starting_state
from converter.asl.groups import Group, Unit, first_tasks
from converter.asl.mapped_groups import write_mapped_group
from converter.asl.names import listing
from converter.asl.rooms import TaskRoom, instance_bytes
from converter.expressions.jsonata import Expression, path
from converter.operators import room
from converter.operators.parts import SKIP_ERROR
from converter.operators.python import calls_function
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
        self._asks = [self._ask_name(unit) for unit in group.units]
        self._guard = self._guard_name()
        self._items = [self._item_name(unit) for unit in group.units]
        self._entries = [
            self._entry_name(unit, item) for unit, item in zip(group.units, self._items, strict=True)
        ]
        self._failure_exit: str | None = None

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
        self._write_failure_exit()

    # --- a group that stands or falls together ----------------------------------------------------------

    def _write_whole(self) -> None:
        if self._guard:
            self.block.states[self._guard] = {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": str(records.all_successful(self._records(self.group.guard))),
                        "Next": self._unit_entry(0),
                    }
                ],
                "Default": self.failure_exit_name(),
            }
        for position, unit in enumerate(self.group.units):
            if unit.awaited:
                write_await(self, unit, self._asks[position], goes_on_at=self._entries[position])
            transition = self._transition_after_unit(position)
            if isinstance(unit.item, Step):
                self._write_task(position, unit.item.task_id, transition)
            else:
                certain = self.block.certain.union(
                    self.group.guard, *(u.tasks for u in self.group.units[:position])
                )
                given = self._given(unit, self.emission.rules.reads)
                rooms, told = self.block.rooms_in(unit.tasks)
                certain |= frozenset(unit.awaited)
                branches = [
                    self.block.branch(child, inherited=given, certain=certain, told=told)
                    for child in unit.item.children
                ]
                self._write_parallel(position, given, rooms, branches, transition)
            self.block.at_hand |= dict.fromkeys(unit.tasks)

    def _transition_after_unit(self, position: int) -> dict[str, Any]:
        if position + 1 == len(self.group.units):
            return self.block.after(self.index, succeeded=True)
        return {"Next": self._unit_entry(position + 1)}

    def _write_join(self, position: int, unit: Unit) -> str:
        """Write the state that asks whether a Parallel has wholly succeeded; return its name."""
        following = first_tasks(self.group.units[position + 1].item)
        ready = self.emission.names.unique(f"{listing(following)}: ready?")
        self.block.states[ready] = {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": str(records.all_successful(self._records(unit.tasks, also=unit.tasks))),
                    "Next": self._unit_entry(position + 1),
                }
            ],
            "Default": self.failure_exit_name(),
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
                rooms, told = self.block.rooms_in(unit.tasks)
                branches = [
                    self.block.branch(child, inherited=given, certain=self.block.certain, told=told)
                    for child in item.children
                ]
                self._write_parallel(0, given, rooms, branches, after)
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
            "Default": self.failure_exit_name(),
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
        caught = self._caught(step, has_records=has_records)
        if step.instances is not None and not step.instances.group:
            state = self._map_state(step, task)
            # Its instances catch what they do themselves; what remains is a Map that Step Functions ends.
            caught = [pair for pair in caught if pair[0] != [SKIP_ERROR]]
            transition = self._transition_after_instances(position, task_id, transition)
        else:
            state = tasks.state_for(step, task, self._surroundings(task_id))
        ways = [(*pair, self.failure_exit_name()) for pair in caught]
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
            state |= {"Next": self.failure_exit_name()} if emission.as_airflow else {}
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

    def _caught(self, step: StepOfTask, *, has_records: bool) -> list[tuple[list[str], Expression]]:
        """Return what a task's state catches: errors, and the data with the record that they mean."""
        emission, task_id = self.emission, step.task_id
        caught = []
        if step.can_skip:
            caught.append(([SKIP_ERROR], records.skipped(task_id, has_records=has_records)))
        if emission.as_airflow and step.can_fail and not step.refusal:
            count = max(emission.task_count, emission.most_instances.get(task_id, 0))
            too_large = self._large(task_id) or (
                emission.rooms.may_push_much(task_id) and not calls_function(step)
            )
            failed = records.failed(
                task_id, has_records=has_records, task_count=count, may_be_too_large=bool(too_large)
            )
            caught.append((["States.ALL"], failed))
        return caught

    def _map_state(self, step: StepOfTask, task: Task) -> dict[str, Any]:
        return instances.map_state(
            step,
            task,
            self._surroundings(task.task_id),
            caught=self._caught(step, has_records=False),
            most=self.most_instances((task.task_id,)),
            available=self.instances_room((task.task_id,)),
            record_bytes=instance_bytes(self.emission.most_instances[task.task_id]),
        )

    def instances_room(self, task_ids: tuple[str, ...]) -> str | None:
        """Return how many bytes the records of all instances of these tasks may take, as JSONata.

        None where nothing is large: then there is room for as many as the events allow.
        """
        emission = self.emission
        if not emission.rooms.any_is_large:
            return None
        left = self.block.available(task_ids)
        # In the outcome table, they are a text.
        return f"({left}) / 2" if not emission.awaited.isdisjoint(task_ids) else left

    def most_instances(self, task_ids: tuple[str, ...]) -> str:
        """Return how many instances there may be, as JSONata."""
        most = self.emission.most_instances[task_ids[0]]
        left = self.instances_room(task_ids)
        if left is None:
            return str(most)
        return f"$min([{most}, $floor(({left}) / {instance_bytes(most) * len(task_ids)})])"

    def _surroundings(self, task_id: str) -> tasks.Surroundings:
        emission, at_hand = self.emission, self.block.at_hand
        wanted = emission.rules.reads[task_id]
        reads = tuple(read for read in wanted if read in at_hand)
        # A task that waits for any of these finds the records of those that its poller has seen.
        watched = emission.rules.relations.watched.get(task_id, ())
        finds = tuple(read for read in wanted if read in watched and read not in at_hand)
        forgets = tuple(task for task in self.block.tasks if self._is_forgotten_after(task_id, task))
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
            room=self._room(task_id, forgets),
            large=self._large(task_id),
        )

    def _large(self, task_id: str) -> tuple[str, ...]:
        """Return the tasks that a task reads, and that may have pushed much."""
        emission = self.emission
        return tuple(read for read in emission.steps[task_id].reads if emission.rooms.may_push_much(read))

    def _room(self, task_id: str, forgets: tuple[str, ...]) -> TaskRoom | None:
        """Return what a task, or an instance of it, may push; None if that is little anyway."""
        emission, block = self.emission, self.block
        rooms, task = emission.rooms, emission.task(task_id)
        if not rooms.may_push_much(task_id):
            return None
        published = task_id in emission.awaited or task_id in emission.noted
        if emission.steps[task_id].instances is not None:
            going = forgets if task.mapped_group else ()
            return rooms.of_task(task_id, room.of_instance_task(task, going), published=False)
        least, left = room.LEAST_BYTES, block.available((task_id,), forgets)
        if block.told.parallel and rooms.is_unread(task_id):
            least, left = rooms.unread_bytes, str(rooms.unread_bytes)
        may_push = left if left == str(least) else f"$max([{least}, {left}])"
        return rooms.of_task(task_id, Expression(may_push), published=published)

    def _is_forgotten_after(self, done: str, task_id: str) -> bool:
        """Whether a task's outputs may go once ``done`` has succeeded: it pushes what may be large, and all
        who read it are done.
        """
        emission, block = self.emission, self.block
        pushes_much = emission.rooms.may_push_much(task_id)
        if task_id not in block.at_hand or task_id in block.forgotten or not pushes_much:
            return False
        if not emission.readers.get(task_id, frozenset()) <= {*block.at_hand, done}:
            return False
        block.forgotten.add(task_id)
        return True

    def _write_resumption(self, position: int, step: StepOfTask, transition: dict[str, Any]) -> None:
        """Write the state that passes a task by if an earlier execution has done it."""
        earlier = self.emission.earlier
        has_records = self.block.has_records
        done = str(records.with_resumed(step.task_id, has_records=has_records, earlier=earlier))
        following = str(transition.get("Next") or self._end_if_done())
        ways = [("success", following)]
        if step.can_skip or (step.instances and self.emission.rules.may_be_skipped(step.task_id)):
            ways.append(("skipped", self.failure_exit_name()))
        if self.emission.goes_on:
            ways.append(("failed", self.failure_exit_name()))
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
        if self.emission.as_airflow and not self._to_publish():
            return self.failure_exit_name()
        return self.block.end_name()

    @property
    def item_name(self) -> str:
        """The state of the item, of a group that is a single item."""
        return self._items[0]

    def _write_parallel(
        self,
        position: int,
        given: tuple[str, ...],
        rooms: dict[str, Expression],
        branches: list[dict[str, Any]],
        transition: dict[str, Any],
    ) -> None:
        unit = self.group.units[position]
        is_last = position + 1 == len(self.group.units)
        if not is_last and self.emission.may_not_succeed(unit.item):
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
        rooms, told = self.block.rooms_in(task_ids(child))
        # It returns no more than what others look at: nothing has to stay inside.
        told = replace(told, parallel=frozenset())
        self.emission.children.append((child, given, self.block.certain, told))
        count = len(task_ids(child))
        comment = f"child {child.number}: {count} task{'s' * (count > 1)}, as an execution of the same name"
        state = starting_state(child, given, rooms, has_records=self.block.has_records, comment=comment)
        self.block.states[self._items[0]] = {**state, **transition}

    # --- what happens once something did not succeed ----------------------------------------------------

    def _followers(self) -> tuple[str, ...]:
        """Return the tasks of the group that may be without a record when its failure exit is taken."""
        first, *rest = self.group.units
        starts_in_doubt = bool(first.awaited) or (self.group.is_whole and self._guard)
        if not self.group.is_whole and isinstance(first.item, Step):
            return ()
        units = self.group.units if starts_in_doubt else tuple(rest)
        return tuple(task for unit in units for task in unit.tasks)

    def _to_publish(self) -> list[str]:
        """Return the awaited tasks whose end the failure exit has to tell.

        A Parallel at the beginning always runs, unless the group starts in doubt: its own blocks tell.
        """
        first, *rest = self.group.units
        tells = isinstance(first.item, Parallel) and not set(first.tasks) & set(self._followers())
        units = rest if tells else self.group.units
        told = self.emission.noted | (self.emission.awaited if self.emission.needs_table else frozenset())
        return [task for unit in units for task in unit.tasks if task in told]

    def failure_exit_name(self) -> str:
        """Return the name of the group's failure exit, which is then written."""
        if self._failure_exit is None:
            followers = self._followers()
            publishing = self._to_publish()
            if followers:
                self._failure_exit = self.emission.names.unique(f"{listing(followers)}: mark if not run")
            elif publishing:
                self._failure_exit = self.emission.names.unique(f"{publishing[0]}: publish outcome")
            else:
                self._failure_exit = self.block.name_after(self.index, succeeded=False)
        return self._failure_exit

    def _write_failure_exit(self) -> None:
        """Write the way that is taken once something did not succeed: record the rest, publish, go on."""
        if self._failure_exit is None:
            return
        emission, states = self.emission, self.block.states
        followers, publishing = self._followers(), self._to_publish()
        following = self.block.after(self.index, succeeded=False)
        if publishing:
            names = [
                emission.names.unique(f"{task}: publish outcome")
                for task in publishing[bool(not followers) :]
            ]
            names = names if followers else [self._failure_exit, *names]
            next_name = self.block.name_after(self.index, succeeded=False)
            for task, name in reversed(list(zip(publishing, names, strict=True))):
                states[name] = emission.publish_state(task, next_name)
                next_name = name
            following = {"Next": next_name}
        if followers:
            marked = str(self._marked(followers))
            states[self._failure_exit] = {"Type": "Pass", "Output": marked, **following}

    def _marked(self, followers: tuple[str, ...]) -> Expression:
        """Return the data with a record for each follower that has none."""
        rules = self.emission.rules
        deciding = (*self.group.guard, *self.group.tasks)
        overtaken = not rules.overtaken.isdisjoint(deciding)
        mapped = not rules.mapped.isdisjoint(deciding)
        if rules.order_matters:
            behind = [
                (task, [up for up in rules.questions[task].upstream if up in deciding])
                for task in rules.in_order(followers)
            ]
            return decisions.mark_each_not_run(behind, data=records.INPUT, overtaken=overtaken, mapped=mapped)
        return decisions.mark_not_run(
            followers,
            data=records.INPUT,
            decided_by=self._records(deciding, also=self.group.tasks),
            may_be_skipped=rules.may_be_skipped(*followers),
            overtaken=overtaken,
            mapped=mapped,
        )

    # --- names ------------------------------------------------------------------------------------------

    def _records(self, task_ids: tuple[str, ...], also: tuple[str, ...] = ()) -> str:
        """Return an expression for the records of these tasks: all there are, if there are no others."""
        if not self.block.may_hold_more and set(self.block.at_hand) | set(also) <= set(task_ids):
            return f"{records.INPUT}.*"
        return decisions.records_of(task_ids)

    def _unit_entry(self, position: int) -> str:
        return self._asks[position] or self._entries[position]

    def _ask_name(self, unit: Unit) -> str:
        if not unit.awaited:
            return ""
        return self.emission.names.unique(ask_name(self.emission, unit))

    def _guard_name(self) -> str | None:
        """Return the name of the state that asks whether the group, or a single task, may run at all."""
        group, first = self.group, self.group.units[0].item
        if group.is_whole:
            asks = bool(group.guard)
        else:
            asks = isinstance(first, Step) and self.emission.rules.may_not_run(first.task_id)
            asks = asks and not group.units[0].any  # then the loop has asked
        return self.emission.names.unique(f"{listing(first_tasks(first))}: ready?") if asks else None

    def _entry_name(self, unit: Unit, item: str) -> str:
        """Return the state with which an item begins: for a task, the one that asks whether it is done."""
        if not isinstance(unit.item, Step):
            return item
        step = self.emission.steps[unit.item.task_id]
        if not step.refusal:
            if not self.emission.options.resumable or step.does_nothing:
                return item  # to do nothing again costs nothing
            if self.block.is_last_of_run(self.index) and unit is self.group.units[-1]:
                return item  # it is behind all others: if it is done, nothing is left to resume
        return self.emission.names.unique(f"{unit.item.task_id}: done before?")

    def _item_name(self, unit: Unit) -> str:
        if isinstance(unit.item, Step):
            return self.emission.names.unique(unit.item.task_id)
        if isinstance(unit.item, MappedGroup):
            return self.emission.names.unique(f"instances of {unit.item.group_id}")
        if isinstance(unit.item, Child):
            return self.emission.names.unique(f"child {unit.item.number}: {listing(first_tasks(unit.item))}")
        heads = [first_tasks(child)[0] for child in unit.item.children]
        return self.emission.names.unique(f"in parallel: {listing(heads)}")
