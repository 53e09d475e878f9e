"""What tasks are expected to take, as a user knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.workflow import Location, Workflow

#: Names that a message lists before it only counts the rest.
_LISTED = 5


@dataclass(frozen=True)
class ExpectedDurations:
    """Seconds by task, for all DAGs alike (``of_any_dag``) or for each DAG (``by_dag``)."""

    file: str = ""
    of_any_dag: Mapping[str, float] = field(default_factory=dict)
    by_dag: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, dag_id: str) -> Mapping[str, float]:
        """Return task → seconds for one DAG; empty if nothing is known of it."""
        return self.by_dag.get(dag_id, self.of_any_dag)

    def strangers(self, workflows: Sequence[Workflow]) -> Iterator[Diagnostic]:
        """Yield a note for what the file names and these workflows do not have: probably a slip of the pen.

        That it knows DAGs besides them is none, unless it knows none of them.
        """
        tasks = {workflow.dag_id: {task.task_id for task in workflow.tasks} for workflow in workflows}
        if self.of_any_dag:
            strange = self.of_any_dag.keys() - set[str]().union(*tasks.values())
            yield from self._note("no task of any DAG is called", strange)
        elif self.by_dag and not self.by_dag.keys() & tasks.keys():
            yield from self._note("it is about other DAGs:", set(self.by_dag))
        for dag_id in self.by_dag.keys() & tasks.keys():
            strange = self.by_dag[dag_id].keys() - tasks[dag_id]
            yield from self._note(f"DAG '{dag_id}' has no task", strange, dag_id)

    def _note(self, problem: str, names: set[str], dag_id: str = "") -> Iterator[Diagnostic]:
        if names:
            listed = ", ".join(f"'{name}'" for name in sorted(names)[:_LISTED])
            more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
            place = Location(self.file)
            yield Diagnostic(d.DURATIONS_UNUSED, f"{problem} {listed}{more}", "", place, dag_id)


NO_DURATIONS = ExpectedDurations()
