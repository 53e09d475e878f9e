"""Translates the arguments of a DAG, a task or a task group into those that today's Airflow takes.

Three things are done to them: old names and values become today's; ids that are made of something unknown
get a name that Airflow accepts; and settings with which Airflow calculates are left out where they are
unknown.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from converter.loading.child.stand_ins import old_arguments
from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.child.stand_ins.placeholders import Placeholder, without_placeholders
from converter.loading.child.stand_ins.unknown import Unknown, mark_in, shown
from converter.workflow import StandInKind

#: Settings of operators, DAGs and task groups that Airflow checks or calculates with. Of the first kind it
#: takes any text, and so a placeholder.
_TEXTS = frozenset(
    "dag_display_name description doc doc_json doc_md doc_rst doc_yaml email executor logger_name owner pool "
    "prefix_group_id queue run_as_user task_display_name template_searchpath tooltip".split()
)
_VALUES = frozenset(
    "add_suffix_on_collision auto_register catchup dagrun_timeout default_args depends_on_past do_xcom_push "
    "email_on_failure email_on_retry end_date execution_timeout fail_fast is_paused_upon_creation "
    "max_active_runs max_active_tasks max_active_tis_per_dag max_active_tis_per_dagrun max_retry_delay "
    "multiple_outputs params pool_slots priority_weight retries retry_delay retry_exponential_backoff "
    "schedule schedule_interval sla start_date tags timetable trigger_rule wait_for_downstream "
    "weight_rule".split()
)
#: Of these, what changes neither which tasks there are nor what they do.
_IRRELEVANT = frozenset(
    "auto_register dag_display_name description doc doc_json doc_md doc_rst doc_yaml email email_on_failure "
    "email_on_retry end_date executor is_paused_upon_creation logger_name owner pool pool_slots "
    "priority_weight queue run_as_user sla start_date tags task_display_name tooltip weight_rule".split()
)
_IDS = ("dag_id", "task_id", "group_id")
#: What Airflow allows in an id (airflow.sdk.definitions._internal.node.validate_key).
_NOT_IN_IDS = re.compile(r"[^\w.-]+")


class Arguments:
    """Translates arguments, and notes what it changed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of_dag(self, given: Mapping[str, Any], accepted: frozenset[str]) -> dict[str, Any]:
        """Return the arguments for a DAG that takes those named by ``accepted``."""
        arguments = self._renamed(given, old_arguments.OF_DAGS, accepted, "DAG")
        return self.of_anything(arguments)

    def of_operator(self, given: Mapping[str, Any], operator_class: type) -> dict[str, Any]:
        """Return the arguments for an operator."""
        accepted = accepted_arguments(operator_class)
        arguments = dict(given)
        for renames in (old_arguments.OF_OPERATORS, renamed_arguments(operator_class)):
            arguments = self._renamed(arguments, renames, accepted, operator_class.__name__)
        return self.of_anything(arguments)

    def of_anything(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments without unknown settings, with acceptable ids and today's trigger rules."""
        arguments = {
            name: value
            for name, value in given.items()
            if not isinstance(value, (Unknown, Placeholder)) or self._is_usable(name, value)
        }
        for name in _IDS:
            if isinstance(arguments.get(name), (str, Unknown)):
                arguments[name] = self._id(arguments[name])
        if "trigger_rule" in arguments:
            arguments["trigger_rule"] = self._trigger_rule(arguments["trigger_rule"])
        if isinstance(arguments.get("default_args"), Mapping):
            arguments["default_args"] = self._defaults(arguments["default_args"])
        return arguments

    def of_base_operator(
        self, given: Mapping[str, Any], accepted: frozenset[str], operator_class: type
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the arguments for BaseOperator itself, and those that no class took until there."""
        arguments = self._renamed(given, old_arguments.OF_OPERATORS, accepted, operator_class.__name__)
        # Airflow's own marks begin with an underscore.
        foreign = [name for name in arguments if name not in accepted and not name.startswith("_")]
        for name in foreign:
            self._ledger.note(StandInKind.FOREIGN_ARGUMENT, f"{operator_class.__name__}({name}=...)")
        return arguments, {name: arguments.pop(name) for name in foreign}

    def _defaults(self, given: Mapping[str, Any]) -> dict[str, Any]:
        # As default_args, `provide_context` and the like are passed over by Airflow itself.
        renames = {old: new for old, new in old_arguments.OF_OPERATORS.items() if new}
        return self.of_anything(self._renamed(given, renames, frozenset(), "default_args"))

    def _renamed(
        self,
        given: Mapping[str, Any],
        renames: Mapping[str, str | None],
        accepted: frozenset[str],
        owner: str,
    ) -> dict[str, Any]:
        arguments = dict(given)
        if renames.keys().isdisjoint(given):
            return arguments
        for old in [name for name in given if name in renames and name not in accepted]:
            value, new = arguments.pop(old), renames[old]
            if new is None:
                self._ledger.note(StandInKind.IDLE_ARGUMENT, f"{owner}({old}=...)")
            else:
                arguments.setdefault(new, value)
                self._ledger.note(StandInKind.RENAMED_ARGUMENT, f"{owner}({old}=...)", f"{new}=...")
        return arguments

    def _is_usable(self, name: str, value: Unknown | Placeholder) -> bool:
        """Return whether an argument may be given something unknown; note it if not."""
        if name not in _VALUES and (isinstance(value, Placeholder) or name not in _TEXTS):
            return True
        if name in _IRRELEVANT:
            self._ledger.note(StandInKind.LEFT_OUT, f"{name}={shown(value)}")
        else:
            detail = f"is the argument '{name}', which is left out"
            self._ledger.note(StandInKind.UNKNOWN_DECIDES, shown(value), detail)
        return False

    def _id(self, given: Any) -> str:
        text = str.__str__(given) if isinstance(given, str) else str(given)
        if without_placeholders(text) == text and mark_in(text) is None:
            return text
        made = _NOT_IN_IDS.sub("_", without_placeholders(text)).strip("_")
        self._ledger.note(StandInKind.NAMED_AFTER_UNKNOWN, text, made)
        return made

    def _trigger_rule(self, given: Any) -> Any:
        today = old_arguments.TRIGGER_RULES.get(given) if isinstance(given, str) else None
        if today is None:
            return given
        self._ledger.note(StandInKind.RENAMED_ARGUMENT, f"trigger_rule={given!r}", f"trigger_rule={today!r}")
        return today


@functools.cache
def accepted_arguments(operator_class: type) -> frozenset[str]:
    """Return the names of all arguments that an operator class, or one that it is derived from, takes."""
    names: set[str] = set()
    for base in operator_class.__mro__:
        names.update(getattr(vars(base).get("__init__"), "_BaseOperatorMeta__param_names", ()))
    return frozenset(names)


@functools.cache
def renamed_arguments(operator_class: type) -> Mapping[str, str | None]:
    """Return, by old name, what arguments of one operator class are called today."""
    renames: dict[str, str | None] = {}
    for base in operator_class.__mro__:
        renames = {**old_arguments.OF_CLASSES.get(base.__name__, {}), **renames}
    return renames
