"""What is called otherwise today: each old dotted name, and its name in Airflow 3.3 and its providers.

The tables are texts, because names read best as words. A section names an old and a new package; below it,
each line is an old module, its new one, and the names in it: ``Old=New``, the name alone where only the
module changed, ``*`` for every other name of the module::

    airflow.contrib.operators > airflow.providers.amazon.aws.operators
        ecs_operator > ecs: ECSOperator=EcsRunTaskOperator

They are read when the first old name is met: a file of today costs nothing.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping

_ANY = "*"
#: Until Airflow 1.10, these packages had all names of their modules themselves, operators those of sensors.
_FLAT_PACKAGES = ("airflow.operators", "airflow.sensors")


def todays_name(dotted: str) -> str | None:
    """Return what a dotted name is called today; None if it is not known to be called otherwise."""
    module, _, name = dotted.rpartition(".")
    names = _names_by_module().get(module, {})
    if name in names:
        return names[name]
    if _ANY in names:
        return f"{names[_ANY]}.{name}"
    return _names_of_packages().get(name) if module in _FLAT_PACKAGES else None


def earlier_names(today: str) -> tuple[str, ...]:
    """Return what a name of today was called in earlier Airflows, in the order of the tables."""
    return tuple(
        f"{module}.{name}"
        for module, names in _names_by_module().items()
        for name, target in names.items()
        if target == today
    )


def old_names(module: str) -> tuple[str, ...]:
    """Return the names that an old module had, but for those of a module that has moved as a whole."""
    return tuple(sorted(name for name in _names_by_module().get(module, {}) if name != _ANY))


def whole_module(module: str) -> str | None:
    """Return the module that has, today, every other name of an old one; None if there is none."""
    return _names_by_module().get(module, {}).get(_ANY)


def is_old_module(dotted: str) -> bool:
    """Return whether a module, or one below it, has names that are called otherwise today."""
    return dotted in _old_modules()


@functools.cache
def _old_modules() -> frozenset[str]:
    """The modules that have names that are called otherwise today, and the packages around them."""
    return frozenset(
        module if end < 0 else module[:end]
        for module in _names_by_module()
        for end in (-1, *(place for place, letter in enumerate(module) if letter == "."))
    )


@functools.cache
def _names_of_packages() -> Mapping[str, str]:
    """What the names in the modules of ``airflow.operators`` and ``airflow.sensors`` are called today."""
    return {
        name: today
        for module, names in _names_by_module().items()
        if module.rpartition(".")[0] in _FLAT_PACKAGES
        for name, today in names.items()
        if name != _ANY
    }


@functools.cache
def _names_by_module() -> Mapping[str, Mapping[str, str]]:
    from converter.loading.child.stand_ins.moved import amazon, core, providers

    found: dict[str, dict[str, str]] = defaultdict(dict)
    for table in (core.TABLE, providers.TABLE, amazon.TABLE):
        for module, name, today in _entries(table):
            found[module][name] = today
    return dict(found)


def _entries(table: str) -> Iterator[tuple[str, str, str]]:
    """Yield the old module, the name, and its dotted name today, for each name; for ``*``, a module."""
    old_package = new_package = old_module = new_module = ""
    for line in table.strip().splitlines():
        if not line.startswith(" "):
            old_package, new_package = line.split(" > ")
            continue
        place, colon, names = line.strip().rpartition(":")
        if colon:
            old, new = place.split(" > ")
            old_module, new_module = f"{old_package}.{old}", f"{new_package}.{new}"
        for word in names.split():
            name, _, renamed = word.partition("=")
            yield old_module, name, new_module if name == _ANY else f"{new_module}.{renamed or name}"
