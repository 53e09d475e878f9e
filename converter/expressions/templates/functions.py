"""What templates call: ``ti.xcom_pull``, ``macros``, and ``get`` of conf, params and Variables."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from converter.expressions.expansions import pushed_by_instances
from converter.expressions.jsonata import path
from converter.expressions.templates.arguments import Given
from converter.expressions.templates.context import conf_item, param, variable, variable_of_run
from converter.expressions.templates.conversions import constant_text, number_atom
from converter.expressions.templates.date_formats import strftime, strptime
from converter.expressions.templates.dates import shifted
from converter.expressions.templates.folding import folded
from converter.expressions.templates.members import maybe, member_path
from converter.expressions.templates.operands import (
    Computed,
    Constant,
    Kind,
    Named,
    Operand,
    Several,
    computed,
    either,
)
from converter.expressions.templates.scope import Findings, Refusal
from converter.expressions.templates.text_methods import with_default

RETURN_VALUE = "return_value"
_NONE = Constant(None)
_LONGEST_RANGE = 1000


def call(findings: Findings, function: Named, given: Given) -> Operand:
    """Return what a function of the context returns. Raises Refusal."""
    known = _FUNCTIONS.get(function.name)
    if known is None:
        raise Refusal(f"{function.name}() is not converted", "leave it out, or compute the value in a task")
    return known(findings, given)


def _xcom_pull(findings: Findings, given: Given) -> Operand:
    bound = given.bind(
        "xcom_pull()", "task_ids dag_id key include_prior_dates session map_indexes default run_id"
    )
    _check_reach(findings, bound)
    key = constant_text(bound.get("key", Constant(RETURN_VALUE)), "key in xcom_pull()")
    # Without map_indexes, Airflow (3.3) leaves the default unused.
    default = bound.get("default", _NONE) if "map_indexes" in bound else _NONE
    tasks = bound.get("task_ids", _NONE)
    _check_indexes(findings, tasks, bound.get("map_indexes", _NONE))
    if isinstance(tasks, Constant) and isinstance(tasks.value, (list, tuple)):
        tasks = Several(tuple(Constant(task) for task in tasks.value))
    if isinstance(tasks, Several):
        return Several(tuple(_xcom(findings, task, key, default) for task in tasks.items))
    if tasks == _NONE and findings.scope.of_airflow_2 and (of_any := _xcom_of_any(findings, key)):
        return of_any
    return _xcom(findings, tasks, key, default)


def _check_reach(findings: Findings, bound: Mapping[str, Operand]) -> None:
    if bound.get("dag_id", _NONE) not in (_NONE, Constant(findings.scope.dag_id)):
        raise Refusal("xcom_pull() reads from another DAG", "hand the value over in conf, or in S3")
    if bound.get("run_id", _NONE) != _NONE:
        raise Refusal("xcom_pull() reads from another run", "keep the value in S3")
    if bound.get("include_prior_dates", Constant(False)) != Constant(False):
        raise Refusal("xcom_pull() reads from earlier runs", "keep the value in S3")


def _check_indexes(findings: Findings, tasks: Operand, indexes: Operand) -> None:
    """Refuse to pull from instances, but for that of its own index of a task of the same mapped group."""
    named = tasks.value if isinstance(tasks, Constant) else None
    in_group = findings.scope.peers.intersection([named] if isinstance(named, str) else named or ())
    own = Computed(Kind.INTEGER, findings.scope.map_index) if findings.scope.map_index else None
    if in_group and indexes != own:
        remedy = "write map_indexes=ti.map_index for that of its own index, or hand over the task's output"
        raise Refusal("xcom_pull() gives what all instances of its own mapped group have pushed yet", remedy)
    if not in_group and indexes != _NONE:
        raise Refusal("xcom_pull() reads from mapped tasks", "leave out map_indexes")


def _xcom(findings: Findings, task: Operand, key: str, default: Operand) -> Operand:
    found = xcom_record(findings, task, key)
    if default == _NONE:
        return Computed(Kind.JSON, f"$or_none({found.bare})", label=found.label)
    # Airflow takes the default for a value that is None, too.
    missing = f"($or_none({found.bare}) = null)"
    return either(missing, default, Computed(Kind.JSON, found.bare))


def _xcom_of_any(findings: Findings, key: str) -> Operand | None:
    """Return the XCom of the task before this one that has it and ended last; None if that cannot be told."""
    before = findings.scope.before()
    if not before or not (findings.scope.mapped | findings.scope.peers).isdisjoint(before):
        return None
    findings.reads_of_any = True
    found = [(task, xcom_record(findings, Constant(task), key)) for task in before]
    listed = ", ".join(
        f"{{'at': $states.input.{path(task)}.at, 'value': {record.bare}}}" for task, record in found
    )
    has_it = "function($one) { $exists($one.value) and $one.value != null }"
    in_order = "function($one, $other) { $one.at > $other.at }"
    latest = f"$sort([$filter([{listed}], {has_it})], {in_order})[-1].value"
    return Computed(Kind.JSON, f"$or_none({latest})", label=f"xcom_pull(key='{key}')")


def xcom_record(findings: Findings, task: Operand, key: str, *, as_list: bool = False) -> Computed:
    """Return an XCom of a task, undefined where there is none, and note that it is read. Raises Refusal.

    Of a mapped task that is the list of what its instances have pushed; but ``xcom_pull`` gives what a single
    one has pushed by itself, and nothing for none, unless ``as_list``.
    """
    if task == _NONE:
        remedy = "name the tasks: task_ids='…'; without, Airflow 3 looks among the task's own XComs"
        raise Refusal("xcom_pull() does not say from which task", remedy)
    task_id = constant_text(task, "a task id in xcom_pull()")
    if task_id == findings.scope.task_id:
        raise Refusal("xcom_pull() reads the task's own XCom", "name another task")
    if task_id not in findings.scope.tasks:
        remedy = "name another task of this DAG"
        raise Refusal(f"xcom_pull() reads from '{task_id}'", remedy)
    findings.reads[task_id] = None
    if task_id in findings.scope.mapped:
        pushed = pushed_by_instances(task_id, key)
        several = f"($all := {pushed}; $count($all) = 1 ? $all[0] : $count($all) > 1 ? $all)"
        return maybe(pushed if as_list else several, f"xcom_pull('{task_id}', key='{key}')")
    record = f"$states.input.{path(task_id)}"
    found = f"{record}.output" if key == RETURN_VALUE else member_path(f"{record}.xcom", key)
    return maybe(found, f"xcom_pull('{task_id}', key='{key}')")


def _ds_add(findings: Findings, given: Given) -> Operand:
    bound = given.bind("macros.ds_add()", "ds days")
    if len(bound) != 2:
        raise Refusal("macros.ds_add() needs a date and a number of days", "give both")
    date, days = bound["ds"], bound["days"]
    if isinstance(date, Constant) and isinstance(days, Constant):
        return folded(lambda: _ds_add_in_python(date.value, days.value))
    if days == Constant(0):
        return computed(date)
    moment = strptime(date, "%Y-%m-%d")
    if isinstance(days, Constant):
        later = shifted(moment, folded_timedelta(days=days.value))
    else:
        later = Computed(Kind.PLAIN, f"$shift({moment.text}, $days({computed(days).text}) * 86400)")
    added = strftime(later, "%Y-%m-%d")
    if isinstance(days, Constant) or (isinstance(date, Computed) and date.kind is Kind.DATE_TEXT):
        return added
    # Airflow gives back whatever it is given, then.
    return either(f"({number_atom(days)} = 0)", date, added)


def folded_timedelta(**fields: Any) -> datetime.timedelta:
    """Return a timedelta. Raises Refusal for what is none."""
    span = folded(lambda: datetime.timedelta(**fields))
    if isinstance(span, Constant) and isinstance(span.value, datetime.timedelta):
        return span.value
    raise Refusal("this is no time span", "use macros.timedelta(days=…)")


def _ds_add_in_python(ds: Any, days: Any) -> str:
    if not days:
        return str(ds)
    moment = datetime.datetime.strptime(str(ds), "%Y-%m-%d") + datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%d")


def _ds_format(findings: Findings, given: Given) -> Operand:
    bound = given.bind("macros.ds_format()", "ds input_format output_format")
    if len(bound) != 3:
        raise Refusal("macros.ds_format() needs a date and two formats", "give all three")
    read = constant_text(bound["input_format"], "input_format")
    write = constant_text(bound["output_format"], "output_format")
    date = bound["ds"]
    if isinstance(date, Constant):
        return folded(lambda: datetime.datetime.strptime(str(date.value), read).strftime(write))
    return strftime(strptime(date, read), write)


def _strptime(findings: Findings, given: Given) -> Operand:
    bound = given.bind("macros.datetime.strptime()", "date_string format")
    if len(bound) != 2:
        raise Refusal("macros.datetime.strptime() needs a date and a format", "give both")
    read = constant_text(bound["format"], "the format")
    date = bound["date_string"]
    if isinstance(date, Constant):
        return folded(lambda: datetime.datetime.strptime(date.value, read))
    return strptime(date, read)


def _of_constants(what: str, function: Callable[..., Any]) -> Callable[[Findings, Given], Operand]:
    def call_it(findings: Findings, given: Given) -> Operand:
        if not given.all_constant:
            remedy = "write the numbers themselves; macros.ds_add takes a number of the run"
            raise Refusal(f"{what}() is given a value of the run", remedy)
        positional, named = given.constants()
        return folded(lambda: function(*positional, **named))

    return call_it


def _range(*limits: Any) -> list[int]:
    numbers = range(*limits)
    if len(numbers) > _LONGEST_RANGE:
        raise ValueError(f"more than {_LONGEST_RANGE} numbers")
    return list(numbers)


def _key_of_get(given: Given) -> tuple[str, Operand]:
    bound = given.bind(".get()", "key default")
    key = bound.get("key", _NONE)
    return constant_text(key, "the key of .get()"), bound.get("default", _NONE)


def _conf_get(findings: Findings, given: Given) -> Operand:
    key, default = _key_of_get(given)
    return with_default(conf_item(key), default)


def _params_get(findings: Findings, given: Given) -> Operand:
    key, default = _key_of_get(given)
    return with_default(param(findings, key), default)


def _variable_get(as_json: bool) -> Callable[[Findings, Given], Operand]:
    def get(findings: Findings, given: Given) -> Operand:
        key, default = _key_of_get(given)
        has_default = len(given.positional) + len(given.named) > 1
        if findings.scope.variables_of_run and has_default:
            return with_default(variable_of_run(findings, key, as_json), default)
        known = findings.scope.variables
        absent = known is not None and key not in known
        return default if absent and has_default else variable(findings, key, as_json=as_json)

    return get


_FUNCTIONS: Mapping[str, Callable[[Findings, Given], Operand]] = {
    "ti.xcom_pull": _xcom_pull,
    "macros.ds_add": _ds_add,
    "macros.ds_format": _ds_format,
    "macros.timedelta": _of_constants("macros.timedelta", datetime.timedelta),
    "macros.datetime": _of_constants("macros.datetime", datetime.datetime),
    "macros.datetime.strptime": _strptime,
    "range": _of_constants("range", _range),
    "dag_run.conf.get": _conf_get,
    "params.get": _params_get,
    "var.value.get": _variable_get(as_json=False),
    "var.json.get": _variable_get(as_json=True),
}
