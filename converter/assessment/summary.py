"""What all DAGs of a folder would become, in sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from converter.assessment.cost import Cost
from converter.assessment.dag import AssessedDag
from converter.assessment.dependencies import Dependency, dependencies_between
from converter.diagnostics import CODES, Diagnostic
from converter.report.documents import diagnostics_json
from converter.report.prices import PRICES
from converter.report.statuses import STATUSES


@dataclass(frozen=True)
class Blocker:
    """What stands in the way: in how many DAGs and tasks, and which DAGs it alone keeps from converting.

    ``operators`` are the classes of the tasks, the most frequent first.
    """

    code: str
    dags: int
    tasks: int
    alone: int
    operators: tuple[tuple[str, int], ...]

    @property
    def title(self) -> str:
        """What the code means."""
        return CODES[self.code].title


@dataclass(frozen=True)
class StandInUsed:
    """Something that had a stand-in, and in how many files."""

    kind: str
    name: str
    files: int


@dataclass
class Assessment:
    """What was found, DAG by DAG, and what could not be read."""

    dags: list[AssessedDag] = field(default_factory=list)
    unreadable: list[Diagnostic] = field(default_factory=list)

    @classmethod
    def of(cls, items: Iterable[AssessedDag | Diagnostic]) -> Assessment:
        """Gather what was found."""
        found = cls()
        for item in items:
            if isinstance(item, Diagnostic):
                found.unreadable.append(item)
            else:
                found.dags.append(item)
        return found

    @property
    def exit_code(self) -> int:
        """2 if something could not be read, 1 if a DAG would be refused, else 0."""
        if self.unreadable:
            return 2
        return 0 if all(dag.converts for dag in self.dags) else 1

    @cached_property
    def dags_by_status(self) -> Mapping[str, int]:
        """Status → how many DAGs have it."""
        return {status: sum(dag.status == status for dag in self.dags) for status in STATUSES}

    @cached_property
    def tasks_by_status(self) -> Mapping[str, int]:
        """Status → how many tasks have it."""
        return {status: sum(dag.counts[status] for dag in self.dags) for status in STATUSES}

    def blockers(self) -> Sequence[Blocker]:
        """Return what stands in the way, first what does so in the most DAGs."""
        found = []
        for code in {code for dag in self.dags for code in dag.codes}:
            mine = [(dag, item) for dag in self.dags for item in dag.obstacles if item.code == code]
            tasks = {(dag.dag_id, item.task_id): item.about for dag, item in mine if item.task_id}
            found.append(
                Blocker(
                    code=code,
                    dags=len({dag.dag_id for dag, _ in mine}),
                    tasks=len(tasks),
                    alone=sum(dag.codes == {code} for dag in self.dags),
                    operators=_most_frequent(tasks.values()),
                )
            )
        return sorted(found, key=lambda item: (-item.dags, -item.tasks, item.code))

    def differences(self) -> Sequence[tuple[str, int, int]]:
        """Return each code of an approximation with how many DAGs and places have it."""
        dags: Counter[str] = Counter()
        places: Counter[str] = Counter()
        for dag in self.dags:
            dags.update(dag.differences.keys())
            places.update(dag.differences)
        found = [(code, number, places[code]) for code, number in dags.items()]
        return sorted(found, key=lambda item: (-item[1], -item[2], item[0]))

    def dependencies(self) -> Sequence[Dependency]:
        """Return which DAGs start, await or feed which."""
        return dependencies_between((dag.dag_id, dag.interface) for dag in self.dags)

    def stand_ins(self) -> Sequence[StandInUsed]:
        """Return what had a stand-in, first what most files needed."""
        files: dict[tuple[str, str], set[str]] = {}
        for dag in self.dags:
            for item in dag.stand_ins:
                files.setdefault((item.kind.value, item.name), set()).add(item.location.file)
        found = [StandInUsed(kind, name, len(where)) for (kind, name), where in files.items()]
        return sorted(found, key=lambda item: (-item.files, item.kind, item.name))

    def costs(self) -> Sequence[tuple[AssessedDag, Cost]]:
        """Return the DAGs that have a machine, first the one whose run costs most."""
        found = [(dag, dag.cost) for dag in self.dags if dag.cost is not None]
        return sorted(found, key=lambda pair: (-pair[1].transitions, pair[0].dag_id))

    def to_json(self) -> dict[str, Any]:
        """Return the assessment as its document."""
        return {
            "dags": [_dag_json(dag) for dag in self.dags],
            "dags_by_status": dict(self.dags_by_status),
            "tasks_by_status": dict(self.tasks_by_status),
            "blockers": [_blocker_json(item) for item in self.blockers()],
            "dependencies": [vars(item) for item in self.dependencies()],
            "stand_ins": [vars(item) for item in self.stand_ins()],
            "prices": PRICES,
            "diagnostics": diagnostics_json(self.unreadable),
        }


def _most_frequent(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(filter(None, names)).items(), key=lambda item: (-item[1], item[0])))


def _dag_json(dag: AssessedDag) -> dict[str, Any]:
    cost = dag.cost
    return {
        "dag_id": dag.dag_id,
        "source": str(dag.location),
        "status": dag.status,
        "tasks": dict(dag.counts),
        "codes": sorted(dag.codes),
        "cost": None
        if cost is None
        else {
            "transitions": cost.transitions,
            "dollars": round(cost.dollars, 6),
            "pollers": cost.pollers,
            "polls_an_hour": cost.polls_an_hour,
            "dollars_an_hour_of_waiting": round(cost.dollars_an_hour, 6),
        },
    }


def _blocker_json(item: Blocker) -> dict[str, Any]:
    return {
        "code": item.code,
        "title": item.title,
        "dags": item.dags,
        "tasks": item.tasks,
        "alone": item.alone,
        "operators": dict(item.operators),
    }
