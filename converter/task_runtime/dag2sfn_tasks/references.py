"""Values that are known only when a run's task is: XComs of other tasks, parameters, literals."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .exceptions import AirflowException, XComNotFound
from .nodes import Node

RETURN_KEY = "return_value"
_NOT_SET = object()


class Reference:
    """A value to be resolved when a task runs."""

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the value for a run."""
        raise NotImplementedError


class XComArg(Node, Reference):
    """A task's return value, or another key that it pushed."""

    def __init__(self, operator: Any, key: str = RETURN_KEY) -> None:
        self.operator = operator
        self.key = key

    def __getitem__(self, key: str) -> "XComArg":
        if not isinstance(key, str):
            raise ValueError(f"XComArg only supports str lookup, received {type(key).__name__}")
        return XComArg(self.operator, key)

    def __iter__(self) -> Iterator[Any]:
        # Without it, Python would try the items 0, 1, 2, … of something that has no length.
        raise TypeError("'XComArg' object is not iterable")

    def __str__(self) -> str:
        """Return the template that stands for the value inside a text."""
        task, dag = self.operator.task_id, self.operator.dag_id
        return f"{{{{ task_instance.xcom_pull(task_ids='{task}', dag_id='{dag}', key='{self.key}') }}}}"

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return what the task has pushed; of a mapped task, the list of what its instances have.

        Of a task of a mapped group: within the group, what that of the same index has; from outside, the
        list, or what is in it if that is one alone. Raises XComNotFound for a key that it has not.
        """
        ti = context["ti"]
        if ti.is_peer(self.operator.task_id):
            return ti.xcom_pull(task_ids=self.operator.task_id, key=self.key, map_indexes=ti.map_index)
        if getattr(self.operator, "mapped_group", None) is not None:
            return ti.xcom_pull(task_ids=self.operator.task_id, key=self.key)
        if getattr(self.operator, "is_mapped", False):
            return context["ti"].pushed_by_instances(self.operator.task_id, self.key)
        value = context["ti"].xcom_pull(
            task_ids=self.operator.task_id, key=self.key, map_indexes=None, default=_NOT_SET
        )
        if value is not _NOT_SET:
            return value
        if self.key == RETURN_KEY or getattr(self.operator, "multiple_outputs", False):
            return None
        raise XComNotFound(f"task '{self.operator.task_id}' has pushed no XCom '{self.key}'")

    def map(self, function: Callable[[Any], Any]) -> "Derived":
        """Return the sequence with a function applied to each item."""
        return Derived((self,), lambda values: [function(item) for item in _items(values[0])])

    def zip(self, *others: Any, fillvalue: Any = _NOT_SET) -> "Derived":
        """Return the sequence of tuples of one item from each."""

        def zipped(values: Sequence[Any]) -> Any:
            sequences = [list(_items(value)) for value in values]
            if fillvalue is _NOT_SET:
                return list(zip(*sequences, strict=False))
            return list(itertools.zip_longest(*sequences, fillvalue=fillvalue))

        return Derived((self, *others), zipped)

    def concat(self, *others: Any) -> "Derived":
        """Return the items of all in one sequence."""
        return Derived((self, *others), lambda values: [item for value in values for item in _items(value)])


class Derived(XComArg):
    """A value that is computed from others."""

    def __init__(self, sources: Sequence[Any], compute: Callable[[Sequence[Any]], Any]) -> None:
        super().__init__(sources[0].operator)
        self._sources = sources
        self._compute = compute

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the computed value."""
        return self._compute([source.resolve(context) for source in self._sources])


class GroupArgument(Reference):
    """An argument of a mapped task group, expanded over values by name (``expand``) or dicts (``rows``)."""

    def __init__(self, name: str, expand: dict[str, Any] | None = None, rows: Any = None) -> None:
        self._name = name
        self._expand = expand or {}
        self._rows = rows

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the value for the map index of the context. Templates in it are not rendered."""
        index = context["ti"].map_index
        found = row_of(self._rows, context, index) if self._rows is not None else None
        if found is None:
            found = items_of(self._expand, context, index)
        value = found[self._name]
        return value.resolve(context) if isinstance(value, Reference) else value


class DagParam(Reference):
    """An argument of a function decorated with ``@dag``: from the run's conf, else its default."""

    def __init__(self, dag: Any, name: str, default: Any = _NOT_SET) -> None:
        self._name = name
        self._default = default

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the parameter. Raises AirflowException if neither conf nor a default has it."""
        conf = context["dag_run"].conf or {}
        if self._name in conf:
            return conf[self._name]
        if self._default is not _NOT_SET:
            return self._default
        if self._name in context["params"]:
            return context["params"][self._name]
        raise AirflowException(f"No value could be resolved for parameter {self._name}")


class Literal(Reference):
    """A value in which nothing is rendered (airflow.sdk.literal)."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """Return the value itself."""
        return self.value


def row_of(rows: Any, context: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return the arguments that ``expand_kwargs`` gives (``ListOfDictsExpandInput.resolve``).

    Templates in them are rendered, also in what an XCom gives.
    """
    resolved = rows.resolve(context) if isinstance(rows, Reference) else rows
    if not isinstance(resolved, Sequence):
        raise ValueError(f"expand_kwargs() expects a list[dict], not {type(resolved).__name__}")
    row = resolved[index]
    row = row.resolve(context) if isinstance(row, Reference) else row
    if not isinstance(row, Mapping):
        raise ValueError(f"expand_kwargs() expects a list[dict], not list[{type(row).__name__}]")
    return dict(row)


def items_of(expand: dict[str, Any], context: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return the arguments that ``expand`` gives: the last one varies fastest.

    What an XCom gives is not rendered; texts of the DAG file are.
    """
    given = {}
    for name, source in reversed(expand.items()):
        comes_from_xcom = isinstance(source, Reference)
        items = source.resolve(context) if comes_from_xcom else source
        number = index % len(items)
        index //= len(items)
        if isinstance(items, Sequence):
            item = items[number]
        elif isinstance(items, dict):
            item = list(items.items())[number]
        else:
            raise TypeError(f"can't map over value of type {type(items)}")
        given[name] = Literal(item) if comes_from_xcom else item
    return given


def _items(value: Any) -> Any:
    if not isinstance(value, (Sequence, dict)):
        raise ValueError(f"XCom map expects sequence or dict, not {type(value).__name__}")
    return value
