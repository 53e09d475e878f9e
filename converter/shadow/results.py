"""What is kept of one comparison: enough to say later what differed, with which version, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from converter import __version__
from converter.comparison import Comparison, Verdict
from converter.comparison.documents import to_json
from converter.comparison.values import parsed_moment

FORMAT = 1
#: Of a run in which everything differs, this says enough; what is left out is counted.
_MOST_TASKS = 100
#: Characters of a value; the comparison itself shows it in full as long as both runs can be read.
_LONGEST_VALUE = 500


@dataclass(frozen=True)
class Result:
    """A run's comparison.

    ``due`` is when Airflow's run was due. ``machine_version`` is the ARN of the version that the execution
    ran, ``source_hash`` the SHA-256 (hex) of the DAG file that it was made of; None where it is not known.
    ``different`` has the tasks that differ, at most 100, as in the comparison's own document.
    """

    dag_id: str
    run_id: str
    due: datetime
    execution_arn: str
    machine_version: str | None
    source_hash: str | None
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    tasks: int = 0
    different_tasks: int = 0
    different: tuple[Mapping[str, Any], ...] = ()
    sides: Mapping[str, Any] = field(default_factory=dict)
    compared_at: str = ""
    converter_version: str = __version__

    @property
    def execution_name(self) -> str:
        """The name of the execution."""
        return self.execution_arn.rsplit(":", 1)[1]

    @property
    def version(self) -> str:
        """The number of the machine's version, or ``?``."""
        return self.machine_version.rsplit(":", 1)[1] if self.machine_version else "?"

    def to_json(self) -> dict[str, Any]:
        """Return the result as it is kept."""
        return {
            "format": FORMAT,
            "dag_id": self.dag_id,
            "run_id": self.run_id,
            "due": self.due.isoformat(),
            "execution_arn": self.execution_arn,
            "machine_version": self.machine_version,
            "source_hash": self.source_hash,
            "verdict": self.verdict.value,
            "reasons": list(self.reasons),
            "tasks": self.tasks,
            "different_tasks": self.different_tasks,
            "different": [dict(task) for task in self.different],
            "sides": dict(self.sides),
            "compared_at": self.compared_at,
            "converter_version": self.converter_version,
        }


def result_of(comparison: Comparison, due: datetime, machine_version: str | None) -> Result:
    """Return what is to be kept of a comparison of two runs that have ended."""
    document = to_json(comparison)
    unequal = [task for task in document["tasks"] if task["verdict"] != Verdict.EQUAL.value]
    shadow = comparison.step_functions.shadow
    sides = {
        name: {key: document[name][key] for key in ("state", "start", "end", "makespan")}
        for name in ("airflow", "step_functions")
    }
    return Result(
        dag_id=comparison.dag_id,
        run_id=comparison.airflow.run_id,
        due=due,
        execution_arn=comparison.step_functions.name,
        machine_version=machine_version,
        source_hash=shadow.source_hash if shadow else None,
        verdict=comparison.verdict,
        reasons=comparison.reasons,
        tasks=len(document["tasks"]),
        different_tasks=len(unequal),
        different=tuple(_shortened(task) for task in unequal[:_MOST_TASKS]),
        sides=sides,
        compared_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )


def result_from(text: bytes) -> Result | None:
    """Return the result of a file, None if it is none that this version reads."""
    try:
        data = json.loads(text)
        if data.pop("format") != FORMAT:
            return None
        due = parsed_moment(data["due"])
        if due is None:
            return None
        changed = {name: tuple(data[name]) for name in ("reasons", "different")}
        return Result(**{**data, **changed, "due": due, "verdict": Verdict(data["verdict"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _shortened(task: Mapping[str, Any]) -> dict[str, Any]:
    differences = [
        {**one, "airflow": _short(one["airflow"]), "step_functions": _short(one["step_functions"])}
        for one in task["differences"]
    ]
    return {
        "task_id": task["task_id"],
        "map_index": task["map_index"],
        "verdict": task["verdict"],
        "differences": differences,
    }


def _short(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
