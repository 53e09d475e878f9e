"""What a name means that a DAG file imports from Airflow.

Airflow has moved most names between its versions, some of them several times; the name itself says what it
is, wherever it is imported from.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

from . import assets, exceptions, references
from .context import get_current_context
from .dags import DAG, TaskGroup, dag, task_group
from .hooks import HOOKS
from .http import HttpOperator, HttpSensor
from .inert import inert_class
from .nodes import Label, chain
from .operators import (
    BaseOperator,
    BaseSensorOperator,
    BashOperator,
    BranchPythonOperator,
    PokeReturnValue,
    PythonOperator,
    PythonSensor,
    ShortCircuitOperator,
)
from .taskflow import setup_or_teardown, task
from .variables import Variable


class Param:
    """A parameter with a default and a schema: here, its default."""

    def __new__(cls, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the default itself."""
        return default


_RULES = (
    "all_success all_failed all_done all_done_min_one_success all_done_setup_success one_success one_failed "
    "one_done none_failed none_failed_or_skipped none_skipped none_failed_min_one_success all_skipped always"
).split()


class TriggerRule:
    """Trigger rules are texts: the machine has decided by them already, but ids may be made of them."""


for _rule in _RULES:
    setattr(TriggerRule, _rule.upper(), _rule)


def apply_defaults(function: Any) -> Any:
    """Return the function itself, as Airflow does since 2.0."""
    return function


def days_ago(days: int, **time: int) -> datetime:
    """Return midnight of some days ago, UTC (airflow.utils.dates.days_ago)."""
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    return today.replace(**time) - timedelta(days=days)  # type: ignore[arg-type]  # hour, minute, second, …


_NAMES: dict[str, Any] = {
    **{name: item for name, item in vars(exceptions).items() if isinstance(item, type)},
    **HOOKS,
    "Asset": assets.Asset,
    "AssetAlias": assets.AssetAlias,
    "AssetAll": assets.Assets,
    "AssetAny": assets.Assets,
    "BaseOperator": BaseOperator,
    "BaseSensorOperator": BaseSensorOperator,
    "BashOperator": BashOperator,
    "BranchPythonOperator": BranchPythonOperator,
    "DAG": DAG,
    "Dataset": assets.Asset,
    "DatasetAlias": assets.AssetAlias,
    "HttpOperator": HttpOperator,
    "HttpSensor": HttpSensor,
    "Label": Label,
    "Metadata": assets.Metadata,
    "Param": Param,
    "PokeReturnValue": PokeReturnValue,
    "PythonOperator": PythonOperator,
    "PythonSensor": PythonSensor,
    "ShortCircuitOperator": ShortCircuitOperator,
    "SimpleHttpOperator": HttpOperator,
    "TaskGroup": TaskGroup,
    "TriggerRule": TriggerRule,
    "Variable": Variable,
    "XComArg": references.XComArg,
    "apply_defaults": apply_defaults,
    "asset": assets.asset,
    "chain": chain,
    "chain_linear": chain,
    "cross_downstream": chain,
    "dag": dag,
    "days_ago": days_ago,
    "get_current_context": get_current_context,
    "literal": references.Literal,
    "setup": setup_or_teardown,
    "task": task,
    "task_group": task_group,
    "teardown": setup_or_teardown,
}
#: What `from airflow.… import *` gives.
EXPORTED = tuple(_NAMES)
#: Parts of a module's path, or ends of a class's name, that say that a class is an operator.
_OPERATOR_MODULES = frozenset({"operators", "sensors", "transfers", "decorators"})
_OPERATOR_ENDS = ("Operator", "Sensor")
_ERROR_ENDS = ("Exception", "Error")


def meaning_of(module: str, name: str) -> Any:
    """Return what ``from <module> import <name>`` gives: a name of Airflow, or of a module that is missing.

    Raises AttributeError for a name in lower case that is not known: it may be a module.
    """
    dotted = f"{module}.{name}"
    of_airflow = module.partition(".")[0] == "airflow"
    if of_airflow and name in _NAMES:
        return _NAMES[name]
    if name.endswith(_ERROR_ENDS) or "exceptions" in module.split("."):
        return type(name, (exceptions.AirflowException if of_airflow else Exception,), {})
    if name[:1].isupper():
        is_operator = name.endswith(_OPERATOR_ENDS) or (
            of_airflow and _OPERATOR_MODULES & {*module.split(".")}
        )
        return type(name, (BaseOperator,), {}) if is_operator else inert_class(dotted)
    if of_airflow and name == "macros":
        from . import macros

        return macros
    raise AttributeError(f"module {module!r} has no attribute {name!r}")
