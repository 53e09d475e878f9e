"""Time and memory of converting 500 files, against Airflow's import: ``python -m benchmarks.folder``."""

from __future__ import annotations

import compileall
import sys
import tempfile
from pathlib import Path

import converter
from benchmarks.folder.files import write_files
from benchmarks.folder.measuring import Measured, measure
from converter import all_cores

#: The first is to see whether memory grows.
FEW, FILES = 100, 500
ROUNDS = 5
_AIRFLOW = """
import os, sys
os.environ.update(_AIRFLOW__AS_LIBRARY="1", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite://")
os.environ.update(AIRFLOW_HOME=sys.argv[2], AIRFLOW__CORE__LOAD_EXAMPLES="False")
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
assert len(bag.dags) == int(sys.argv[3]), len(bag.dags)
"""


def main() -> None:
    """Measure each several times, one after the other, and print the best of each."""
    # As `pip install` leaves it, and as Airflow is: a checkout may have no bytecode.
    compileall.compile_dir(Path(converter.__file__).parent, quiet=2)
    with tempfile.TemporaryDirectory() as scratch:
        dags, few = Path(scratch, "dags"), Path(scratch, "few")
        write_files(dags, FILES)
        write_files(few, FEW)
        own, ours = [], []
        for number in range(ROUNDS):
            home = str(Path(scratch, f"home{number}"))
            own.append(measure([sys.executable, "-c", _AIRFLOW, str(dags), home, str(FILES)]))
            ours.append(_converted(dags, Path(scratch, f"build{number}"), FILES))
        smaller = _converted(few, Path(scratch, "smaller"), FEW)
    imported, converted = (min(all_, key=lambda item: item.seconds) for all_ in (own, ours))
    print(f"files: {FILES}; processes that convert: {all_cores.all_processors()}; rounds: {ROUNDS}")
    for what, all_, best in (("Airflow's own import", own, imported), ("dag2sfn convert", ours, converted)):
        seconds = ", ".join(f"{item.seconds:.1f}" for item in all_)
        print(f"{what}: {best.seconds:.1f} s (all: {seconds}), {best.processor:.1f} CPU seconds")
    print(f"ratio: {converted.seconds / imported.seconds:.2f} of the time")
    for files, one in ((FEW, smaller), (FILES, converted)):
        print(f"{files} files: largest process {one.largest:.0f} MB, all together {one.together:.0f} MB")


def _converted(dags: Path, build: Path, files: int) -> Measured:
    options = ["-o", str(build), "--source-airflow", "3"]
    found = measure([sys.executable, "-m", "converter", "convert", str(dags), *options], (0, 1))
    written = len(list(build.glob("*/definition.asl.json")))
    assert written == files, written
    return found


if __name__ == "__main__":
    main()
