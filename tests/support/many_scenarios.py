"""Verifies thousands of scenarios of random DAGs on all cores, and says what came of them.

    PYTHONPATH=tests/support python -m many_scenarios                      # 10,000 of them
    PYTHONPATH=tests/support python -m many_scenarios --first 700000 --scenarios 2000
    PYTHONPATH=tests/support python -m many_scenarios --kind data          # what tasks hand to each other

Exit code 1 if some differ; each of these is then printed with the seeds that play it again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing import Pool

from random_dags import random_dag
from random_data_dags import random_data_dag
from random_mapped_dags import random_mapped_dag
from random_pairs import random_dag_with_pairs
from random_rows import random_dag_with_rows
from random_sensors import random_dag_with_sensors
from verifying import OPTIONS

from converter.asl.options import Failures, Options
from converter.pipeline import convert
from converter.verify.verification import Verification, Verifier
from converter.workflow import Workflow

#: How many scenarios are played of one DAG.
EACH = 10


@dataclass(frozen=True)
class Kind:
    """DAGs of one kind, and their share of all scenarios."""

    share: float
    make: Callable[[int], Workflow]
    options: Options = OPTIONS


KINDS = {
    "data": Kind(0.15, random_data_dag),
    "rows": Kind(0.05, random_dag_with_rows),
    "3 to 12 tasks": Kind(0.35, random_dag),
    "20 to 40 tasks": Kind(0.05, lambda seed: random_dag(seed, 40, 20)),
    "sensors": Kind(0.10, random_dag_with_sensors),
    "pairs": Kind(0.05, random_dag_with_pairs),
    "mapped tasks": Kind(0.15, random_mapped_dag),
    "--failures stop": Kind(0.10, random_dag, replace(OPTIONS, failures=Failures.STOP)),
}


def verified(case: tuple[str, int]) -> Verification | None:
    """Play the scenarios of one DAG; None if its conversion is refused."""
    kind, seed = KINDS[case[0]], case[1]
    flow = kind.make(seed)
    conversion = convert(flow, kind.options)
    if conversion.plan is None or conversion.machine is None:
        return None
    codes = frozenset(item.code for item in conversion.diagnostics)
    return Verifier(flow, conversion.plan, conversion.machine, codes).verify(range(EACH))


def played(name: str, first: int, scenarios: int, jobs: int) -> Iterator[tuple[int, Verification | None]]:
    """Yield the seeds of DAGs with what they have shown, until enough scenarios have been played."""
    with Pool(jobs) as pool:
        cases = ((name, seed) for seed in count(first))
        # Tasks are handed out as results are fetched: Pool.imap alone would go through all seeds there are.
        waiting = [pool.apply_async(verified, (next(cases),)) for _ in range(2 * jobs)]
        done = 0
        for seed in count(first):
            found = waiting.pop(0).get()
            yield seed, found
            done += found.scenarios if found else 0
            if done >= scenarios:
                return
            waiting.append(pool.apply_async(verified, (next(cases),)))


def main() -> int:
    """Play them all; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", type=int, default=500_000, help="the first seed of the DAGs")
    parser.add_argument("--scenarios", type=int, default=10_000, help="how many, of all kinds together")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--kind", choices=KINDS, help="only DAGs of this kind [default: all]")
    wanted = parser.parse_args()
    kinds = {wanted.kind: replace(KINDS[wanted.kind], share=1.0)} if wanted.kind else KINDS
    started, total, differ, calls = time.monotonic(), 0, 0, 0
    approximations: Counter[str] = Counter()
    for name, kind in kinds.items():
        scenarios = dags = refused = 0
        for seed, found in played(name, wanted.first, round(kind.share * wanted.scenarios), wanted.jobs):
            refused += found is None
            if found is None:
                continue
            dags, scenarios = dags + 1, scenarios + found.scenarios
            approximations += Counter({code.id: number for code, number in found.approximations.items()})
            calls += found.calls
            differ += len({item.seed for item in found.divergences})
            for item in found.divergences:
                print(f"{name}, DAG {seed}: {item}", flush=True)
        total += scenarios
        print(f"{name}: {scenarios} scenarios of {dags} DAGs ({refused} more are refused)", flush=True)
    print(f"{calls} calls had their arguments compared")
    print(f"{total} scenarios in {time.monotonic() - started:.0f} s, {differ} differ")
    print("approximations:", ", ".join(f"{code} {number}" for code, number in sorted(approximations.items())))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
