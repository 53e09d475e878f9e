"""Which distributions the Python tasks of a DAG need, pinned to what is installed, or to what is required."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from converter.task_runtime.local_modules import Imported

#: AWS documentation, "Runtime-included SDK versions".
_IN_LAMBDA = frozenset({"boto3", "botocore"})
#: Used in a DAG file itself, they make the dates and time zones of DAGs, which no task sees.
MAKES_DATES = frozenset({"pendulum", "pytz", "dateutil"})


@dataclass(frozen=True)
class Needs:
    """What has to be installed: ``name==version`` lines, sorted; and modules that are not installed here."""

    requirements: tuple[str, ...] = ()
    not_installed: tuple[str, ...] = ()


def normalized(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503).

    >>> normalized("Scikit_Learn")
    'scikit-learn'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def needs_of(imports: Iterable[Imported], pins: Mapping[str, str] | None = None) -> Needs:
    """Return what the imports need. Python's own modules, Airflow and what Lambda has need nothing.

    ``pins`` are versions by normalized name; they go before those that are installed.
    """
    wanted = pins or {}
    found: set[str] = set()
    unknown: set[str] = set()
    for imported in imports:
        name = imported.top_level
        if name in _IN_LAMBDA or name == "airflow" or name in sys.stdlib_module_names:
            continue
        distributions = _distributions_of(imported)
        found.update(
            f"{item.name}=={wanted.get(normalized(item.name), item.version)}" for item in distributions
        )
        if not distributions:
            unknown.add(name)
    return Needs(tuple(sorted(found, key=str.lower)), tuple(sorted(unknown)))


def _distributions_of(imported: Imported) -> Sequence[metadata.Distribution]:
    names = sorted(set(_by_module().get(imported.top_level, ())))
    candidates = [metadata.distribution(name) for name in names]
    if len(candidates) <= 1:
        return candidates
    # Several distributions share a namespace (google, azure, …): the one that has the module is meant.
    paths = [str(imported).replace(".", "/"), imported.module.replace(".", "/")]
    for path in paths:
        having = [
            item
            for item in candidates
            if any(str(file).startswith((f"{path}/", f"{path}.")) for file in item.files or ())
        ]
        if having:
            return having
    return candidates


@cache
def _by_module() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()
