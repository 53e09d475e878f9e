"""Prints the load figures of the local AWS, on the real clock, and of the engine, on the virtual one.

Usage: ``python -m benchmarks.local [--format json]``
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from rich.table import Table

from benchmarks.local import real_clock, virtual_clock
from benchmarks.local.figures import Figure
from converter.report import streams


def main(arguments: list[str]) -> int:
    """Measure everything and print it; return the exit code."""
    figures = [*real_clock.measure(), *virtual_clock.measure()]
    if arguments == ["--format", "json"]:
        print(json.dumps([{**asdict(figure), "ratio": figure.ratio} for figure in figures], indent=2))
    else:
        _print(figures)
    return 0


def _print(figures: list[Figure]) -> None:
    table = Table(box=None, header_style="bold")
    table.add_column("the local AWS under load", no_wrap=True)
    for heading in ("seconds", "times the ideal", "per second"):
        table.add_column(heading, justify="right")
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        rate = "" if figure.rate is None else f"{figure.rate:,.0f} {figure.unit}"
        table.add_row(figure.what, f"{figure.seconds:.1f}", ratio, rate)
    streams.out().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
