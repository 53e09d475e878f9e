"""Converts all that a DAG file or a folder of them holds, on all cores: what cannot be read stops no other.

What is kept of a DAG is small, so that memory does not grow with the folder. How a DAG is converted, only
the processes know that do it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from converter import all_cores
from converter.asl.options import OptionsOfDags
from converter.diagnostics import Diagnostic
from converter.planning.durations import NO_DURATIONS, ExpectedDurations
from converter.report.index_row import IndexRow
from converter.workflow import Workflow

#: What does the work, and what it needs that is otherwise imported late.
_WORK = "converter.one_dag"
_MODULES = (
    _WORK,
    "converter.engine.jsonata_fields",
    "converter.engine.jsonata_functions",
    "converter.engine.jsonata_language",
    "converter.expressions.templates.documents",
    "botocore.loaders",
    "botocore.model",
    "converter.rehearsal",
)


@dataclass(frozen=True)
class Converted:
    """What became of one DAG: its bundle, None if it was refused, and the folder of its report, if any.

    ``size`` says how many tasks and pollers it has, ``worth`` what exactness buys it (empty: not known).
    """

    dag_id: str
    diagnostics: tuple[Diagnostic, ...]
    bundle: Path | None
    report: Path | None
    row: IndexRow
    size: str = ""
    worth: str = ""


def convert_each(
    items: Iterable[Workflow | Diagnostic],
    options: OptionsOfDags,
    out: Path,
    *,
    durations: ExpectedDurations = NO_DURATIONS,
    jobs: int = 1,
    index: str = "",
) -> Iterator[Converted | Diagnostic]:
    """Convert each workflow and write its bundle, or its report, below ``out``; pass diagnostics on.

    A DAG of which only its id and what is wrong with it are known gets a report, too. With ``index``, its
    title, a page that leads to all reports is written in the end.
    """
    rows: list[IndexRow] = []
    unreadable: list[Diagnostic] = []
    work = all_cores.Named(_WORK, "convert_one", (options, out, durations))
    page = all_cores.Named(_WORK, "write_index", (out, index, rows, unreadable)) if index else None
    for item in all_cores.each(work, items, jobs=jobs, modules=_MODULES, last=page):
        if isinstance(item, Diagnostic):
            unreadable.append(item)
        else:
            rows.append(item.row)
        yield item
