"""Reading an operator's arguments such that none is overlooked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from converter import diagnostics as d
from converter.diagnostics import Code, Diagnostic, refuses
from converter.expressions.jsonata import Expression, literal, path
from converter.expressions.templates import Scope, translate_value
from converter.operators.mapping import (
    PerInstance,
    literals_that_are_no_lists,
    map_index_of,
    names_group_arguments,
)
from converter.task_runtime.local_files import LocalFile
from converter.workflow import HOME_PATH, MISSING_FILE, MOMENTARY, Opaque, Task, Value

#: Stands for the value of an argument that each instance of a mapped task has its own of.
_OF_AN_INSTANCE = object()


class Arguments:
    """One task's arguments, each of which is taken, set aside with a reason, or reported.

    An operator's module takes what it converts; :meth:`problems` then refuses whatever is left, so that an
    argument that nobody thought of is never dropped in silence. ``reads`` are the tasks whose XComs the
    templates of the arguments taken refer to, ``deployed`` the parameters of the stack (name to what it
    stands for), and ``variables`` the Airflow Variables that the run has to read for them;
    ``scope`` is where these templates stand.
    """

    def __init__(self, task: Task, scope: Scope | None = None) -> None:
        self.task = task
        self.reads: dict[str, None] = {}
        self.deployed: dict[str, str] = {}
        self.variables: dict[str, None] = {}
        #: The ARN of the role as which the task calls AWS, where it is not the machine's own.
        self.role = ""
        #: Files of the machine that it names, if it runs in the DAG's function.
        self.files: dict[LocalFile, None] = {}
        #: Whether the task pulls XComs of whatever task before it has pushed one last.
        self.pulls_of_any = False
        self._notes_pull_of_any = False
        self._scope = scope or Scope("", task.task_id)
        self._left = dict(task.arguments)
        self._problems: list[Diagnostic] = []
        self._per_instance = PerInstance(task, self._scope.mapped)
        #: Arguments that only the instance itself can tell apart have not been asked for, one by one.
        self._names_are_known = bool(task.mapped_group) or self._per_instance.sources is not None
        own = () if task.mapped_group else self._per_instance.sources
        self._left |= dict.fromkeys(own or (), _OF_AN_INSTANCE)

    @property
    def map_index(self) -> Expression | int:
        """The index of the instance that the step is done for; -1 if the task is not mapped."""
        index = map_index_of(self.task)
        return -1 if index is None else Expression(index)

    @property
    def timezone(self) -> str:
        """The DAG's time zone, by its IANA name."""
        return self._scope.timezone

    @property
    def prefix(self) -> str:
        """What the names of machines begin with."""
        return self._scope.prefix

    def take(self, name: str, default: Value = None) -> Any:
        """Return an argument's value, with an Expression for each template that the run decides.

        A template that cannot be translated, or a Python object, is reported.
        """
        value = self._left.pop(name, default)
        if value is None:  # most arguments are not given
            return None
        if value is _OF_AN_INSTANCE:
            value = self._value_of_an_instance(name)
        elif name in self.task.template_fields:
            value = self._of_group(name, self.translated(name, value))
        for found in _texts(value):
            if isinstance(found, Opaque):
                self.report_object(name, found)
            elif not _is_unicode(found):
                self.report(d.BAD_ARGUMENT, f"argument '{name}' has half a character", "write valid Unicode")
        return value

    def report_object(self, name: str, found: Opaque) -> None:
        """Refuse an argument for something in it that no machine can keep."""
        if found.kind == MOMENTARY:
            self.report(
                d.MOMENTARY_VALUE,
                f"argument '{name}' is made anew whenever Airflow imports the file, now as {found.text!r}",
                "write a template: {{ ds }}, {{ ts_nodash }}, {{ run_id }}",
            )
        elif found.kind == HOME_PATH:
            problem = f"argument '{name}' is a path in Airflow's home: {found.text}"
            self.report(d.HOME_PATH, problem, "write where the job finds it, such as a place in S3")
        elif found.kind == MISSING_FILE:
            problem = f"argument '{name}' is the file {found.text}, which is not found"
            self.report(
                d.BAD_ARGUMENT, problem, "put it beside the DAG file, or where template_searchpath says"
            )
        else:
            remedy = f"write a literal value instead of {found.text}"
            self.report(d.PYTHON_VALUE, f"argument '{name}' is a Python object ({found.kind})", remedy)

    def take_as_it_is(self, name: str, default: Value = None) -> Any:
        """Return an argument with its templates as they are, to be translated piece by piece."""
        value = self._left.pop(name, default)
        if value is _OF_AN_INSTANCE:
            return self._value_of_an_instance(name)
        return self._of_group(name, value, stays=True)

    @property
    def of_airflow_2(self) -> bool:
        """Whether the file is for Airflow 2."""
        return self._scope.of_airflow_2

    @property
    def before(self) -> tuple[str, ...]:
        """The tasks before this one, in the order of the file."""
        return self._scope.before()

    def note_pull_of_any(self) -> None:
        """Note that the task pulls an XCom without saying from which task; report what comes of it."""
        if self._notes_pull_of_any:
            return
        self._notes_pull_of_any = True
        self.pulls_of_any = self.of_airflow_2
        self.report(
            d.XCOM_OF_ANY,
            "xcom_pull() does not say from which task: it is given that of the task before it that pushed "
            "one and ended last; Airflow 2 looks at all tasks"
            if self.of_airflow_2
            else "xcom_pull() does not say from which task: it is given the task's own, as in Airflow 3; "
            "Airflow 2 looks at all tasks",
            "name the task: ti.xcom_pull(task_ids='…')",
        )

    def connection(self, name: Any) -> Mapping[str, Value] | None:
        """Return the fields of an Airflow connection, None if it is not known."""
        return (self._scope.connections or {}).get(name) if isinstance(name, str) else None

    def is_mapped(self, task_id: str) -> bool:
        """Whether a task of the DAG is mapped, so that its record has one for each instance."""
        return task_id in self._scope.mapped

    def _value_of_an_instance(self, name: str) -> Any:
        def translated(value: Value) -> Any:
            return self.translated(name, value) if name in self.task.template_fields else value

        return self._known(lambda: self._per_instance.value(name, translated), f"expanded over '{name}'")

    def _of_group(self, name: str, value: Value, *, stays: bool = False) -> Any:
        """Return an argument with those of the mapped group in it resolved, where Airflow resolves them.

        Airflow does not render what is in these: where ``stays``, their templates are handed on as texts that
        nobody takes for templates.
        """
        if not names_group_arguments(value):
            return value
        if isinstance(value, list):
            return [self._of_group(name, item, stays=stays) for item in value]
        if isinstance(value, dict):
            return {key: self._of_group(name, item, stays=stays) for key, item in value.items()}
        found = self._known(
            lambda: self._per_instance.within(value), f"given arguments of its group in '{name}'"
        )
        return _kept_from_rendering(found) if stays else found

    def _known(self, value: Callable[[], Any], what: str) -> Any:
        try:
            return value()
        except ValueError as error:
            remedy = "call the function in a Python task, and expand over what that returns"
            self.report(d.EXPANDED_OVER_PYTHON, f"it is {what}: {error}", remedy)
            return None

    def leave_to_function(self) -> None:
        """Say that a function of the author's own DAG file finds out what each instance is given."""
        self._names_are_known = True
        for name in self._per_instance.sources or ():
            self._left.pop(name, None)

    def translated(self, name: str, value: Value) -> Any:
        """Return a value of a template field, or a piece of it, as :meth:`take` would."""
        if not value:  # Airflow does not render what is empty
            return value
        translation = translate_value(value, self._scope)
        for problem in translation.problems:
            place = f"template {json.dumps(problem.template)} of argument '{name}'"
            self.report(d.TEMPLATE, f"{place}: {problem.what}", problem.remedy)
        if translation.reads_of_any:
            self.note_pull_of_any()
        self.reads |= dict.fromkeys(translation.reads)
        self.deployed |= translation.deployed
        self.variables |= dict.fromkeys(translation.variables)
        return value if translation.problems else translation.value

    def piece(self, name: str, text: Value) -> Any:
        """Return a piece of an argument's text: translated if the argument is a template field."""
        return self.translated(name, text) if name in self.task.template_fields else text

    def take_text(self, name: str) -> str:
        """Return an argument that must be a string with something in it; report it if it is not.

        It must be known at conversion: a template may refer to params and Variables, not to the run.
        """
        value = self.take_name(name)
        if isinstance(value, Expression):
            problem = f"argument '{name}' is a template that only the run decides"
            self.report(d.TEMPLATE, problem, "write a value that is known at conversion")
            return ""
        return value

    def take_name(self, name: str) -> str | Expression:
        """Return an argument that must be a string with something in it, or a template of the run's."""
        value = self.take(name)
        if isinstance(value, Expression):
            return value
        if not isinstance(value, str) or not value:
            if not isinstance(value, Opaque):
                self.report(d.BAD_ARGUMENT, f"argument '{name}' is {value!r}", "write a non-empty string")
            return ""
        return value

    def take_mapping(self, name: str) -> dict[str, Any]:
        """Return an argument that must be a dict (empty if it is not given); report it if it is not."""
        return self._mapping(name, self.take(name))

    def _mapping(self, name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, Expression):
            self.report(d.TEMPLATE, f"argument '{name}' is one template", "write a dict with templates in it")
            return {}
        if value is not None and not isinstance(value, dict):
            if not isinstance(value, Opaque):
                self.report(d.BAD_ARGUMENT, f"argument '{name}' is {value!r}", "write a dict")
            return {}
        return dict(value or {})

    def take_structure(self, name: str) -> dict[str, Any]:
        """Return an argument that is a dict, or a template that gives one: then a :class:`Later`."""
        if isinstance(self._left.get(name), (dict, type(None))):
            return self.take_mapping(name)
        taken = self.take(name)
        if isinstance(taken, Expression):
            return Later(taken)
        if not isinstance(taken, (dict, Opaque)):
            self.report(d.BAD_ARGUMENT, f"argument '{name}' is {taken!r}", "write a dict")
        return taken if isinstance(taken, dict) else {}

    def take_object(self, name: str) -> dict[str, Any] | Expression:
        """Return an argument as :meth:`take_mapping` does, or an Expression that gives an object.

        Instances of a mapped task may be given whole objects by another task.
        """
        value = self.take(name)
        if isinstance(value, Expression) and self.task.expansion is not None:
            # As operators do, it takes None for nothing given.
            return Expression(f"($o := {value.text}; $o = null ? {{}} : $merge([{{}}, $o]))")
        return self._mapping(name, value)

    def take_number(self, name: str, default: float) -> float:
        """Return an argument that must be a number above 0; report it if it is not."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            if not isinstance(value, Opaque):
                self.report(d.BAD_ARGUMENT, f"argument '{name}' is {value!r}", "write a number above 0")
            return default
        return value

    def left(self) -> tuple[str, ...]:
        """Return the names of the arguments that are given and not yet accounted for."""
        return tuple(name for name, value in self._left.items() if value is not None)

    def set_aside(self, *names: str) -> None:
        """Drop arguments that change nothing about what the task does on Step Functions."""
        for name in names:
            self._left.pop(name, None)

    def report(self, code: Code, problem: str, remedy: str) -> None:
        """Add a diagnostic about this task."""
        self._problems.append(task_diagnostic(code, self.task, problem, remedy))

    def _report_no_list(self, found: Value) -> None:
        if isinstance(found, Opaque) and found.kind == MOMENTARY:
            problem = f"it has other instances whenever Airflow imports the file, now those of {found.text}"
            self.report(
                d.MOMENTARY_VALUE, problem, "write a list that stays, or expand over what a task returns"
            )
            return
        what = found.text if isinstance(found, Opaque) else repr(found)
        remedy = "write a list, or expand over what a task returns"
        self.report(d.EXPANDED_OVER_PYTHON, f"it is expanded over {what}", remedy)

    @property
    def is_refused(self) -> bool:
        """Whether something that was reported keeps the task from being converted."""
        return refuses(self._problems)

    def problems(self) -> tuple[Diagnostic, ...]:
        """Return all that was reported, with a refusal for each argument that nobody took."""
        for name, value in self._left.items():
            if value is not None:
                operator = self.task.operator.rpartition(".")[2]
                remedy = "leave it out, or ask for it to be added to the converter"
                self.report(d.UNKNOWN_ARGUMENT, f"argument '{name}' of {operator} is not converted", remedy)
        no_lists = list(literals_that_are_no_lists(self.task.expansion)) if self.task.expansion else []
        if not self._names_are_known:
            # Arguments that seem to be missing may be among these.
            self._problems[:] = [item for item in self._problems if item.code is not d.BAD_ARGUMENT]
            if not no_lists:
                self.report(d.UNEVEN_ROWS, *self._per_instance.unknown_names())
        for found in no_lists:
            self._report_no_list(found)
        self._left.clear()
        return tuple(self._problems)


class Later(dict[str, Any]):
    """A dict that only the run knows: an XCom, say. It is empty here, and its members are expressions."""

    def __init__(self, expression: Expression) -> None:
        super().__init__()
        self.expression = expression

    def get(self, key: str, default: Any = None) -> Any:
        """Return a member, as JSONata; there is none to fall back from."""
        return Expression(f"({self.expression.text}).{path(key)}")


def task_diagnostic(code: Code, task: Task, problem: str, remedy: str = "") -> Diagnostic:
    """Return a diagnostic that names the task and its place in the DAG file."""
    return Diagnostic(code, f"task '{task.task_id}': {problem}", remedy, task.location, task_id=task.task_id)


def _is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8; a lone surrogate cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kept_from_rendering(value: Any) -> Any:
    """Return a value with an Expression for each text in it that looks like a template."""
    if isinstance(value, list):
        return [_kept_from_rendering(item) for item in value]
    if isinstance(value, dict):
        return {key: _kept_from_rendering(item) for key, item in value.items()}
    is_template = isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "{#"))
    return Expression(literal(value)) if is_template else value


def _texts(value: Value) -> Iterator[str | Opaque]:
    if isinstance(value, (str, Opaque)):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
