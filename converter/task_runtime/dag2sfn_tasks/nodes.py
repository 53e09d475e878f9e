"""What tasks, groups and references have in common: dependencies can be written down between them.

The machine keeps the order of the tasks, so that a dependency needs no record here.
"""

from typing import Any


class Node:
    """Something that stands to the left or right of ``>>``."""

    def __rshift__(self, other: Any) -> Any:
        return other

    __lshift__ = __rshift__

    def __rrshift__(self, other: Any) -> Any:
        return self

    __rlshift__ = __rrshift__

    def set_upstream(self, *others: Any, **options: Any) -> None:
        """Depend on others."""

    def set_downstream(self, *others: Any, **options: Any) -> None:
        """Be depended on by others."""

    def as_setup(self) -> Any:
        """Mark it as a setup task."""
        return self

    def as_teardown(self, **options: Any) -> Any:
        """Mark it as a teardown task."""
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        return None


class Label(Node):
    """A text on a dependency."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass


def chain(*nodes: Any) -> None:
    """Make each depend on the one before (airflow.sdk.chain, chain_linear, cross_downstream)."""
