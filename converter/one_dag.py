"""Converts one DAG and writes what became of it: the work of each process that converts a folder."""

from __future__ import annotations

import contextlib
import errno
import os
import traceback
from dataclasses import replace
from pathlib import Path

from converter import diagnostics as d
from converter import pipeline
from converter.asl.options import OptionsOfDags
from converter.diagnostics import Dag2SfnError, Diagnostic, about_dag
from converter.folder import Converted
from converter.packaging import write_report
from converter.packaging.manifest import left_behind
from converter.planning.durations import ExpectedDurations
from converter.report.console import size_of, worth_of
from converter.report.conversion import ConversionReport
from converter.report.conversion_page import index_page
from converter.report.index_row import IndexRow
from converter.workflow import Workflow

INDEX = "index.html"


def convert_one(
    options: OptionsOfDags, out: Path, durations: ExpectedDurations, item: Workflow | Diagnostic
) -> Converted | Diagnostic:
    """Convert one workflow and write what became of it."""
    if isinstance(item, Diagnostic):
        _report_unreadable(item, out)
        return item
    own, written = options.of(item.dag_id), None
    try:
        ((conversion, written),) = pipeline.convert_all([item], own, out, durations=durations)
    except OSError as error:
        conversion = pipeline.Conversion(item, own, (_unwritable(item, out, error),))
    except Exception as error:  # noqa: BLE001  (a mistake of the converter's own must not cost the other DAGs)
        conversion = pipeline.Conversion(item, own, (mistake_in(item, error),))
    if written is None:
        stale = left_behind(out / item.dag_id, item)
        conversion = replace(conversion, machine=None, diagnostics=(*conversion.diagnostics, *stale))
    return _converted(conversion, written, out, durations)


def _converted(
    conversion: pipeline.Conversion, written: Path | None, out: Path, durations: ExpectedDurations
) -> Converted:
    report = pipeline.report_of(conversion)
    folder = out / report.dag_id
    has_report = bool(report.dag_id.strip(".")) and os.path.isfile(folder / pipeline.PAGE)
    page = f"{report.dag_id}/{pipeline.PAGE}" if has_report else ""
    return Converted(
        dag_id=report.dag_id,
        # One about a task may say where it stands and leave out the DAG.
        diagnostics=tuple(replace(item, dag_id=report.dag_id) for item in report.diagnostics),
        bundle=written,
        report=folder if has_report else None,
        row=IndexRow.of(report, page),
        size=size_of(conversion.plan) if conversion.plan else "",
        worth=worth_of(conversion, durations.of(report.dag_id)),
    )


def write_index(out: Path, title: str, rows: list[IndexRow], unreadable: list[Diagnostic]) -> Path | None:
    """Write the page that leads to those of all DAGs; return it, None if it cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / INDEX).write_text(index_page(title, rows, unreadable), encoding="utf-8")
    except OSError:
        return None  # then no bundle could be written either, and each has said so
    return out / INDEX


def _report_unreadable(problem: Diagnostic, out: Path) -> None:
    """Write the report of a DAG that is known by its id, and by what is wrong with it."""
    if problem.code not in (d.CYCLE, d.DAG_INVALID) or not problem.location or not problem.dag_id.strip("."):
        return
    report = ConversionReport(problem.dag_id, problem.location, (problem,))
    with contextlib.suppress(OSError, Dag2SfnError):  # the message itself is shown anyway
        write_report(out / problem.dag_id, pipeline.report_files(report))


def _unwritable(workflow: Workflow, out: Path, error: OSError) -> Diagnostic:
    too_long = error.errno == errno.ENAMETOOLONG
    reason = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
    return about_dag(
        workflow,
        d.BUNDLE_NOT_WRITTEN,
        f"its bundle cannot be written to {out}: {reason}",
        "give the DAG a shorter id" if too_long else "give another folder with --out",
    )


def mistake_in(workflow: Workflow, error: Exception) -> Diagnostic:
    """Return the message about a DAG on which the converter itself failed."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = " ".join("".join(traceback.format_exception_only(error)).split())
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return about_dag(
        workflow, d.CONVERTER_FAILED, f"{what} ({place})", "this is a mistake of dag2sfn: please report it"
    )
