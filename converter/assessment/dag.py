"""What one DAG would become; small, so that thousands can be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from converter import pipeline
from converter.asl.options import OptionsOfDags
from converter.assessment.cost import Cost, cost_of
from converter.assessment.dependencies import Interface, interface_of
from converter.diagnostics import Diagnostic, Severity
from converter.one_dag import mistake_in
from converter.planning.durations import ExpectedDurations
from converter.report.conversion import ConversionReport
from converter.report.statuses import STATUSES
from converter.workflow import Location, StandIn, Workflow


@dataclass(frozen=True)
class Obstacle:
    """Something that is refused: its code and, where it is an operator's class, which."""

    code: str
    about: str
    task_id: str


@dataclass(frozen=True)
class AssessedDag:
    """One DAG. ``counts``: status → how many tasks have it. ``cost`` is None where the DAG is refused."""

    dag_id: str
    location: Location
    status: str
    counts: Mapping[str, int]
    obstacles: tuple[Obstacle, ...]
    differences: Mapping[str, int]
    interface: Interface
    stand_ins: tuple[StandIn, ...]
    cost: Cost | None

    @property
    def converts(self) -> bool:
        """Whether nothing in it is refused."""
        return not self.obstacles

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all that is refused."""
        return frozenset(item.code for item in self.obstacles)


def assess_one(
    options_of: OptionsOfDags, durations: ExpectedDurations, item: Workflow | Diagnostic
) -> AssessedDag | Diagnostic:
    """Look at one workflow; pass on the message about what could not be read."""
    if isinstance(item, Diagnostic):
        return item
    options = options_of.of(item.dag_id)
    try:
        conversion = pipeline.convert(item, options, durations=durations.of(item.dag_id))
    except Exception as error:  # noqa: BLE001  (a mistake of the converter's own must not cost the other DAGs)
        conversion = pipeline.Conversion(item, options, (mistake_in(item, error),))
    report = pipeline.report_of(conversion)
    return AssessedDag(
        dag_id=item.dag_id,
        location=item.location,
        status=report.status,
        counts={status: report.count(status) for status in STATUSES},
        obstacles=_obstacles(report),
        differences={code.id: len(found) for code, found in report.by_code(Severity.APPROXIMATED)},
        interface=interface_of(item),
        stand_ins=item.stand_ins,
        cost=cost_of(conversion.machine, options) if conversion.machine else None,
    )


def _obstacles(report: ConversionReport) -> tuple[Obstacle, ...]:
    operators = {item.task.task_id: item.task.operator for item in report.tasks}
    return tuple(
        Obstacle(code.id, operators.get(item.task_id, ""), item.task_id)
        for code, found in report.by_code(Severity.UNREADABLE, Severity.REFUSED)
        for item in found
    )
