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
from converter.asl import awaiting
from converter.asl.block import BlockWriter, Emission
from converter.asl.names import Names
from converter.asl.options import Options
from converter.operators.step import Step
from converter.planning import Plan, awaits
from converter.workflow import Workflow


@dataclass(frozen=True)
class Machine:
    """The emitted definition, and what a template has to provide for it.

    ``awaited`` are the tasks that a sibling branch polls for; ``needs_table`` says whether outcome records
    are written.
    """

    definition: Mapping[str, Any]
    awaited: tuple[str, ...] = ()
    needs_table: bool = False
    steps: Mapping[str, Step] = field(default_factory=dict)

    @property
    def needs_poller(self) -> bool:
        """Whether the machine calls the poller function."""
        return bool(self.awaited)


def emit(
    workflow: Workflow, plan: Plan, steps: Mapping[str, Step], options: Options, pace: awaiting.Pace
) -> Machine:
    """Return the machine of a plan. ``steps`` has every task of the plan."""
    awaited = tuple(dict.fromkeys(task for node in awaits(plan) for task in node.task_ids))
    needs_table = awaiting.needs_table({task: steps[task] for task in awaited}, options)
    emission = Emission(workflow, steps, options, pace, frozenset(awaited), needs_table, Names())
    definition: dict[str, Any] = {
        "Comment": f"DAG {workflow.dag_id}, converted by dag2sfn {__version__}",
        "QueryLanguage": "JSONata",
    }
    if workflow.dagrun_timeout:
        definition["TimeoutSeconds"] = max(1, math.ceil(workflow.dagrun_timeout))
    definition |= BlockWriter.of(emission, plan, is_run=True).write()
    return Machine(definition, awaited, needs_table, dict(steps))
