"""The names of Airflow's template context, and what is said of each."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from converter.expressions.deployment import ENVIRONMENT, VARIABLE, described, parameter_name
from converter.expressions.jsonata import Substitution, literal
from converter.expressions.templates.date_formats import strftime
from converter.expressions.templates.dates import shifted
from converter.expressions.templates.folding import folded
from converter.expressions.templates.helpers import RUN
from converter.expressions.templates.members import METHODS_OF_DICTS, maybe, member_path
from converter.expressions.templates.operands import (
    Computed,
    Constant,
    Kind,
    Named,
    Operand,
    Undefined,
    computed,
)
from converter.expressions.templates.scope import Findings, Refusal
from converter.expressions.variables import is_parameter_name
from converter.workflow import Opaque

_CONF = f"{RUN}.conf"

#: A Variable with JSON whose value is not known, and its members.
_JSON_OF_DEPLOYMENT = "var.json."

#: Environment variables of Airflow's machines, as the loader writes them.
ENVIRON = "environ"

#: Where two names mean the same.
_ALIASES = {"task_instance": "ti"}

#: What is nothing but its members, methods included.
_NAMESPACES = frozenset(
    """
    conn dag dag_run dag_run.conf macros macros.datetime macros.datetime.strptime macros.ds_add
    macros.ds_format macros.timedelta params range task ti ti.xcom_pull var var.json var.value
    """.split()
) | {ENVIRON}

_WRITE_LOGICAL_DATE = "write logical_date, or data_interval_start"
#: Gone in Airflow 3, with what to write there.
_REMOVED = {
    "execution_date": _WRITE_LOGICAL_DATE,
    "next_execution_date": "write data_interval_end",
    "prev_execution_date": "write (data_interval_start - macros.timedelta(days=1)), or what the schedule is",
    "next_ds": "write data_interval_end | ds",
    "next_ds_nodash": "write data_interval_end | ds_nodash",
    "prev_ds": "write macros.ds_add(ds, -1), or what the schedule is",
    "prev_ds_nodash": "write macros.ds_add(ds, -1) | replace('-', '')",
    "yesterday_ds": "write macros.ds_add(ds, -1)",
    "yesterday_ds_nodash": "write macros.ds_add(ds, -1) | replace('-', '')",
    "tomorrow_ds": "write macros.ds_add(ds, 1)",
    "tomorrow_ds_nodash": "write macros.ds_add(ds, 1) | replace('-', '')",
}

#: In Airflow's context (airflow.sdk.definitions.context), and in no machine.
_UNKNOWN_TO_MACHINES = frozenset(
    """
    outlet_events exception expanded_ti_count inlets inlet_events map_index_template outlets partition_key
    partition_date prev_data_interval_start_success prev_data_interval_end_success prev_start_date_success
    prev_end_date_success reason task_reschedule_count task_state_store asset_state_store templates_dict
    test_mode triggering_asset_events try_number
    """.split()
)
_GLOBALS_OF_JINJA = frozenset({"dict", "lipsum", "cycler", "joiner", "namespace"})

#: No secret belongs into a definition, which every reader of the account sees.
_SECRETS = frozenset({"password", "extra", "extra_dejson", "get_uri", "as_json"})


def name_in_context(findings: Findings, name: str) -> Operand:
    """Return what a name that the template does not set itself stands for. Raises Refusal."""
    name = _ALIASES.get(name, name)
    if name in _VALUES:
        return _VALUES[name](findings)
    if findings.scope.of_airflow_2 and name in _OF_AIRFLOW_2:
        return _OF_AIRFLOW_2[name](findings)
    if name in _NAMESPACES and name not in findings.scope.user_defined:
        return Named(name)
    if name in findings.scope.user_defined:
        raise Refusal(
            f"'{name}' is one of user_defined_macros", "write what it gives, or compute it in a task"
        )
    if name in _UNKNOWN_TO_MACHINES or name in _GLOBALS_OF_JINJA:
        raise Refusal(f"'{name}' is not converted", "leave it out, or compute the value in a task")
    what = f"'{name}' is undefined"
    return Undefined(f"{what} since Airflow 3", _REMOVED[name]) if name in _REMOVED else Undefined(what)


def member(findings: Findings, owner: Named, key: str, *, dotted: bool) -> Operand:
    """Return ``owner.key`` (``dotted``) or ``owner['key']`` of a part of the context. Raises Refusal."""
    name = f"{owner.name}.{key}"
    if name in _VALUES:
        return _VALUES[name](findings)
    if dotted and key == "get" and owner.name in ("dag_run.conf", "params", "var.value", "var.json"):
        return Named(name)
    if dotted and key in METHODS_OF_DICTS and owner.name in ("dag_run.conf", "params"):
        raise Refusal(f"{name} is a method of Python's dict", f"write {owner.name}['{key}'] for the key")
    if owner.name in _MEMBERS_OF:
        return _MEMBERS_OF[owner.name](findings, key)
    if owner.name.startswith(_JSON_OF_DEPLOYMENT):
        return Named(name)
    if owner.name.startswith("conn."):
        return _connection_field(findings, owner, key)
    if name in _NAMESPACES:
        return Named(name)
    remedy = "leave it out, or compute the value in a task"
    if owner.name.startswith("macros"):
        remedy = "use macros.ds_add, ds_format, datetime or timedelta, or compute the value in a task"
    raise Refusal(f"{name} is not converted", remedy)


def whole(findings: Findings, owner: Named) -> Operand:
    """Return conf or params as a value; other parts of the context are none."""
    if owner.name == "dag_run.conf":
        return Computed(Kind.OBJECT, f"$merge([{{}}, {_CONF}])", label="dag_run.conf")
    if owner.name == "params":
        defaults = {
            name: value for name, value in findings.scope.params.items() if not isinstance(value, Opaque)
        }
        return Computed(Kind.OBJECT, f"$merge([{literal(defaults)}, {_CONF}])", label="params")
    if owner.name.startswith(_JSON_OF_DEPLOYMENT):
        variable_name, _, inside = owner.name.removeprefix(_JSON_OF_DEPLOYMENT).partition(".")
        if not inside:
            remedy = (
                "give its value with --variables FILE (JSON: name to value), or name the member that is meant"
            )
            raise Refusal(f"the value of the Variable '{variable_name}' is not known", remedy)
        return _at_deployment(findings, VARIABLE, f"{variable_name}.{inside}")
    return owner


def is_member(findings: Findings, key: str, owner: Named) -> Operand:
    """Return whether conf or params have a key."""
    if owner.name == "params" and key in findings.scope.params:
        return Constant(True)
    if owner.name in ("params", "dag_run.conf"):
        return Computed(Kind.BOOLEAN, f"$exists({_in_conf(key)})")
    raise Refusal(f"'in' asks for a member of {owner.name}", "use 'is defined'")


def param(findings: Findings, key: str) -> Computed:
    """Return one of ``params``: what conf says, else the default."""
    given = _in_conf(key)
    default = findings.scope.params.get(key)
    if key not in findings.scope.params or isinstance(default, Opaque):
        return maybe(given, f"params.{key}")
    value = computed(Constant(default)).text
    return Computed(Kind.JSON, f"($exists({given}) ? {given} : {value})", label=f"params.{key}")


def conf_item(key: str) -> Computed:
    """Return a value of ``dag_run.conf``."""
    return maybe(_in_conf(key), f"dag_run.conf.{key}")


def _in_conf(key: str) -> str:
    return member_path(_CONF, key)


def variable(findings: Findings, key: str, as_json: bool) -> Operand:
    """Return an Airflow Variable: what the run has read; else its value, if that is known, or what the
    deployment says.

    Of one that holds JSON, the deployment can only say members.
    """
    if findings.scope.variables_of_run:
        found = variable_of_run(findings, key, as_json)
        # Airflow raises an error where a Variable is missing: neither a default nor 'is defined' helps there.
        return Computed(found.kind, found.text, f"$exists({found.text})", found.label)
    known = findings.scope.variables
    if known is None or key not in known:
        return Named(f"{_JSON_OF_DEPLOYMENT}{key}") if as_json else _at_deployment(findings, VARIABLE, key)
    return folded(lambda: json.loads(known[key])) if as_json else Constant(known[key])


def variable_of_run(findings: Findings, key: str, as_json: bool) -> Computed:
    """Return a Variable that the run has read when it began, and that may be missing. Raises Refusal."""
    if not is_parameter_name(key):
        remedy = "use letters, digits and . _ - in the name of the Variable"
        raise Refusal(f"no parameter in Parameter Store can have the name of the Variable '{key}'", remedy)
    findings.variables[key] = None
    value = maybe(f"{'$variable_json' if as_json else '$variable'}({literal(key)})", f"the Variable {key}")
    return replace(value, kind=Kind.JSON if as_json else Kind.TEXT)


def _at_deployment(findings: Findings, kind: str, key: str) -> Computed:
    """Return a text that is a parameter of the stack."""
    name = parameter_name(kind, key)
    findings.deployed[name] = described(kind, key)
    return Computed(Kind.TEXT, f"'{Substitution(name)}'", label=f"{kind} {key}")


def _environment(findings: Findings, key: str) -> Operand:
    return _at_deployment(findings, ENVIRONMENT, key)


def _connection(findings: Findings, key: str) -> Operand:
    known = findings.scope.connections
    if known is None or key not in known:
        remedy = "write the value itself; secrets belong into AWS Secrets Manager"
        raise Refusal(f"the connection '{key}' is not known", remedy)
    return Named(f"conn.{key}")


def _connection_field(findings: Findings, owner: Named, field: str) -> Operand:
    """Return a field of a connection that is no secret. Raises Refusal."""
    connection = (findings.scope.connections or {})[owner.name.partition(".")[2]]
    if field in _SECRETS or field not in connection:
        remedy = "read it from AWS Secrets Manager in the job itself"
        raise Refusal(f"{owner.name}.{field} would stand in the definition, or is not known", remedy)
    return Constant(connection[field])


_MEMBERS_OF: Mapping[str, Callable[[Findings, str], Operand]] = {
    "dag_run.conf": lambda findings, key: conf_item(key),
    "params": param,
    "var.value": lambda findings, key: variable(findings, key, as_json=False),
    "var.json": lambda findings, key: variable(findings, key, as_json=True),
    "conn": _connection,
    ENVIRON: _environment,
}


def _date_of_run(name: str, kind: Kind) -> Callable[[Findings], Computed]:
    def value(findings: Findings) -> Computed:
        findings.uses_dates = True
        return Computed(kind, f"$date({literal(name)})", f"($type({RUN}.{name}) = 'string')", name)

    return value


_logical_date = _date_of_run("logical_date", Kind.MOMENT)


def _as_format(pattern: str) -> Callable[[Findings], Operand]:
    return lambda findings: strftime(_logical_date(findings), pattern)


def _ts(findings: Findings) -> Operand:
    date = _logical_date(findings)
    return Computed(Kind.TEXT, date.text, date.exists, "ts")


def _ts_nodash_with_tz(findings: Findings) -> Operand:
    date = _logical_date(findings)
    text = f"$replace($replace({date.text}, '-', ''), ':', '')"
    return Computed(Kind.TEXT, text, date.exists, "ts_nodash_with_tz")


def _task_instance_key(findings: Findings) -> Operand:
    findings.uses_dates = True
    scope = findings.scope
    day = computed(_as_format("%Y%m%d")(findings))
    run_id = _run_id(findings)
    name = literal(f"{scope.dag_id}__{scope.task_id}__")
    return Computed(Kind.TEXT, f"({name} & ({day.exists} ? {day.text} : {run_id.text}))")


def _run_id(findings: Findings) -> Computed:
    return Computed(Kind.TEXT, f"$need({RUN}.run_id, 'run_id')", label="run_id")


def _dag_id(findings: Findings) -> Operand:
    return Constant(findings.scope.dag_id)


def _task_id(findings: Findings) -> Operand:
    return Constant(findings.scope.task_id)


def _map_index(findings: Findings) -> Operand:
    index = findings.scope.map_index
    return Constant(-1) if index is None else Computed(Kind.INTEGER, index)


def _try_number(findings: Findings) -> Operand:
    return Computed(Kind.INTEGER, "($states.context.State.RetryCount + 1)")


_VALUES: Mapping[str, Callable[[Findings], Operand]] = {
    "ds": _as_format("%Y-%m-%d"),
    "ds_nodash": _as_format("%Y%m%d"),
    "ts": _ts,
    "ts_nodash": _as_format("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": _ts_nodash_with_tz,
    "logical_date": _logical_date,
    "data_interval_start": _date_of_run("data_interval_start", Kind.MOMENT),
    "data_interval_end": _date_of_run("data_interval_end", Kind.MOMENT),
    "dag_run.logical_date": _date_of_run("logical_date", Kind.AWARE),
    "dag_run.data_interval_start": _date_of_run("data_interval_start", Kind.AWARE),
    "dag_run.data_interval_end": _date_of_run("data_interval_end", Kind.AWARE),
    "run_id": _run_id,
    "dag_run.run_id": _run_id,
    "ti.run_id": _run_id,
    "dag.dag_id": _dag_id,
    "dag_run.dag_id": _dag_id,
    "task.dag_id": _dag_id,
    "ti.dag_id": _dag_id,
    "task.task_id": _task_id,
    "ti.task_id": _task_id,
    "ti.map_index": _map_index,
    "ti.try_number": _try_number,
    "task_instance_key_str": _task_instance_key,
}


def _of(date: Callable[[Findings], Computed], days: int, pattern: str) -> Callable[[Findings], Operand]:
    later = datetime.timedelta(days=days)
    return lambda findings: strftime(shifted(date(findings), later) if days else date(findings), pattern)


_data_interval_end = _date_of_run("data_interval_end", Kind.MOMENT)
#: What Airflow 3 has taken out of the context, and means the same in every schedule.
_OF_AIRFLOW_2: Mapping[str, Callable[[Findings], Operand]] = {
    "execution_date": _logical_date,
    "next_execution_date": _data_interval_end,
    "next_ds": _of(_data_interval_end, 0, "%Y-%m-%d"),
    "next_ds_nodash": _of(_data_interval_end, 0, "%Y%m%d"),
    "yesterday_ds": _of(_logical_date, -1, "%Y-%m-%d"),
    "yesterday_ds_nodash": _of(_logical_date, -1, "%Y%m%d"),
    "tomorrow_ds": _of(_logical_date, 1, "%Y-%m-%d"),
    "tomorrow_ds_nodash": _of(_logical_date, 1, "%Y%m%d"),
}
