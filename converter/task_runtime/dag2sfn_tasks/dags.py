"""DAGs and task groups, as far as they decide which task ids there are and what tasks inherit."""

import functools
import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

from .inert import inert
from .nodes import Node
from .references import DagParam, GroupArgument


class Recording:
    """What the DAG file has made so far, and which ``with`` blocks are open. One for the process."""

    def __init__(self) -> None:
        self.dags: dict[str, DAG] = {}
        self.open_dags: list[DAG] = []
        self.open_groups: list[TaskGroup] = []

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]  # the beginning is the one state that needs no list of fields

    def current_dag(self) -> "DAG | None":
        """Return the innermost DAG whose block is open."""
        return self.open_dags[-1] if self.open_dags else None

    def current_group(self) -> "TaskGroup | None":
        """Return the innermost task group whose block is open."""
        return self.open_groups[-1] if self.open_groups else None


recording = Recording()


class DAG(Node):
    """A DAG: its tasks by id, and what they inherit from it."""

    def __init__(self, dag_id: str = "", *args: Any, **kwargs: Any) -> None:
        self.dag_id = str(dag_id)
        self.default_args = dict(kwargs.pop("default_args", None) or {})
        # As in Airflow, default_args may hold parameters too.
        self.params = {**(self.default_args.pop("params", None) or {}), **(kwargs.pop("params", None) or {})}
        self.task_dict: dict[str, Any] = {}
        self.group_ids: set[str] = set()
        self.folder = self.fileloc = ""
        for name in ("user_defined_macros", "user_defined_filters", "jinja_environment_kwargs"):
            setattr(self, name, kwargs.pop(name, None) or {})
        for name in ("template_searchpath", "template_undefined"):
            setattr(self, name, kwargs.pop(name, None))
        self.render_template_as_native_obj = bool(kwargs.pop("render_template_as_native_obj", False))
        vars(self).update(kwargs)
        recording.dags[self.dag_id] = self

    @property
    def tasks(self) -> list[Any]:
        """The tasks, in the order in which they were made."""
        return list(self.task_dict.values())

    @property
    def task_ids(self) -> list[str]:
        """The tasks' ids."""
        return list(self.task_dict)

    def get_task(self, task_id: str) -> Any:
        """Return a task. Raises KeyError."""
        return self.task_dict[task_id]

    def add_task(self, task: Any) -> None:
        """Take a task that was made without a DAG."""
        task.dag = self
        self.task_dict[task.task_id] = task

    def param(self, name: str, default: Any = None) -> DagParam:
        """Return a reference to a parameter of the run."""
        return DagParam(self, name, default)

    def __enter__(self) -> "DAG":
        recording.open_dags.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        recording.open_dags.pop()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return inert(f"airflow.models.DAG.{name}")


class TaskGroup(Node):
    """A task group: it gives its id to the ids of its tasks."""

    def __init__(self, group_id: str | None = None, prefix_group_id: bool = True, **kwargs: Any) -> None:
        self.parent_group: TaskGroup | None = kwargs.pop("parent_group", None) or recording.current_group()
        self.dag = kwargs.pop("dag", None) or recording.current_dag()
        self.prefix_group_id = prefix_group_id
        self.is_mapped: bool = kwargs.pop("is_mapped", False)
        self.default_args: dict[str, Any] = {
            **(self.parent_group.default_args if self.parent_group else {}),
            **(kwargs.pop("default_args", None) or {}),
        }
        self._own_id = group_id or ""
        taken = self.dag.group_ids if self.dag else set()
        if kwargs.pop("add_suffix_on_collision", False) and self.group_id in taken:
            self._own_id = _next_suffix(self._own_id, taken)
        taken.add(self.group_id)

    @property
    def group_id(self) -> str:
        """The id, with those of the groups around it."""
        return self.parent_group.child_id(self._own_id) if self.parent_group else self._own_id

    @property
    def mapped_group(self) -> "TaskGroup | None":
        """The mapped group that this is, or is in; None if it is in none."""
        if self.is_mapped:
            return self
        return self.parent_group.mapped_group if self.parent_group else None

    def child_id(self, label: str) -> str:
        """Return the id of a task or group inside."""
        return f"{self.group_id}.{label}" if self.prefix_group_id and self.group_id else label

    def __enter__(self) -> "TaskGroup":
        recording.open_groups.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        recording.open_groups.pop()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return inert(f"airflow.utils.task_group.TaskGroup.{name}")


def unique_task_id(task_id: str, dag: DAG | None, group: TaskGroup | None) -> str:
    """Return the id that a TaskFlow task gets if its own is taken: ``load__1``, ``load__2``, …"""
    if dag is None:
        return task_id
    full = group.child_id(task_id) if group else task_id
    if full not in dag.task_dict:
        return task_id
    prefix = re.escape(re.split(r"__\d+$", full)[0])
    suffixes = [re.match(rf"^{prefix}__(\d+)$", other) for other in dag.task_dict]
    highest = max((int(match[1]) for match in suffixes if match), default=0)
    return f"{re.split(r'__[0-9]+$', task_id)[0]}__{highest + 1}"


def _next_suffix(own_id: str, taken: set[str]) -> str:
    base = re.split(r"__\d+$", own_id)[0]
    suffixes = [re.match(rf"^{re.escape(base)}__(\d+)$", other) for other in taken]
    return f"{base}__{max((int(match[1]) for match in suffixes if match), default=0) + 1}"


def dag(dag_id: Any = "", *args: Any, **kwargs: Any) -> Any:
    """Make a function a DAG (the ``@dag`` decorator, with or without arguments)."""
    if callable(dag_id):
        return dag()(dag_id)

    def decorate(function: Callable[..., Any]) -> Callable[..., DAG]:
        @functools.wraps(function)
        def factory(*call_args: Any, **call_kwargs: Any) -> DAG:
            bound = inspect.signature(function).bind(*call_args, **call_kwargs)
            bound.apply_defaults()
            with DAG(dag_id or function.__name__, *args, **kwargs) as made:
                function(**{name: DagParam(made, name, value) for name, value in bound.arguments.items()})
            return made

        return factory

    return decorate


class TaskGroupDecorator:
    """A function whose tasks are a group (the ``@task_group`` decorator)."""

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._options = {
            "group_id": getattr(function, "__name__", ""),
            "add_suffix_on_collision": True,
            **options,
        }

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the group; return it, or what the function returns."""
        with TaskGroup(**self._options) as group:
            returned = self.function(*args, **kwargs)
        return group if returned is None else returned

    def override(self, **options: Any) -> "TaskGroupDecorator":
        """Return it with other options."""
        return TaskGroupDecorator(self.function, **{**self._options, **options})

    def partial(self, **kwargs: Any) -> "TaskGroupDecorator":
        """Return it with some arguments given."""
        return TaskGroupDecorator(functools.partial(self.function, **kwargs), **self._options)

    def expand(self, **kwargs: Any) -> Any:
        """Make the group once, with arguments that each instance has values of its own for."""
        return self._mapped(kwargs, expand=kwargs)

    def expand_kwargs(self, kwargs: Any, **options: Any) -> Any:
        """Make the group once, with arguments that each instance has values of its own for."""
        given = getattr(self.function, "keywords", {})
        names = [name for name in inspect.signature(self.function).parameters if name not in given]
        return self._mapped(names, rows=kwargs)

    def _mapped(self, names: Iterable[str], **over: Any) -> Any:
        made = TaskGroupDecorator(self.function, **{**self._options, "is_mapped": True})
        return made(**{name: GroupArgument(name, **over) for name in names})


def task_group(function: Any = None, **options: Any) -> Any:
    """Make a function a task group."""
    if function is None or isinstance(function, str):
        named = {"group_id": function} if function else {}
        return lambda decorated: TaskGroupDecorator(decorated, **{**named, **options})
    return TaskGroupDecorator(function, **options)
