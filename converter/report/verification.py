"""What the command line shows of verified DAGs: sums, divergences with how to see them again, one replay."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from converter.report import streams

if TYPE_CHECKING:
    from converter.verify.replays import ReplayRow
    from converter.verify.verification import Verification

#: Divergences of one DAG that are shown; JSON has all of them.
_SHOWN = 20


def print_verifications(verifications: Sequence[Verification], path: Path) -> None:
    """Print what the scenarios of some DAGs have shown, on stdout. ``path`` is where the DAGs were read."""
    _print_sums(verifications)
    _print_approximations(verifications)
    for verification in verifications:
        if verification.divergences:
            _print_divergences(verification, path)


def print_replay(dag_id: str, seed: int, rows: Iterable[ReplayRow]) -> None:
    """Print the timelines of one scenario, on stdout: Airflow's, and the machine's."""
    table = _table(f"{dag_id}, scenario {seed}", "task", "script", "Airflow", "machine", "")
    for row in rows:
        style = "red" if row.diverges else ""
        cells = (row.task or "(the run)", row.script, row.airflow, row.machine)
        table.add_row(*(Text(cell, style) for cell in cells), Text("differs" if row.diverges else "", "red"))
    streams.out().print(table)


def _print_sums(verifications: Iterable[Verification]) -> None:
    table = _table("", "DAG", "scenarios", "divergences")
    for item in verifications:
        count = len(item.divergences)
        style = "red" if count else "green" if item.scenarios else "dim"
        table.add_row(Text(item.dag_id), str(item.scenarios), Text(str(count), style))
    streams.out().print(table)


def _print_approximations(verifications: Iterable[Verification]) -> None:
    table = _table("Approximations", "DAG", "code", "times", "what it is")
    for item in verifications:
        for code, count in sorted(item.approximations.items(), key=lambda pair: pair[0].id):
            table.add_row(Text(item.dag_id), code.id, str(count), code.title)
    if table.row_count:
        streams.out().print()
        streams.out().print(table)


def _print_divergences(verification: Verification, path: Path) -> None:
    console = streams.out()
    table = _table(f"Divergences of {verification.dag_id}", "seed", "task", "Airflow", "machine", "what")
    for item in verification.divergences[:_SHOWN]:
        cells = (str(item.seed), item.task or "(the run)", item.expected, item.actual, item.why)
        table.add_row(*map(Text, cells))
    console.print()
    console.print(table)
    if (more := len(verification.divergences) - _SHOWN) > 0:
        console.print(f"and {more} more", style="dim")
    command = ["dag2sfn", "verify", str(path), "--dag-id", verification.dag_id]
    for seed in dict.fromkeys(item.seed for item in verification.divergences[:_SHOWN]):
        again = shlex.join([*command, "--seed", str(seed), "--scenarios", "1"])
        console.print(f"Play it again: {again}", markup=False, highlight=False, soft_wrap=True)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in _NUMBERS else "left")
    return table


_NUMBERS = frozenset({"scenarios", "divergences", "times", "seed"})
