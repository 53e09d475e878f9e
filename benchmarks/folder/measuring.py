"""Runs a command, and measures what it and all the processes that it starts take."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]  # Airflow needs it

#: Seconds between two looks at the processes.
_EVERY = 0.1


@dataclass(frozen=True)
class Measured:
    """``seconds`` on the clock, ``processor`` CPU seconds of all processes together, and megabytes at the
    peak: of the ``largest`` process, and of all ``together`` (what they share counts in each).
    """

    seconds: float
    processor: float
    largest: float
    together: float


def measure(command: Sequence[str], codes: Collection[int] = (0,)) -> Measured:
    """Run a command to its end. Raises AssertionError if its exit code is another."""
    begin = time.perf_counter()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    processor: dict[int, float] = {}
    largest = together = 0.0
    # Between two looks, the end of a process may take up to a tenth of a second of it along.
    while True:
        sizes = []
        for one in _family(process):
            try:
                with one.oneshot():
                    times = one.cpu_times()
                    sizes.append(one.memory_info().rss / 2**20)
                processor[one.pid] = times.user + times.system
            except psutil.Error:
                continue  # it has ended
        largest, together = max([largest, *sizes]), max(together, sum(sizes))
        try:
            _, errors = process.communicate(timeout=_EVERY)
        except subprocess.TimeoutExpired:
            continue
        assert process.returncode in codes, errors[-2000:]
        return Measured(time.perf_counter() - begin, sum(processor.values()), largest, together)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
