"""The report of one DAG's conversion as Markdown: for a terminal, a pull request, a diff."""

from __future__ import annotations

from collections.abc import Iterator

from converter.diagnostics import Severity
from converter.planning.plan import render
from converter.report.conversion import ConversionReport, counts_in_words, plural


def conversion_markdown(report: ConversionReport) -> str:
    """Return the report as Markdown."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ConversionReport) -> Iterator[str]:
    yield f"# {report.dag_id}"
    yield ""
    counts = ", ".join(counts_in_words(report))
    yield f"{plural(len(report.tasks), 'task')}, from `{report.location}`{': ' if counts else ''}{counts}."
    yield ""
    if not report.converted:
        yield "**Not converted.** This folder holds the report only."
        yield ""
    if report.plan is not None and report.tasks:
        yield "Plan (`>` then, `Parallel[…]` side by side, `await(…)` a poller):"
        yield from ("", "```", render(report.plan), "```", "")
    if report.tasks:
        yield from ("| task | operator | status | becomes | codes |", "| --- | --- | --- | --- | --- |")
    for item in report.tasks:
        cells = (item.task.task_id, item.operator, item.status, item.becomes, ", ".join(item.codes))
        yield f"| {' | '.join(cells)} |"
    for title, severities in (
        ("What is refused", (Severity.UNREADABLE, Severity.REFUSED)),
        ("What differs", (Severity.APPROXIMATED,)),
        ("Worth knowing", (Severity.NOTE,)),
    ):
        groups = report.by_code(*severities)
        if groups:
            yield from ("", f"## {title}")
        for code, items in groups:
            yield from ("", f"### {code.id}: {code.title}", "", code.meaning, "")
            yield from (f"- {item}" for item in items)
    yield from ("", "## What to do next", "")
    yield from (f"{number}. {step}" for number, step in enumerate(report.next_steps(), 1))
