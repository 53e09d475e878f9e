"""``@task`` and its variants, ``@setup`` and ``@teardown``."""

import functools
import typing
from collections.abc import Callable, Mapping
from typing import Any

from .dags import recording, unique_task_id
from .operators import (
    BaseOperator,
    Decorated,
    DecoratedBash,
    DecoratedBranch,
    DecoratedPython,
    DecoratedSensor,
    DecoratedShortCircuit,
    MappedOperator,
)
from .references import XComArg


class DecoratedElsewhere(Decorated, BaseOperator):
    """A variant that needs more than this function: a virtual environment, a container, a sensor."""


_VARIANTS: Mapping[str, type[BaseOperator]] = {
    "python": DecoratedPython,
    "branch": DecoratedBranch,
    "sensor": DecoratedSensor,
    "short_circuit": DecoratedShortCircuit,
    "bash": DecoratedBash,
}


class TaskDecorator:
    """A decorated function: each call of it makes a task."""

    def __init__(
        self, function: Callable[..., Any], operator_class: type[BaseOperator], options: Mapping[str, Any]
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._operator_class = operator_class
        self._options = {"task_id": function.__name__, **options}

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        """Make a task that calls the function; return a reference to what it will return."""
        options = dict(self._options)
        if options.get("multiple_outputs") is None:
            options["multiple_outputs"] = returns_mapping(self.function)
        made = self._operator_class(
            python_callable=self.function,
            op_args=args,
            op_kwargs={**options.pop("op_kwargs", {}), **kwargs},
            **options,
        )
        return XComArg(made)

    def override(self, **options: Any) -> "TaskDecorator":
        """Return it with other options."""
        return TaskDecorator(self.function, self._operator_class, {**self._options, **options})

    def partial(self, **kwargs: Any) -> "TaskDecorator":
        """Return it with some arguments given."""
        given = {**self._options.get("op_kwargs", {}), **kwargs}
        return self.override(op_kwargs=given)

    def expand(self, **kwargs: Any) -> XComArg:
        """Make a mapped task."""
        return self._mapped(expand=kwargs)

    def expand_kwargs(self, kwargs: Any, **options: Any) -> XComArg:
        """Make a mapped task."""
        return self._mapped(rows=kwargs)

    def _mapped(self, **over: Any) -> XComArg:
        group = self._options.get("task_group") or recording.current_group()
        dag = self._options.get("dag") or (group.dag if group else None) or recording.current_dag()
        task_id = unique_task_id(self._options["task_id"], dag, group)
        options = {**self._options, "task_id": task_id, "python_callable": self.function}
        return XComArg(MappedOperator(mapped_class=self._operator_class, **over, **options))


class TaskDecorators:
    """``task``: a decorator, with its variants as attributes."""

    def __call__(self, function: Any = None, **options: Any) -> Any:
        """Make a function a Python task, with or without options."""
        return self._variant(DecoratedPython)(function, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("run_if", "skip_if"):
            # They wrap what is decorated already; whether the machine can do so is its converter's to say.
            return lambda *args, **options: lambda decorated: decorated
        return self._variant(_VARIANTS.get(name, DecoratedElsewhere))

    @staticmethod
    def _variant(operator_class: type[BaseOperator]) -> Callable[..., Any]:
        def decorate(function: Any = None, **options: Any) -> Any:
            if function is None:
                return lambda decorated: decorate(decorated, **options)
            return TaskDecorator(function, operator_class, options)

        return decorate


task = TaskDecorators()


def setup_or_teardown(function: Any = None, **options: Any) -> Any:
    """Mark a task as setup or teardown; a plain function becomes a task."""
    if function is None:
        return setup_or_teardown
    return function if isinstance(function, TaskDecorator) else task(function)


def returns_mapping(function: Callable[..., Any]) -> bool:
    """Whether the return annotation is a mapping: then, as in Airflow, each key is an XCom of its own."""
    if "return" not in getattr(function, "__annotations__", {}):
        return False

    def only_return() -> None: ...

    only_return.__annotations__ = {"return": function.__annotations__["return"]}
    try:
        returned = typing.get_type_hints(only_return, function.__globals__).get("return", Any)
    except (NameError, TypeError):
        return False  # a name that only type checkers see
    kind = getattr(returned, "__origin__", returned)
    return isinstance(kind, type) and issubclass(kind, Mapping)
