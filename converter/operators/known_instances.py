"""What the instances of a mapped task may do, where the file says what each is given.

The machine has one state for all instances, in which an argument that differs is an expression: for all that
its conversion knows, the task may use any job, bucket or queue. Where a literal list names them, so does the
role's policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from converter.expansion import Expansion, SourceKind
from converter.operators.step import Permission

#: So many instances are looked at, and no more: a role's policies have room for 10,240 characters.
_MOST = 30


def known_instances(expansion: Expansion) -> tuple[Mapping[str, Any], ...]:
    """Return what each instance is given (argument → value); nothing if a run tells, or if there are many."""
    sources = expansion.sources
    if not all(source.kind is SourceKind.LITERAL and isinstance(source.value, list) for source in sources):
        return ()
    found = tuple(islice(_given(expansion), _MOST + 1))
    return found if len(found) <= _MOST else ()


def _given(expansion: Expansion) -> Iterator[Mapping[str, Any]]:
    if expansion.rows is not None:
        yield from (row for row in expansion.rows.value if isinstance(row, Mapping))
        return
    for items in product(*(source.value for source in expansion.arguments.values())):
        yield dict(zip(expansion.arguments, items, strict=True))


def narrowed(
    permissions: Sequence[Permission], known: Sequence[Sequence[Permission]]
) -> tuple[Permission, ...]:
    """Return the permissions with the resources of ``known`` ones, of all instances, in place of wildcards.

    An action that none of these needs stays as it is: the machine's state may ask more than one with a plain
    value does.

    >>> anything = Permission(("glue:StartJobRun",), ("arn:aws:glue:::job/*",))
    >>> narrowed([anything], [[Permission(("glue:StartJobRun",), ("arn:aws:glue:::job/a",))]])
    (Permission(actions=('glue:StartJobRun',), resources=('arn:aws:glue:::job/a',), reason=''),)
    """
    kept = [item for item in permissions if not _is_wide(item.resources)]
    found: list[Permission] = []
    for permission in permissions:
        if permission in kept:
            continue
        by_resources: dict[tuple[str, ...], list[str]] = {}
        for action in permission.actions:
            allowed = _resources(action, kept)
            needed = _resources(action, (item for one in known for item in one))
            resources = dict.fromkeys(name for name in needed if name not in allowed)
            if not resources or resources.keys() >= {*permission.resources}:
                resources = dict.fromkeys(permission.resources)
            by_resources.setdefault(tuple(resources), []).append(action)
        found += [
            Permission(tuple(actions), resources, permission.reason if _is_wide(resources) else "")
            for resources, actions in by_resources.items()
        ]
    return (*kept, *found)


def _is_wide(resources: Iterable[str]) -> bool:
    return any("*" in resource for resource in resources)


def _resources(action: str, permissions: Iterable[Permission]) -> dict[str, None]:
    return dict.fromkeys(name for item in permissions if action in item.actions for name in item.resources)
