"""Renders a task's arguments as Airflow does: with Jinja, in the context of the run and its XComs.

Names, macros and XComs of the context are those of the function that runs Python tasks, which is held against
Airflow's own task runner.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from converter.expansion import Expansion, Source, SourceKind
from converter.task_runtime.dag2sfn_tasks.context import task_context
from converter.task_runtime.dag2sfn_tasks.references import Literal, Reference, XComArg
from converter.task_runtime.dag2sfn_tasks.templates import Renderer
from converter.verify.data.wanted import replaced
from converter.workflow import Opaque, Task, Workflow

_XCOM_ARG = "airflow.sdk.definitions.xcom_arg.PlainXComArg"


class CannotRender(Exception):
    """The task fails, as what its arguments ask for is not there, or is something else."""


class NotKnown(Exception):
    """What only the DAG file's Python can tell."""


@dataclass(frozen=True)
class Xcoms:
    """The XComs that a task finds when it begins: of tasks by key, of mapped ones for each instance."""

    plain: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mapped: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


class Rendering:
    """Renders arguments of one DAG's tasks. ``variables`` are the known ones, as Airflow stores them."""

    def __init__(self, workflow: Workflow, variables: Mapping[str, str] | None = None) -> None:
        self._workflow = workflow
        self._variables = dict(variables or {})
        self._known = frozenset(task.task_id for task in workflow.tasks)
        settings = workflow.settings
        self._dag = SimpleNamespace(
            dag_id=workflow.dag_id,
            params={name: value for name, value in workflow.params.items() if not isinstance(value, Opaque)},
            folder=".",
            template_searchpath=None,
            template_undefined=None,
            jinja_environment_kwargs={},
            user_defined_macros={},
            user_defined_filters={},
            render_template_as_native_obj=bool(settings.get("render_template_as_native_obj")),
            task_dict={
                task.task_id: SimpleNamespace(mapped_group=task.mapped_group or None)
                for task in workflow.tasks
            },
        )

    def arguments(
        self, task: Task, run: Mapping[str, Any], xcoms: Xcoms, *, map_index: int = -1, try_number: int = 1
    ) -> dict[str, Any]:
        """Return the arguments of one try, of the instance with this map index if the task is mapped.

        Raises CannotRender where Airflow's task fails for it, and NotKnown.
        """
        event = {
            "run": run,
            "xcom": xcoms.plain,
            "mapped_xcom": xcoms.mapped,
            "map_index": map_index,
            "try_number": try_number,
        }
        own = task.settings.get("params")
        operator = SimpleNamespace(
            task_id=task.task_id,
            dag_id=self._workflow.dag_id,
            dag=self._dag,
            mapped_group=task.mapped_group or None,
            params=own if isinstance(own, Mapping) else {},
            template_fields=task.template_fields,
            template_ext=(),
        )
        context = task_context(operator, event, self._known)
        context["var"] = {"value": _Variables(self._variables), "json": _JsonVariables(self._variables)}
        renderer = Renderer(operator, context)
        try:
            given = dict(task.arguments)
            if task.mapped_group and task.expansion:
                of_group = self._of_instance(task.expansion, map_index, context)
                # Unlike what a task is expanded over, they are not rendered.
                given = replaced(given, lambda name: _as_it_is(of_group[name]))
            elif task.expansion:
                given |= self._of_instance(task.expansion, map_index, context)
            return {
                name: renderer.render(self._with_references(value))
                if name in task.template_fields and value
                else value.resolve(context)
                if isinstance(value, Literal)
                else value
                for name, value in given.items()
            }
        except NotKnown:
            raise
        except Exception as error:
            raise CannotRender(f"{type(error).__name__}: {error}") from error

    def _with_references(self, value: Any) -> Any:
        """Return a value with references in place of what the model has for them."""
        if isinstance(value, Opaque):
            return self._reference(value)
        if isinstance(value, dict):
            return {key: self._with_references(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._with_references(item) for item in value]
        return value

    def _reference(self, value: Opaque) -> Reference:
        if value.kind != _XCOM_ARG:
            raise NotKnown(value.kind)
        # {{ task_instance.xcom_pull(task_ids='a', dag_id='d', key='k') }}
        parts = value.text.split("'")
        return self._xcom_arg(parts[1], parts[5] if len(parts) > 5 else "return_value")

    def _xcom_arg(self, task_id: str, key: str = "return_value") -> XComArg:
        task = self._workflow.task(task_id)
        operator = SimpleNamespace(
            task_id=task_id,
            dag_id=self._workflow.dag_id,
            is_mapped=task.is_mapped and not task.mapped_group,
            mapped_group=task.mapped_group or None,
            multiple_outputs=bool(task.settings.get("multiple_outputs")),
        )
        return XComArg(operator, key)

    # --- instances ----------------------------------------------------------------------------------------

    def _of_instance(self, expansion: Expansion, index: int, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an instance is given: the last argument varies fastest."""
        if expansion.rows is not None:
            row = self._items(expansion.rows, context)[index]
            if not isinstance(row, Mapping):
                raise TypeError("expand_kwargs() expects a list[dict]")
            return dict(row)
        given: dict[str, Any] = {}
        for name, source in reversed(list(expansion.arguments.items())):
            items = self._items(source, context)
            item = items[index % len(items)]
            index //= len(items)
            # What an XCom gives is not rendered; texts of the file are.
            given[name] = item if source.kind is SourceKind.LITERAL else Literal(item)
        return given

    def _items(self, source: Source, context: Mapping[str, Any]) -> list[Any]:
        """Return the items of a source; those of a dict are pairs of key and value."""
        found = self._sequence(source, context)
        return [list(pair) for pair in found.items()] if isinstance(found, dict) else list(found)

    def _sequence(self, source: Source, context: Mapping[str, Any]) -> Any:
        if source.kind is SourceKind.LITERAL:
            return source.value
        if source.kind is SourceKind.XCOM and self._workflow.task(source.task_id).mapped_group:
            return context["ti"].pushed_by_instances(source.task_id, "return_value")
        if source.kind is SourceKind.XCOM:
            return self._xcom_arg(source.task_id).resolve(context)
        if source.kind is SourceKind.MAP:
            raise NotKnown("only Python knows what .map(…) gives")
        sequences = [self._sequence(inner, context) for inner in source.sources]
        if source.kind is SourceKind.CONCAT:
            return [item for sequence in sequences for item in sequence]  # of a dict, its keys
        if any(isinstance(sequence, dict) for sequence in sequences):
            raise NotKnown("what zip() makes of a dict is nothing that could be told")
        filled = source.kind is SourceKind.ZIP_LONGEST
        count = (max if filled else min)(len(sequence) for sequence in sequences)
        return [[_item(sequence, index, source.value) for sequence in sequences] for index in range(count)]


def _as_it_is(value: Any) -> Any:
    return value if isinstance(value, Literal) else Literal(value)


def _item(sequence: Any, index: int, fill: Any) -> Any:
    try:
        return sequence[index]
    except (IndexError, KeyError):
        return fill


class _Variables:
    """``var.value``: of a Variable without a known value nothing can be said."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self.get(key)

    def __getitem__(self, key: str) -> Any:
        return self.get(key)

    def get(self, key: str, default: Any = None, **_: Any) -> Any:
        """Return the value of a Variable, or the default. Raises NotKnown without both."""
        if key in self._known:
            return self._value(self._known[key])
        if default is not None:
            return default
        raise NotKnown(f"the Variable {key}")

    def _value(self, text: str) -> Any:
        return text


class _JsonVariables(_Variables):
    def _value(self, text: str) -> Any:
        return json.loads(text)
