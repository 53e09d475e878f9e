"""Operators: they keep what the author passed, and do nothing."""

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .dags import DAG, TaskGroup, recording, unique_task_id
from .inert import inert
from .nodes import Node
from .references import XComArg


class OperatorType(type):
    """Gives an operator what it inherits from its DAG and task group, before its ``__init__`` is called."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an operator."""
        group: TaskGroup | None = kwargs.get("task_group") or recording.current_group()
        dag: DAG | None = kwargs.get("dag") or (group.dag if group else None) or recording.current_dag()
        inherited = {
            **(dag.default_args if dag else {}),
            **(group.default_args if group else {}),
            **(kwargs.get("default_args") or {}),
        }
        for name in _parameters(cls):
            if name in inherited and name not in kwargs:
                kwargs[name] = inherited[name]
        kwargs["default_args"] = inherited
        return super().__call__(*args, **kwargs)


def _parameters(operator_class: type) -> Iterator[str]:
    """Yield the names of the arguments that a class and its bases take."""
    for base in operator_class.__mro__:
        if "__init__" in vars(base) and base is not object:
            yield from list(inspect.signature(vars(base)["__init__"]).parameters)[1:]


class BaseOperator(Node, metaclass=OperatorType):
    """Any operator. What it was given are its attributes."""

    template_fields: Any = ()
    template_ext: Any = ()
    multiple_outputs = False
    is_mapped = False

    def __init__(
        self,
        *args: Any,
        task_id: str = "",
        dag: DAG | None = None,
        task_group: TaskGroup | None = None,
        default_args: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        do_xcom_push: bool = True,
        **kwargs: Any,
    ) -> None:
        group = task_group or recording.current_group()
        self.task_id = group.child_id(task_id) if group else task_id
        self.mapped_group = group.mapped_group if group else None
        self.dag: Any = dag or (group.dag if group else None) or recording.current_dag()
        self.params = params or {}
        self.do_xcom_push = do_xcom_push
        self.default_args = default_args or {}
        self.owner = self.default_args.get("owner", "airflow")
        vars(self).update(kwargs)
        if self.dag is not None:
            self.dag.task_dict[self.task_id] = self

    @property
    def dag_id(self) -> str:
        """The id of the task's DAG."""
        return self.dag.dag_id if self.dag is not None else "adhoc_airflow"

    @property
    def output(self) -> XComArg:
        """A reference to the task's return value."""
        return XComArg(self)

    @property
    def log(self) -> logging.Logger:
        """The task's logger."""
        return logging.getLogger(f"airflow.task.{type(self).__name__}")

    @property
    def operator_class(self) -> type:
        """The task's class."""
        return type(self)

    @classmethod
    def partial(cls, **kwargs: Any) -> "Partial":
        """Give some arguments of a mapped task."""
        return Partial(cls, kwargs)

    def render_template(self, content: Any, context: Mapping[str, Any], *environment: Any) -> Any:
        """Return a value with its templates rendered; files are looked for where the task's are."""
        from .templates import Renderer

        return Renderer(self, context).render(content)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return inert(f"{type(self).__name__}.{name}")


class BaseSensorOperator(BaseOperator):
    """Any sensor."""


def own_method(task: Any) -> str:
    """Return the method by which an operator of the author's own does its work, empty if it is none."""
    kind = type(task)
    if isinstance(task, (PythonOperator, BashOperator)):
        return ""
    return next((name for name in ("poke", "execute") if callable(getattr(kind, name, None))), "")


class Partial:
    """A mapped task in the making."""

    def __init__(self, operator_class: type, kwargs: dict[str, Any]) -> None:
        self._operator_class = operator_class
        self._kwargs = kwargs

    def expand(self, **kwargs: Any) -> Any:
        """Make the task."""
        return MappedOperator(mapped_class=self._operator_class, expand=kwargs, **self._kwargs)

    def expand_kwargs(self, kwargs: Any, **options: Any) -> Any:
        """Make the task."""
        return MappedOperator(mapped_class=self._operator_class, rows=kwargs, **self._kwargs)


class MappedOperator(BaseOperator):
    """A task of which there is one instance for each of some values.

    ``expand`` has what it is expanded over by name, or ``rows`` a list of dicts; ``partial_kwargs`` what all
    instances have in common.
    """

    is_mapped = True

    def __init__(
        self,
        *args: Any,
        mapped_class: Any = None,
        expand: dict[str, Any] | None = None,
        rows: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.mapped_class = mapped_class
        self.expand = expand or {}
        self.rows = rows
        self.partial_kwargs = {
            name: value for name, value in kwargs.items() if name not in ("dag", "task_group", "default_args")
        }


class PythonOperator(BaseOperator):
    """Calls a function."""

    template_fields = ("templates_dict", "op_args", "op_kwargs")

    def __init__(
        self,
        *args: Any,
        python_callable: Callable[..., Any] | None = None,
        op_args: Any = None,
        op_kwargs: Any = None,
        templates_dict: Any = None,
        templates_exts: Any = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.python_callable = python_callable
        self.op_args = op_args or ()
        self.op_kwargs = op_kwargs or {}
        self.templates_dict = templates_dict
        self.template_ext = templates_exts or ()
        self.show_return_value_in_logs = show_return_value_in_logs


class BranchPythonOperator(PythonOperator):
    """Calls a function that says which direct downstream tasks are followed."""


class ShortCircuitOperator(PythonOperator):
    """Calls a function that says whether the run goes on behind the task."""


class PokeReturnValue:
    """What a sensor's function may return: whether it has found what it looks for, and an XCom."""

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return self.is_done


class PythonSensor(PythonOperator):
    """Calls a function that says whether there is what it looks for; here, once."""


class BashOperator(BaseOperator):
    """Runs a command of the shell."""

    template_fields: tuple[str, ...] = ("bash_command", "env", "cwd")
    template_ext = (".sh", ".bash")

    def __init__(
        self,
        *args: Any,
        bash_command: Any = None,
        env: dict[str, str] | None = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_on_exit_code: Any = 99,
        cwd: str | None = None,
        output_processor: Callable[[str], Any] = lambda output: output,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bash_command = bash_command
        self.env = env
        self.append_env = append_env
        self.output_encoding = output_encoding
        self.skip_on_exit_code = skip_on_exit_code
        self.cwd = cwd
        self.output_processor = output_processor


class Decorated(BaseOperator):
    """A task that was made by calling a decorated function (mixed into an operator)."""

    def __init__(self, *args: Any, task_id: str = "", **kwargs: Any) -> None:
        group = kwargs.get("task_group") or recording.current_group()
        dag = kwargs.get("dag") or (group.dag if group else None) or recording.current_dag()
        # As in Airflow, the function's arguments may come from default_args, too.
        given = dict(kwargs.get("op_kwargs") or {})
        inherited = kwargs.get("default_args") or {}
        for name in inspect.signature(kwargs["python_callable"]).parameters:
            if name not in given and name in inherited:
                given[name] = inherited[name]
        kwargs["op_kwargs"] = given
        super().__init__(*args, task_id=unique_task_id(task_id, dag, group), **kwargs)


class DecoratedPython(Decorated, PythonOperator):
    """``@task``."""


class DecoratedBranch(Decorated, BranchPythonOperator):
    """``@task.branch``."""


class DecoratedShortCircuit(Decorated, ShortCircuitOperator):
    """``@task.short_circuit``."""


class DecoratedSensor(Decorated, PythonSensor):
    """``@task.sensor``."""


class DecoratedBash(Decorated, BashOperator):
    """``@task.bash``: the function returns the command."""

    template_fields = ("op_args", "op_kwargs", *BashOperator.template_fields)

    def __init__(
        self,
        *args: Any,
        python_callable: Callable[..., Any],
        op_args: Any = None,
        op_kwargs: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, python_callable=python_callable, op_kwargs=op_kwargs, **kwargs)
        self.python_callable = python_callable
        self.op_args = op_args or ()
