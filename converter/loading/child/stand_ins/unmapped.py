"""Operators whose class is not installed: tasks that keep the name of the class and every argument."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from converter.loading.child.airflow_names import (
    PARAMETERS_OF_OPERATORS,
    BaseOperator,
    DecoratedOperator,
    XComArg,
    task_decorator_factory,
)


class UnmappedOperator(BaseOperator):  # type: ignore[misc]  # Airflow comes without types here
    """A task of an operator that is not installed.

    Every argument counts as a template field, because which ones are is not known: what a task reads of
    another one's result makes it depend on that task.
    """

    template_fields: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        own = {name: value for name, value in kwargs.items() if name not in PARAMETERS_OF_OPERATORS}
        # An argument may be called like something that every operator has (`output`): no attribute then.
        attributes = {name: value for name, value in own.items() if not hasattr(type(self), name)}
        self.template_fields = tuple(sorted({*type(self).template_fields, *attributes}))
        self.__dict__.update(attributes)
        super().__init__(**{name: value for name, value in kwargs.items() if name not in own})
        XComArg.apply_upstream_relationship(self, list(own.values()))


class UnmappedDecoratedOperator(DecoratedOperator, UnmappedOperator):  # type: ignore[misc]  # as above
    """A task of a decorator (``@task.docker``) whose provider is not installed."""


@functools.cache
def unmapped_class(dotted: str) -> Any:
    """Return the class that stands for an operator of this dotted name: the same one each time."""
    return _named(UnmappedOperator, dotted)


@functools.cache
def unmapped_decorator(dotted: str) -> Callable[..., Any]:
    """Return what stands for a task decorator whose operator has this dotted name."""
    operator_class = _named(UnmappedDecoratedOperator, dotted)
    operator_class.custom_operator_name = f"@{dotted.rpartition('.sdk.')[2]}"
    return functools.partial(task_decorator_factory, decorated_operator_class=operator_class)


def _named(base: type, dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    return type(name, (base,), {"__module__": module, "__doc__": None})


def learn_arguments(operator_class: Any, names: Iterable[str]) -> None:
    """Make an operator that is not installed take arguments of these names, when it is mapped over them.

    Airflow checks the names of such arguments against the class, and looks for dependencies in its template
    fields. Other operators are left as they are.
    """
    if issubclass(operator_class, UnmappedOperator):
        own = set(names) - PARAMETERS_OF_OPERATORS
        operator_class.__init__._BaseOperatorMeta__param_names.update(own)
        operator_class.template_fields = tuple(sorted({*operator_class.template_fields, *own}))


def forget_task(dag: Any, group: Any, task_id: str) -> None:
    """Take out of its DAG and its group what is left of a task whose construction failed halfway."""
    for holder in filter(None, (group, getattr(dag, "task_group", None))):
        full_id = holder.child_id(task_id)
        if dag is not None:
            dag.task_dict.pop(full_id, None)
        holder.children.pop(full_id, None)
        holder.used_group_ids.discard(full_id)
