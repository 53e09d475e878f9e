"""Assets, and ``@asset``: a function that is a DAG of one task, named after what it makes.

Assets are values here: which DAG they start, and who updated them when, only Airflow's database knows. What a
task notes about an update (``outlet_events``, ``Metadata``) is taken and lost.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .dags import DAG
from .nodes import Node
from .operators import PythonOperator
from .taskflow import TaskDecorator


class Asset(Node):
    """An asset (a dataset, in Airflow 2): its name and where it is."""

    def __init__(self, name: str | None = None, uri: str | None = None, **options: Any) -> None:
        self.name = name if name is not None else str(uri)
        self.uri = str(uri) if uri is not None else self.name
        self.group = options.get("group", "asset")
        self.extra = options.get("extra") or {}
        self.watchers = options.get("watchers") or []
        known[self.name] = self

    @staticmethod
    def ref(*, name: str | None = None, uri: str | None = None) -> "Asset":
        """Return an asset by its name."""
        return asset_named(name if name is not None else str(uri))

    def _together(self, other: Any) -> "Assets":
        return Assets(self, other)

    __or__ = __ror__ = __and__ = __rand__ = _together

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and (self.name, self.uri) == (other.name, other.uri)

    def __hash__(self) -> int:
        return hash((self.name, self.uri))

    def __fspath__(self) -> str:
        return self.uri


class AssetAlias(Node):
    """A name for assets that only a run knows."""

    def __init__(self, name: str = "", **options: Any) -> None:
        self.name = name

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetAlias) and self.name == other.name

    __or__ = __ror__ = __and__ = __rand__ = Asset._together


class Assets(Node):
    """All or any of some assets."""

    def __init__(self, *objects: Any) -> None:
        self.objects = objects

    def __iter__(self) -> Iterator[Any]:
        return iter(self.objects)

    __or__ = __ror__ = __and__ = __rand__ = Asset._together


#: The assets that the DAG file and its modules have made, by name.
known: dict[str, Asset] = {}


def asset_named(name: str) -> Asset:
    """Return the asset of a name; one that is made elsewhere is known by its name alone."""
    return known.get(name) or Asset(name)


class Metadata:
    """What a task says about an update of an asset."""

    def __init__(self, asset: Any = None, extra: Any = None, alias: Any = None) -> None:
        self.asset, self.extra, self.alias = asset, extra or {}, alias


class _Event:
    """What a task notes about the update of one asset, or of one alias: nobody reads it."""

    def __init__(self) -> None:
        self.extra: dict[str, Any] = {}
        self.partition_keys: Any = None

    def add(self, asset: Any, extra: Any = None, **options: Any) -> None:
        """Note an update of an asset."""

    def add_partitions(self, *keys: Any, **options: Any) -> None:
        """Note which parts were updated."""


class OutletEvents(Mapping[Any, _Event]):
    """``context["outlet_events"]``: takes what a task notes about any asset."""

    def __init__(self) -> None:
        self._events: dict[Any, _Event] = {}

    def __getitem__(self, key: Any) -> _Event:
        return self._events.setdefault(getattr(key, "name", key), _Event())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)


class AssetOperator(PythonOperator):
    """The task of ``@asset``: its function is given assets by the names of its parameters."""

    def arguments(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the function is called with (airflow.sdk.definitions.asset.decorators)."""
        found = {}
        for name, parameter in inspect.signature(self.python_callable).parameters.items():  # type: ignore[arg-type]
            if parameter.default is not inspect.Parameter.empty:
                found[name] = parameter.default
            elif name == "self":
                found[name] = asset_named(self.definition_name)
            elif name == "context":
                found[name] = context
            elif name == "outlet_events":
                found[name] = context["outlet_events"]
            else:
                found[name] = asset_named(name)
        return found


class asset:  # noqa: N801 - Airflow's own name
    """Make a function an asset, and a DAG of one task."""

    def __init__(self, **options: Any) -> None:
        self._options = options

    def __call__(self, function: Any) -> Asset:
        """Make the DAG; return the asset."""
        name = self._options.get("name") or function.__name__
        made = Asset(name, self._options.get("uri"), extra=self._options.get("extra"))
        _dag_of_one_task(function, name, name, self._options)
        return made

    class multi:  # noqa: N801 - Airflow's own name
        """Make a function a DAG of one task that makes several assets."""

        def __init__(self, **options: Any) -> None:
            self._options = options

        def __call__(self, function: Any) -> Assets:
            """Make the DAG; return the assets."""
            _dag_of_one_task(function, function.__name__, function.__name__, self._options)
            return Assets(*self._options.get("outlets", ()))


def _dag_of_one_task(
    function: Callable[..., Any], dag_id: str, definition_name: str, options: Mapping[str, Any]
) -> None:
    with DAG(options.get("dag_id") or dag_id, params=options.get("params")):
        if isinstance(function, TaskDecorator):
            function()
        else:
            AssetOperator(
                task_id=function.__name__, python_callable=function, definition_name=definition_name
            )
