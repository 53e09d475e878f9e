"""Plan → Machine: the definition in Amazon States Language, in JSONata mode.

``block`` writes one ``States`` block, ``tasks`` the state of a task, ``awaiting`` the poller loop of an
Await, ``records`` the JSONata that keeps each task's outcome.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from converter import __version__
from converter.asl import awaiting, lease, outer
from converter.asl.block import BlockWriter
from converter.asl.budget import record_bytes
from converter.asl.children import Child, of_one_run, own_nodes, versioned, with_beginning
from converter.asl.cutting import Cutter
from converter.asl.emission import Emission
from converter.asl.groups import awaited_tasks, rules_and_plan
from converter.asl.names import Names
from converter.asl.options import Failures, Options
from converter.asl.records import short_record_bytes
from converter.asl.rules import Rules
from converter.asl.variables import with_variables
from converter.asl.weights import Cut, WeightOf
from converter.json_text import compact_json
from converter.operators.parts import ASL_MAXIMUM
from converter.operators.step import Step
from converter.planning import Await, Node, Plan, awaits
from converter.planning import Step as PlannedStep
from converter.workflow import Workflow


@dataclass(frozen=True)
class OneMachine:
    """One definition of a run's: of the run itself (``number`` 0), or a child.

    ``tasks`` are those that it runs itself, ``handles`` those whose records it has, ``intervals`` how often
    each of its pollers asks (seconds), ``data`` the bytes that the records may have.
    """

    number: int
    definition: Mapping[str, Any]
    tasks: tuple[str, ...] = ()
    intervals: tuple[int, ...] = ()
    data: int = 0
    handles: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """The definition as JSON, without blanks."""
        return compact_json(self.definition).decode()

    @property
    def pollers(self) -> int:
        """The number of its loops."""
        return len(self.intervals)


@dataclass(frozen=True)
class Machine:
    """The emitted definitions, and what a template has to provide for them.

    ``asked`` is whom pollers ask: the function, and the table by which actions. ``awaited`` are the tasks
    that a sibling branch polls for, ``polled_jobs`` the Glue jobs by which some of them are seen to succeed,
    ``pollers`` the number of loops and ``pace`` how often the slowest of them asks; ``needs_table`` says
    whether outcome records are written, ``failures_end_the_run`` whether the first failure ends the
    execution, ``slots`` how many executions may run at once (None: any number). ``outer`` is the machine that
    runs this one as its body, where there are teardowns. ``machines`` are the machine of the run itself and,
    behind it, its child machines. ``rules`` is what the rules of the tasks mean for it.
    """

    machines: tuple[OneMachine, ...]
    rules: Rules
    awaited: tuple[str, ...] = ()
    needs_table: bool = False
    steps: Mapping[str, Step] = field(default_factory=dict)
    polled_jobs: tuple[str, ...] = ()
    pollers: int = 0
    pace: awaiting.Pace | None = None
    failures_end_the_run: bool = False
    slots: int | None = None
    outer: Mapping[str, Any] | None = None
    asked: frozenset[str] = frozenset()

    @property
    def definition(self) -> Mapping[str, Any]:
        """The definition of the machine of the run itself."""
        return self.machines[0].definition

    @property
    def children(self) -> tuple[OneMachine, ...]:
        """The machines that it starts, and those that they start."""
        return self.machines[1:]

    @property
    def uses_table(self) -> bool:
        """Whether there has to be an outcome table, for records or for the slots of runs."""
        return self.needs_table or self.slots is not None

    @property
    def needs_poller(self) -> bool:
        """Whether the machine calls the poller function."""
        return awaiting.THE_FUNCTION in self.asked

    @property
    def table_actions(self) -> tuple[str, ...]:
        """What the machine does with outcome records: the actions of DynamoDB."""
        return ("PutItem", *sorted(self.asked - {awaiting.THE_FUNCTION})) if self.needs_table else ()


def emit(
    workflow: Workflow,
    plan: Plan,
    steps: Mapping[str, Step],
    options: Options,
    pace: awaiting.Pace,
    *,
    cut: Cut | None = None,
) -> Machine:
    """Return the machine of a plan. ``steps`` has every task of the plan.

    With a ``cut`` the plan is cut into child machines.
    """
    stops = options.failures is Failures.STOP
    rules, plan = rules_and_plan(workflow, plan, steps, failures_end_the_run=stops)
    awaited = awaited_tasks(plan)
    if cut is not None:
        weight_of = WeightOf(workflow, plan, steps, rules, options, cut.slowest, frozenset(awaited))
        plan = Cutter(weight_of, cut.limit).cut(plan)
    noted = frozenset(outer.noted_tasks(workflow, steps))
    emission = Emission(workflow, steps, rules, options, pace, frozenset(awaited), Names(), noted=noted)
    definition = _head(workflow)
    if workflow.dagrun_timeout:
        definition["TimeoutSeconds"] = min(max(1, math.ceil(workflow.dagrun_timeout)), ASL_MAXIMUM)
    block = _with_variables(BlockWriter(emission, plan, is_run=True).write(), plan, emission)
    slots, around = workflow.max_active_runs, None
    if noted:
        # The outer machine has all the time that the wait for a slot and the teardowns take.
        around, names = dict(definition), Names()
        around.pop("TimeoutSeconds", None)
        outer_block = outer.outer_block(workflow, steps, options, pace, names)
        teardowns = (steps[task.task_id] for task in workflow.tasks if task.is_teardown)
        outer_block = with_variables(outer_block, teardowns, names)
        around |= lease.with_lease(outer_block, slots, options, names) if slots else outer_block
    elif slots:
        block = lease.with_lease(block, slots, options, emission.names)
    definition |= block
    run = _one_machine(0, definition, plan, (), emission)
    children = _child_machines(emission)
    runs = emission.glue_runs(awaited).values()
    jobs = tuple(sorted({run.job_name for run in runs if run}))
    intervals = [interval for one in (run, *children) for interval in one.intervals]
    return Machine(
        _with_version((run, *children)),
        rules,
        awaited,
        emission.needs_table or bool(noted),
        dict(steps),
        jobs,
        pollers=len(awaits(plan)),
        pace=replace(pace, interval=max(intervals, default=pace.interval)),
        failures_end_the_run=stops,
        slots=slots,
        outer=around,
        asked=frozenset(emission.asked),
    )


def _head(workflow: Workflow, which: str = "") -> dict[str, Any]:
    comment = f"DAG {workflow.dag_id}{which}, converted by dag2sfn {__version__}"
    if workflow.shadow is not None and not which:
        comment = workflow.shadow.comment(comment)
    return {"Comment": comment, "QueryLanguage": "JSONata"}


def _child_machines(emission: Emission) -> list[OneMachine]:
    """Write the child machines that other machines start, until there are no more."""
    found: list[OneMachine] = []
    for child, given, certain, told in emission.children:  # it grows meanwhile
        (inside,) = child.children
        writer = BlockWriter(emission, inside, inherited=given, certain=certain, child=child, told=told)
        block = writer.write()
        block = _with_variables(block, inside, emission)
        definition = _head(emission.workflow, f", child machine {child.number}") | with_beginning(
            child, block
        )
        found.append(_one_machine(child.number, of_one_run(definition), inside, given, emission))
    return sorted(found, key=lambda machine: machine.number)


def _with_variables(block: Mapping[str, Any], node: Node, emission: Emission) -> dict[str, Any]:
    """Return the outermost block of a machine that runs a node, with what reads its Variables first."""
    own = (emission.steps[one.task_id] for one in own_nodes(node) if isinstance(one, PlannedStep))
    return with_variables(block, own, Names())


def _one_machine(
    number: int, definition: Mapping[str, Any], node: Node, given: Sequence[str], emission: Emission
) -> OneMachine:
    """Return a machine that runs a node of the plan. ``given`` are the tasks whose records it gets."""
    count = emission.task_count
    tasks: list[str] = []
    handles = list(given)
    intervals: list[int] = []
    data = sum(record_bytes(task, count) for task in given)
    for current in own_nodes(node):
        if isinstance(current, Await):
            intervals.append(emission.pace_for(current.task_ids).interval)
        elif isinstance(current, PlannedStep):
            tasks.append(current.task_id)
            data += record_bytes(current.task_id, count)
        elif isinstance(current, Child):
            full = set(current.with_output)
            handles += current.returns
            data += sum(
                record_bytes(task, count) if task in full else short_record_bytes(task)
                for task in current.returns
            )
    handled = tuple(dict.fromkeys((*handles, *tasks)))
    return OneMachine(number, definition, tuple(tasks), tuple(intervals), data, handled)


def _with_version(machines: tuple[OneMachine, ...]) -> tuple[OneMachine, ...]:
    """Return the machines of one run, which know each other by what all of them say."""
    if len(machines) == 1:
        return machines
    definitions = compact_json([machine.definition for machine in machines])
    version = hashlib.sha256(definitions).hexdigest()[:16]
    return tuple(replace(machine, definition=versioned(machine.definition, version)) for machine in machines)
