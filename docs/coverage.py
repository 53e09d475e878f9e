"""Writes docs/coverage.md: what becomes of Airflow's own example DAGs. ``python -m docs.coverage``.

Reading them takes Airflow itself and half a minute, so it is no part of ``python -m docs.generate``; a full
test compares. With ``--check`` it only compares.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from converter.asl.options import Options, OptionsOfDags
from converter.assessment import AssessedDag, Assessment, assess_one
from converter.diagnostics import CODES
from converter.loading import Timetables, load_each
from converter.planning.durations import NO_DURATIONS
from converter.report.assessment_text import share

PAGE = Path(__file__).parent / "coverage.md"
#: Measured by hand: the source distribution is no dependency of the tests.
_SYSTEM_TESTS = """\
## The Amazon provider's system tests

Measured by hand in November 2026. The source distribution of the Amazon provider brings DAGs that use
nearly all of its operators. They need a package of Airflow's own tests beside them, for `watcher`: a task
that fails a run upon any failure. Of version 9.39.0, 91 DAGs with 972 tasks load:

| tasks | all | converted | approximated | refused | converted or approximated |
| --- | ---: | ---: | ---: | ---: | ---: |
| with that package | 972 | 448 | 438 | 86 | 91.2 % |
| without it | 972 | 576 | 221 | 175 | 82.0 % |
| without it, but for the 88 `watcher` | 884 | 576 | 221 | 87 | 90.2 % |

Without it nobody can know what `watcher` does, so each is refused, as any task whose function is not there.
With it, most DAGs become machines as a whole, and what is then named about their tasks (how often pollers
ask, for the most part) makes more of these approximated.

```
pip download --no-binary apache-airflow-providers-amazon --no-deps apache-airflow-providers-amazon==9.39.0
pip download --no-deps apache-airflow-devel-common==0.1.1
tar xf apache_airflow_providers_amazon-9.39.0.tar.gz
cd apache_airflow_providers_amazon-9.39.0/tests
unzip -q ../../apache_airflow_devel_common-0.1.1-py2.py3-none-any.whl 'tests_common/*'
PYTHONPATH=. dag2sfn assess system/amazon/aws
```
"""


def examples() -> Path:
    """Return the folder of the example DAGs that the installed Airflow brings."""
    found = importlib.util.find_spec("airflow")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("Airflow is not installed")
    return Path(found.submodule_search_locations[0]) / "example_dags"


def assessed() -> Assessment:
    """Return what would become of them."""
    items = load_each(examples(), jobs=2, timetables=Timetables.of_version("3"))
    return Assessment.of(assess_one(OptionsOfDags(Options()), NO_DURATIONS, item) for item in items)


def page(found: Assessment) -> str:
    """Return docs/coverage.md."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Assessment) -> Iterator[str]:
    from airflow import __version__

    whole = len(found.dags)
    converting = whole - found.dags_by_status["refused"]
    tasks = sum(found.tasks_by_status.values())
    files = {dag.location.file for dag in found.dags}
    yield "# Coverage"
    yield ""
    yield f"What becomes of the {whole} DAGs, in {len(files)} files, that Airflow {__version__} brings."
    yield "Written by `python -m docs.coverage`; a full test holds it against the code,"
    yield "but for the last section."
    yield ""
    yield "| | all | converted | approximated | refused |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for noun, number, sums in (
        ("DAGs", whole, found.dags_by_status),
        ("tasks", tasks, found.tasks_by_status),
    ):
        yield f"| {noun} | {number} | {sums['converted']} | {sums['approximated']} | {sums['refused']} |"
    yield ""
    yield f"{share(converting, whole)} DAGs convert without a refused task; unread: {len(found.unreadable)}."
    yield ""
    yield "## What stands in the way"
    yield ""
    yield "| code | what | DAGs | alone in | tasks | operators |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for item in found.blockers():
        operators = ", ".join(f"{name.rpartition('.')[2]} {count}" for name, count in item.operators)
        yield f"| {item.code} | {item.title} | {item.dags} | {item.alone} | {item.tasks} | {operators} |"
    yield ""
    yield "## What differs"
    yield ""
    yield "| code | what | DAGs | places |"
    yield "| --- | --- | ---: | ---: |"
    for code, dags, places in found.differences():
        yield f"| {code} | {CODES[code].title} | {dags} | {places} |"
    yield ""
    yield "## Every DAG"
    yield ""
    yield "| DAG | file | status | tasks | refused by |"
    yield "| --- | --- | --- | --- | --- |"
    yield from map(_row, found.dags)
    yield ""
    yield _SYSTEM_TESTS.rstrip()


def _row(dag: AssessedDag) -> str:
    counts = ", ".join(f"{number} {status}" for status, number in dag.counts.items() if number)
    file = Path(dag.location.file).name
    return f"| {dag.dag_id} | {file} | {dag.status} | {counts} | {', '.join(sorted(dag.codes))} |"


def main(arguments: list[str]) -> int:
    """Write the page, or say that it is stale; return the exit code."""
    text = page(assessed())
    if "--check" not in arguments:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.stderr.write("stale: coverage.md; run `python -m docs.coverage`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
