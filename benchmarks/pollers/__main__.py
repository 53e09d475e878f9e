"""Prints what it costs to wait, for each style of pollers and several intervals.

Usage: ``python -m benchmarks.pollers [--format json]``
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from rich.table import Table

from benchmarks.pollers.waiting import Waiting, measure
from converter.asl.options import PollerStyle
from converter.report import streams

INTERVALS = (10, 30, 60, 300)


def main(arguments: list[str]) -> int:
    """Measure everything and print it; return the exit code."""
    found = [measure(style, interval) for interval in INTERVALS for style in PollerStyle]
    if arguments == ["--format", "json"]:
        print(json.dumps([asdict(waiting) for waiting in found], indent=2))
    else:
        _print(found)
    return 0


def _print(found: list[Waiting]) -> None:
    table = Table(title="An hour of waiting", header_style="bold")
    for heading in (
        "style",
        "every",
        "mean delay",
        "longest delay",
        "calls",
        "transitions",
        "events",
        "dollars",
    ):
        table.add_column(heading, justify="left" if heading == "style" else "right", no_wrap=True)
    for row in found:
        table.add_row(
            row.style,
            f"{row.interval} s",
            f"{row.mean_delay:.1f} s",
            f"{row.longest_delay:.1f} s",
            f"{row.calls:,}",
            f"{row.transitions:,}",
            f"{row.events:,}",
            f"{row.dollars:.4f}",
            end_section=row.style == list(PollerStyle)[-1].value,
        )
    streams.out().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
