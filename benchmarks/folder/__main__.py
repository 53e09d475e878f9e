"""Time and memory of converting 500 files, against Airflow's import: ``python -m benchmarks.folder``."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.folder.files import write_files

FILES = 500
ROUNDS = 2
_AIRFLOW = """
import os, sys
os.environ.update(_AIRFLOW__AS_LIBRARY="1", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite://")
os.environ.update(AIRFLOW_HOME=sys.argv[2], AIRFLOW__CORE__LOAD_EXAMPLES="False")
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
print(len(bag.dags))
"""


def main() -> None:
    """Measure each several times, one after the other, and print the best of each."""
    with tempfile.TemporaryDirectory() as scratch:
        dags = Path(scratch, "dags")
        write_files(dags, FILES)
        own, ours = [], []
        for number in range(ROUNDS):
            home = str(Path(scratch, f"home{number}"))
            own.append(_seconds([sys.executable, "-c", _AIRFLOW, str(dags), home]))
            build = str(Path(scratch, f"build{number}"))
            command = [
                sys.executable,
                "-m",
                "converter.cli",
                "convert",
                str(dags),
                "-o",
                build,
                "--source-airflow",
                "3",
            ]
            ours.append(_seconds(command))
            written = len(list(Path(build).glob("*/conversion.json")))
            assert written == FILES, written
        print(f"files: {FILES}; rounds: {ROUNDS}")
        print(f"Airflow's own import: {min(own):.1f} s (all: {', '.join(f'{item:.1f}' for item in own)})")
        print(f"dag2sfn convert: {min(ours):.1f} s (all: {', '.join(f'{item:.1f}' for item in ours)})")
        print(f"ratio: {min(ours) / min(own):.2f}")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"largest process: {peak:.0f} MB")


def _seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr[-2000:]
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
