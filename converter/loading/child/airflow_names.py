"""Airflow's own names, from where the installed version has them: 3.1 and newer, or 2.11.

Everything that is imported from Airflow when the process starts is imported here, but for what has the same
place in both.
"""

from __future__ import annotations

import inspect
from typing import Any

import airflow

IS_AIRFLOW_2 = airflow.__version__.startswith("2.")

if IS_AIRFLOW_2:
    from airflow.decorators import TaskDecoratorCollection
    from airflow.decorators.base import DecoratedOperator, get_unique_task_id, task_decorator_factory
    from airflow.hooks.base import BaseHook
    from airflow.models import baseoperator as operator_module
    from airflow.models import mappedoperator as mapped_operator_module
    from airflow.models.abstractoperator import AbstractOperator
    from airflow.models.baseoperator import BaseOperator, BaseOperatorMeta
    from airflow.models.connection import Connection
    from airflow.models.dag import DAG, DagContext
    from airflow.models.expandinput import MappedArgument
    from airflow.models.mappedoperator import MappedOperator
    from airflow.models.param import Param
    from airflow.models.taskmixin import DependencyMixin
    from airflow.models.variable import Variable
    from airflow.models.xcom_arg import ConcatXComArg, MapXComArg, PlainXComArg, XComArg, ZipXComArg
    from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
    from airflow.timetables.simple import NullTimetable
    from airflow.utils.task_group import TaskGroup, TaskGroupContext
    from airflow.utils.trigger_rule import TriggerRule

    TRIGGER_RULES: tuple[Any, ...] = (TriggerRule,)
    current_dag = DagContext.get_current_dag
    current_task_group = TaskGroupContext.get_current_task_group
else:
    from airflow.sdk import (
        DAG,
        BaseHook,
        BaseOperator,
        Connection,
        Param,
        TaskGroup,
        TriggerRule,
        Variable,
        XComArg,
    )
    from airflow.sdk.bases import operator as operator_module
    from airflow.sdk.bases.decorator import DecoratedOperator, get_unique_task_id, task_decorator_factory
    from airflow.sdk.bases.operator import BaseOperatorMeta
    from airflow.sdk.definitions import mappedoperator as mapped_operator_module
    from airflow.sdk.definitions._internal.abstractoperator import AbstractOperator
    from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext
    from airflow.sdk.definitions._internal.expandinput import MappedArgument
    from airflow.sdk.definitions._internal.mixins import DependencyMixin
    from airflow.sdk.definitions.decorators import TaskDecoratorCollection
    from airflow.sdk.definitions.mappedoperator import MappedOperator
    from airflow.sdk.definitions.timetables.interval import (
        CronDataIntervalTimetable,
        DeltaDataIntervalTimetable,
    )
    from airflow.sdk.definitions.timetables.simple import NullTimetable
    from airflow.sdk.definitions.xcom_arg import ConcatXComArg, MapXComArg, PlainXComArg, ZipXComArg
    from airflow.task.trigger_rule import TriggerRule as CoreTriggerRule

    TRIGGER_RULES = (TriggerRule, CoreTriggerRule)
    current_dag = DagContext.get_current

    def current_task_group(dag: Any) -> Any:
        """Return the task group that is being defined, None without a DAG."""
        return TaskGroupContext.get_current(dag) if dag else None


__all__ = [
    "DAG",
    "IS_AIRFLOW_2",
    "PARAMETERS_OF_DAG",
    "PARAMETERS_OF_OPERATORS",
    "TRIGGER_RULES",
    "AbstractOperator",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorMeta",
    "ConcatXComArg",
    "Connection",
    "CronDataIntervalTimetable",
    "DagContext",
    "DecoratedOperator",
    "DeltaDataIntervalTimetable",
    "DependencyMixin",
    "MapXComArg",
    "MappedArgument",
    "MappedOperator",
    "NullTimetable",
    "Param",
    "PlainXComArg",
    "TaskDecoratorCollection",
    "TaskGroup",
    "Variable",
    "XComArg",
    "ZipXComArg",
    "current_dag",
    "current_task_group",
    "get_unique_task_id",
    "mapped_operator_module",
    "operator_module",
    "schedule_of",
    "task_decorator_factory",
]

PARAMETERS_OF_DAG = frozenset(inspect.signature(DAG.__init__).parameters) - {"self"}
#: Those of BaseOperator: what every operator takes.
PARAMETERS_OF_OPERATORS = frozenset(inspect.signature(BaseOperator.__init__).parameters) - {"self", "kwargs"}

#: Timetables of Airflow 2 that plain schedules become: the schedule says everything about them.
_PLAIN_TIMETABLES = frozenset(
    "NullTimetable OnceTimetable ContinuousTimetable CronDataIntervalTimetable "
    "DeltaDataIntervalTimetable".split()
)


def schedule_of(dag: Any) -> Any:
    """Return the schedule that was given to a DAG: in Airflow 2 a DAG keeps a summary only, of some."""
    if not IS_AIRFLOW_2:
        return dag.schedule
    if type(dag.timetable).__name__ in _PLAIN_TIMETABLES:
        return dag.schedule_interval
    return getattr(dag.timetable, "dataset_condition", dag.timetable)
