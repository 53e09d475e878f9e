"""Turns one Airflow operator into a Task, with everything that its author passed.

What the author passed is ``_BaseOperator__init_kwargs``: arguments of the call, ``default_args``, and what a
subclass hands to its base class. A mapped operator has ``partial_kwargs`` instead, which Airflow has filled
up with its defaults.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABC
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import compress, repeat
from operator import is_not
from typing import Any, Generic

from converter.loading.child.airflow_names import (
    PARAMETERS_OF_OPERATORS as _EVERY_OPERATORS,
)
from converter.loading.child.airflow_names import (
    BaseOperator,
    DecoratedOperator,
    MappedOperator,
    Param,
)
from converter.loading.child.construction import Constructions
from converter.loading.child.expansions import expansion_of, expansion_of_group
from converter.loading.child.same_results import does_the_same
from converter.loading.child.stand_ins.arguments import renamed_arguments
from converter.loading.child.stand_ins.old_arguments import TRIGGER_RULES
from converter.loading.child.stand_ins.placeholders import placeholder_in
from converter.loading.child.stand_ins.unmapped import UnmappedDecoratedOperator, UnmappedOperator
from converter.loading.child.values import CLASSES_KEPT, as_value, class_name, dotted_name
from converter.workflow import MISSING_FILE, Location, Opaque, Retries, Task, TriggerRule, Value, texts_in


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    return {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "self" and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }


_FIELDS_OF_TASK = frozenset(
    {
        "task_id",
        "dag",
        "task_group",
        "default_args",
        "trigger_rule",
        "execution_timeout",
        "retries",
        "retry_delay",
        "retry_exponential_backoff",
        "max_retry_delay",
    }
)
#: These mean something only where they differ from the DAG's; see _own_settings.
_SHARED_WITH_THE_DAG = frozenset({"start_date", "end_date", "params"})

#: Airflow 2 has another name for it as well.
_SAID_TWICE = frozenset({"task_concurrency"})

_PLAIN_SETTINGS = sorted(_EVERY_OPERATORS - _FIELDS_OF_TASK - _SHARED_WITH_THE_DAG - _SAID_TWICE)

#: The attribute that holds a parameter, where it is called otherwise (BaseOperator.__init__).
_ATTRIBUTES = {
    "pre_execute": "_pre_execute_hook",
    "post_execute": "_post_execute_hook",
    "task_display_name": "_task_display_name",
    "logger_name": "_logger_name",
}

_ATTRIBUTES_OF_SETTINGS = [_ATTRIBUTES.get(name, name) for name in _PLAIN_SETTINGS]

#: TaskFlow hands arguments to its own base classes as well: a second copy of them.
_NO_ARGUMENTS_OF_TASKFLOW = _EVERY_OPERATORS | {"kwargs_to_upstream"}

#: What partial_kwargs holds besides arguments.
_MARKS = frozenset({"is_setup", "is_teardown", "on_failure_fail_dagrun"})

_MISSING = object()
_NO_DEFAULT = Param().value


def task_from(
    operator: Any, *, upstream: tuple[str, ...], constructions: Constructions, otherwise: Location
) -> Task:
    """Return the Task of an operator, plain or mapped.

    ``upstream`` are the ids that it depends on, ``otherwise`` is its location if its construction was not
    noted. Raises what the operator's own attributes raise, and ValueError for an unknown trigger rule.
    """
    mapped = isinstance(operator, MappedOperator)
    group = operator.get_closest_mapped_task_group()
    operator_class = operator.operator_class
    arguments = _mapped_arguments(operator) if mapped else _arguments(operator, constructions)
    arguments = _without_missing_files(operator_class, arguments)
    return Task(
        task_id=operator.task_id,
        operator=class_name(operator_class),
        bases=_bases(operator_class),
        overrides=_overrides(operator_class),
        arguments=dict(sorted(arguments.items())),
        settings=dict(sorted(_settings(operator, mapped).items())),
        template_fields=tuple(sorted({*_template_fields(operator), *_holding_placeholders(arguments)})),
        upstream=upstream,
        trigger_rule=_trigger_rule(operator),
        retries=_retries(operator),
        execution_timeout=_seconds(operator.execution_timeout),
        is_setup=bool(operator.is_setup),
        is_teardown=bool(operator.is_teardown),
        is_mapped=mapped or group is not None,
        expansion=expansion_of(operator) if mapped else expansion_of_group(group) if group else None,
        mapped_group=group.group_id if group else "",
        location=constructions.location(operator) or otherwise,
    )


def _without_missing_files(operator_class: Any, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """Return the arguments with an Opaque for each file of a template that Airflow has not found.

    What it has found it has read: the text stands in the file's place.
    """
    endings = getattr(operator_class, "template_ext", ())
    endings = (endings,) if isinstance(endings, str) else tuple(endings)
    if not endings:
        return dict(arguments)
    fields = set(_template_fields(operator_class))

    def without(value: Value) -> Value:
        if isinstance(value, list):
            return [without(item) for item in value]
        is_file = isinstance(value, str) and value.endswith(endings)
        return Opaque(MISSING_FILE, str(value)) if is_file else value

    return {name: without(value) if name in fields else value for name, value in arguments.items()}


@functools.lru_cache(CLASSES_KEPT)
def _bases(operator_class: type) -> tuple[str, ...]:
    """Return the base classes that say what an operator does, nearest first, without BaseOperator's own."""
    internals = {
        operator_class,
        ABC,
        Generic,
        UnmappedOperator,
        UnmappedDecoratedOperator,
        *BaseOperator.mro()[1:],
    }
    return tuple(class_name(base) for base in operator_class.mro() if base not in internals)


#: Methods of an operator that say nothing about what its task does.
_SIDE_EFFECTS = frozenset({"dry_run", "get_template_env", "on_kill", "prepare_template"})


@functools.lru_cache(CLASSES_KEPT)
def _overrides(operator_class: type) -> tuple[str, ...]:
    """Return the methods of a provider's class that the classes below it define anew, if any are below it."""
    below: dict[str, list[object]] = {}
    for base in operator_class.mro():
        if base.__module__.startswith("airflow.providers."):
            names = (name for name in below if hasattr(base, name) and not _is_harmless(name))
            parent = class_name(base)
            return tuple(
                sorted(
                    name
                    for name in names
                    if not all(does_the_same(item, name, parent) for item in below[name])
                )
            )
        for name, item in vars(base).items():
            if _is_method(item):
                below.setdefault(name, []).append(item)
    return ()


def _is_harmless(name: str) -> bool:
    return name.startswith(("__", "get_openlineage")) or name in _SIDE_EFFECTS


def _is_method(item: object) -> bool:
    return callable(item) or isinstance(
        item, (property, classmethod, staticmethod, functools.cached_property)
    )


def _holding_placeholders(arguments: Mapping[str, Value]) -> Iterator[str]:
    """Yield the arguments with templates in place of values that were not given: rendered, they are these."""
    for name, value in arguments.items():
        if any(placeholder_in(text) for text in texts_in(value)):
            yield name


def _template_fields(operator: Any) -> tuple[str, ...]:
    fields = operator.template_fields
    # Sorted: some of Airflow's own operators make theirs from a set.
    return (fields,) if isinstance(fields, str) else tuple(sorted(fields))


def _trigger_rule(operator: Any) -> TriggerRule:
    # Airflow checks the rule that is passed, not one that is set afterwards.
    rule = as_value(operator.trigger_rule)
    try:
        return TriggerRule(TRIGGER_RULES.get(rule, rule))
    except ValueError as error:
        raise ValueError(f"task '{operator.task_id}' has the unknown trigger_rule '{rule}'") from error


def _retries(operator: Any) -> Retries:
    backoff = operator.retry_exponential_backoff
    return Retries(
        count=int(operator.retries or 0),
        delay=_seconds(operator.retry_delay) or 0.0,
        # A factor, or, as in Airflow 2, whether to double the delay.
        backoff=2.0 if backoff is True else float(backoff or 1.0),
        max_delay=_seconds(operator.max_retry_delay),
    )


def _seconds(duration: timedelta | float | None) -> float | None:
    if duration is None:
        return None
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)


@functools.cache
def _own_parameters(operator_class: type) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of an operator class and its bases that not every operator has."""
    own: dict[str, inspect.Parameter] = {}
    for base in inspect.getmro(operator_class):
        if "__init__" in vars(base) and base is not object:
            own = {**_parameters(vars(base)["__init__"]), **own}
    return {name: parameter for name, parameter in own.items() if name not in _EVERY_OPERATORS}


def _arguments(operator: Any, constructions: Constructions) -> dict[str, Value]:
    passed = dict(operator._BaseOperator__init_kwargs)
    for name in _template_fields(operator):
        # The file may have changed them, and templates in files have been read, since they were passed.
        if name in passed and hasattr(operator, name):
            passed[name] = getattr(operator, name)
    passed.update(_changed_afterwards(operator, constructions, passed))
    if hasattr(operator, "deferrable"):
        # Its default comes from the configuration.
        passed["deferrable"] = operator.deferrable
    todays = renamed_arguments(operator.operator_class)
    ignored = _NO_ARGUMENTS_OF_TASKFLOW if isinstance(operator, DecoratedOperator) else _EVERY_OPERATORS
    # An older version of the class may take an argument by its older name.
    return {
        todays.get(name) or name: as_value(value) for name, value in passed.items() if name not in ignored
    }


def _changed_afterwards(
    operator: Any, constructions: Constructions, passed: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield arguments that were left out of the call and set as attributes after it."""
    before = constructions.attributes(operator)
    if not before:
        return
    changed = {
        name: value for name, value in vars(operator).items() if value is not before.get(name, _MISSING)
    }
    if changed:
        names = {*_own_parameters(operator.operator_class), *_template_fields(operator)} - _EVERY_OPERATORS
        yield from ((name, value) for name, value in changed.items() if name in names and name not in passed)


def _mapped_arguments(operator: Any) -> dict[str, Value]:
    partial = {name: value for name, value in operator.partial_kwargs.items() if name not in _MARKS}
    own = _own_parameters(operator.operator_class)
    expand = operator._get_specified_expand_input().value
    # Airflow merges default_args into the operator's own arguments only when a run unmaps the task.
    defaults = {**operator.dag.default_args, **(getattr(operator.task_group, "default_args", None) or {})}
    given = {*partial, *(expand if isinstance(expand, Mapping) else ())}
    partial.update((name, value) for name, value in defaults.items() if name in own and name not in given)
    if "deferrable" in own and "deferrable" not in given and "deferrable" not in partial:
        partial["deferrable"] = own["deferrable"].default
    if hasattr(operator, "python_callable"):
        partial["python_callable"] = operator.python_callable
    return {name: as_value(value) for name, value in partial.items() if name not in _EVERY_OPERATORS}


def _settings(operator: Any, mapped: bool) -> dict[str, Value]:
    defaults = default_settings()
    if mapped:
        read = ((name, _mapped_setting(operator, name)) for name in _PLAIN_SETTINGS)
        settings = {name: value for name, value in read if value != defaults[name]}
    else:
        settings = _plain_settings(operator, defaults)
    if not settings.get("multiple_outputs"):
        # TaskFlow passes it always.
        settings.pop("multiple_outputs", None)
    return {**settings, **_own_settings(operator)}


def _plain_settings(operator: Any, defaults: Mapping[str, Value]) -> dict[str, Value]:
    passed = operator._BaseOperator__init_kwargs
    usual = _defaults_themselves()
    found = map(getattr, repeat(operator), _ATTRIBUTES_OF_SETTINGS, repeat(None))
    # Of most settings, the default itself.
    unusual = {*compress(_PLAIN_SETTINGS, map(is_not, found, usual)), *(passed.keys() & defaults.keys())}
    settings = {}
    for name in unusual:
        value, default = getattr(operator, _ATTRIBUTES.get(name, name), passed.get(name)), defaults[name]
        if name not in passed and type(value) is type(default) and not value and not default:
            continue  # nothing is in either
        value = as_value(value)
        if name in passed or value != default:
            settings[name] = value
    return settings


@functools.cache
def default_settings() -> Mapping[str, Value]:
    """Return the settings of an operator to which none was passed. To be called outside any DAG."""
    return {name: as_value(found) for name, found in _settings_by_default().items()}


@functools.cache
def _defaults_themselves() -> tuple[Any, ...]:
    """Return the default of each of the settings; another object for one that may change."""
    constant = (str, int, float, type(None))
    return tuple(
        found if isinstance(found, constant) else _MISSING for found in _settings_by_default().values()
    )


@functools.cache
def _settings_by_default() -> Mapping[str, Any]:
    operator = BaseOperator(task_id="default")
    passed = operator._BaseOperator__init_kwargs
    return {
        name: getattr(operator, _ATTRIBUTES.get(name, name), passed.get(name)) for name in _PLAIN_SETTINGS
    }


def _mapped_setting(operator: Any, name: str) -> Value:
    if name == "multiple_outputs":
        return bool(getattr(operator, name, False))
    default = default_settings()[name]
    return as_value(operator.partial_kwargs[name]) if name in operator.partial_kwargs else default


def _own_settings(operator: Any) -> dict[str, Value]:
    """Return what is neither a setting by its name alone nor an argument: what departs from the DAG's."""
    settings: dict[str, Value] = {}
    dag = operator.dag
    for name in ("start_date", "end_date"):
        # The DAG's own limits are copied to each task, and default_args hold them often: that says nothing.
        given, common = getattr(operator, name), getattr(dag, name) or dag.default_args.get(name)
        if given is not common and (value := as_value(given)) != as_value(common):
            settings[name] = value
    if params := _own_params(operator):
        settings["params"] = params
    for name in ("on_failure_fail_dagrun", "returns_dag_result"):
        if getattr(operator, name, False):
            settings[name] = True
    if isinstance(operator, MappedOperator):
        # What as_teardown() says of a mapped task is lost in Airflow; @teardown says it here.
        settings.pop("on_failure_fail_dagrun", None)
        if operator.partial_kwargs.get("on_failure_fail_dagrun"):
            settings["on_failure_fail_dagrun"] = True
    return settings


def _own_params(operator: Any) -> dict[str, Value]:
    of_task = resolved_params(operator.params)
    of_dag = resolved_params(operator.dag.params) if of_task else {}
    return {name: value for name, value in of_task.items() if name not in of_dag or of_dag[name] != value}


def resolved_params(params: Any) -> dict[str, Value]:
    """Return the default of each parameter; an Opaque where there is none and the run must give it."""
    return {name: _param_default(params, name) for name in params}


def _param_default(params: Any, name: str) -> Value:
    # A ParamsDict, or the plain dict that a mapped operator may have.
    param = params.get_param(name) if hasattr(params, "get_param") else params[name]
    if not isinstance(param, Param):
        return as_value(param)
    if param.value is _NO_DEFAULT:
        return Opaque(dotted_name(Param), "no default: a run must give a value")
    return as_value(param.value)
