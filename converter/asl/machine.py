"""Plan → Machine: the definition in Amazon States Language, in JSONata mode.

``block`` writes one ``States`` block, ``tasks`` the state of a task, ``awaiting`` the poller loop of an
Await, ``records`` the JSONata that keeps each task's outcome.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from converter import __version__
from converter.asl import awaiting, lease, outer
from converter.asl.block import BlockWriter
from converter.asl.emission import Emission
from converter.asl.groups import awaited_tasks, fetch_needed_records
from converter.asl.names import Names
from converter.asl.options import Failures, Options
from converter.asl.rules import Rules
from converter.asl.tasks import ASL_MAXIMUM, seen_in_glue
from converter.operators.step import Step
from converter.planning import Plan, awaits
from converter.workflow import Workflow


@dataclass(frozen=True)
class Machine:
    """The emitted definition, and what a template has to provide for it.

    ``awaited`` are the tasks that a sibling branch polls for, ``polled_jobs`` the Glue jobs by which some of
    them are seen to succeed, ``pollers`` the number of loops and ``pace`` how often they ask;
    ``needs_table`` says whether outcome records are written, ``failures_end_the_run`` whether the first
    failure ends the execution, ``slots`` how many executions may run at once (None: any number).
    ``outer`` is the machine that runs this one as its body, where there are teardowns.
    """

    definition: Mapping[str, Any]
    awaited: tuple[str, ...] = ()
    needs_table: bool = False
    steps: Mapping[str, Step] = field(default_factory=dict)
    polled_jobs: tuple[str, ...] = ()
    pollers: int = 0
    pace: awaiting.Pace | None = None
    failures_end_the_run: bool = False
    slots: int | None = None
    outer: Mapping[str, Any] | None = None

    @property
    def uses_table(self) -> bool:
        """Whether there has to be an outcome table, for records or for the slots of runs."""
        return self.needs_table or self.slots is not None

    @property
    def needs_poller(self) -> bool:
        """Whether the machine calls the poller function."""
        return bool(self.awaited)


def emit(
    workflow: Workflow, plan: Plan, steps: Mapping[str, Step], options: Options, pace: awaiting.Pace
) -> Machine:
    """Return the machine of a plan. ``steps`` has every task of the plan."""
    stops = options.failures is Failures.STOP
    rules = Rules.of(workflow, steps, failures_end_the_run=stops)
    plan = fetch_needed_records(plan, rules)
    awaited = awaited_tasks(plan)
    seen = [seen_in_glue(steps[task], workflow.task(task)) for task in awaited]
    needs_table = bool(awaited) and (not stops or not all(seen) or rules.may_not_succeed(*awaited))
    noted = frozenset(outer.noted_tasks(workflow, steps))
    emission = Emission(
        workflow, steps, rules, options, pace, frozenset(awaited), needs_table, Names(), noted=noted
    )
    definition: dict[str, Any] = {
        "Comment": f"DAG {workflow.dag_id}, converted by dag2sfn {__version__}",
        "QueryLanguage": "JSONata",
    }
    if workflow.dagrun_timeout:
        definition["TimeoutSeconds"] = min(max(1, math.ceil(workflow.dagrun_timeout)), ASL_MAXIMUM)
    block = BlockWriter(emission, plan, is_run=True).write()
    slots, around = workflow.max_active_runs, None
    if noted:
        # The outer machine has all the time that the wait for a slot and the teardowns take.
        around, names = dict(definition), Names()
        around.pop("TimeoutSeconds", None)
        outer_block = outer.outer_block(workflow, steps, options, pace, names)
        around |= lease.with_lease(outer_block, slots, options, names) if slots else outer_block
    elif slots:
        block = lease.with_lease(block, slots, options, emission.names)
    definition |= block
    jobs = tuple(sorted({run.job_name for run in seen if run}))
    return Machine(
        definition,
        awaited,
        needs_table or bool(noted),
        dict(steps),
        jobs,
        pollers=len(awaits(plan)),
        pace=pace,
        failures_end_the_run=stops,
        slots=slots,
        outer=around,
    )
