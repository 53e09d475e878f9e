"""An assessment for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import starmap
from typing import TYPE_CHECKING

from converter.diagnostics import CODES
from converter.report.conversion import plural
from converter.report.prices import PRICES

if TYPE_CHECKING:
    from converter.assessment import AssessedDag, Assessment
    from converter.assessment.cost import Cost
    from converter.assessment.dependencies import Dependency
    from converter.assessment.summary import Blocker, StandInUsed

#: Lines of a list, before the rest is only counted: the JSON document and the page have all.
_LONGEST = 15
_VERBS = {"starts": "starts", "awaits": "awaits a task of", "feeds": "makes an asset that starts"}


def assessment_text(assessment: Assessment) -> str:
    """Return the assessment as text."""
    return "\n".join(_lines(assessment)) + "\n"


def share(part: int, whole: int) -> str:
    """Return a share: ``55 of 90 (61 %)``."""
    return f"{part:,} of {whole:,}" + (f" ({100 * part / whole:.0f} %)" if whole else "")


def _lines(assessment: Assessment) -> Iterator[str]:
    yield _line_of("DAGs", assessment.dags_by_status)
    yield _line_of("tasks", assessment.tasks_by_status)
    if assessment.unreadable:
        yield f"{plural(len(assessment.unreadable), 'thing')} could not be read: see the messages above"
    known = {dag.dag_id for dag in assessment.dags}
    yield from _section("In the way", map(_blocker, assessment.blockers()))
    yield from _section("Converted with a difference", starmap(_difference, assessment.differences()))
    together = (_dependency(item, known) for item in assessment.dependencies())
    yield from _section("DAGs that hang together", together)
    yield from _section("Stand-ins used", map(_stand_in, assessment.stand_ins()))
    title = f"State transitions of a run without failures ({PRICES})"
    yield from _section(title, starmap(_cost, assessment.costs()))


def _line_of(noun: str, sums: Mapping[str, int]) -> str:
    whole = sum(sums.values())
    converting = share(whole - sums["refused"], whole)
    parts = ", ".join(f"{number:,} {status}" for status, number in sums.items())
    return f"{converting} {noun} convert: {parts}"


def _blocker(item: Blocker) -> str:
    alone = f", alone in {plural(item.alone, 'DAG')}" if item.alone else ""
    operators = ", ".join(f"{name.rpartition('.')[2]} {count}" for name, count in item.operators[:6])
    more = ", …" if len(item.operators) > 6 else ""
    by = f": {operators}{more}" if operators else ""
    tasks = f", {plural(item.tasks, 'task')}" if item.tasks else ""
    return f"{item.code} {item.title}: {plural(item.dags, 'DAG')}{tasks}{alone}{by}"


def _difference(code: str, dags: int, places: int) -> str:
    return f"{code} {CODES[code].title}: {plural(dags, 'DAG')}, {plural(places, 'place')}"


def _dependency(item: Dependency, known: Collection[str]) -> str:
    where = "" if item.target in known else " (not in this folder)"
    return f"{item.source} {_VERBS[item.kind]} {item.target}{where}, by {item.how}"


def _stand_in(item: StandInUsed) -> str:
    return f"{item.name} ({item.kind.replace('_', ' ')}), {plural(item.files, 'file')}"


def _cost(dag: AssessedDag, cost: Cost) -> str:
    parts = [f"{plural(cost.transitions, 'transition')}, ${cost.dollars:.6f} a run"]
    if cost.maps:
        parts.append(f"{plural(cost.maps, 'map')} of one item")
    if cost.pollers:
        parts.append(
            f"{plural(cost.pollers, 'poller')}: ${cost.dollars_an_hour:.4f} for each hour of waiting"
        )
    return f"{dag.dag_id}: {'; '.join(parts)}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield ""
        yield title
        yield from (f"  {line}" for line in shown[:_LONGEST])
        if len(shown) > _LONGEST:
            yield f"  and {len(shown) - _LONGEST} more"
