"""Lets the constructors of DAGs, tasks and task groups take what they took in Airflow 1.10 and 2."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.exceptions import AirflowException

from converter.loading.child.airflow_names import (
    DAG,
    IS_AIRFLOW_2,
    PARAMETERS_OF_DAG,
    PARAMETERS_OF_OPERATORS,
    TRIGGER_RULES,
    BaseOperator,
    BaseOperatorMeta,
    CronDataIntervalTimetable,
    DecoratedOperator,
    DeltaDataIntervalTimetable,
    TaskDecoratorCollection,
    TaskGroup,
    current_dag,
    current_task_group,
    mapped_operator_module,
    operator_module,
)
from converter.loading.child.stand_ins import old_arguments
from converter.loading.child.stand_ins.arguments import Arguments
from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.child.stand_ins.unmapped import (
    UnmappedOperator,
    forget_task,
    learn_arguments,
    unmapped_class,
    unmapped_decorator,
)
from converter.loading.timetables import Timetables
from converter.workflow import Location, StandInKind

#: What DAG took by position until Airflow 2.
_POSITIONS_IN_DAG = ("description", "schedule_interval", "start_date", "end_date")
#: Arguments of DAG that say when it runs.
_SCHEDULES = frozenset({"schedule", "schedule_interval", "timetable"})
_IDLE = frozenset(old for old, new in old_arguments.OF_OPERATORS.items() if new is None)
#: What of a file Airflow 3 refuses.
_OF_AIRFLOW_2 = (
    StandInKind.MOVED,
    StandInKind.REMOVED,
    StandInKind.RENAMED_ARGUMENT,
    StandInKind.IDLE_ARGUMENT,
)
#: Schedules that mean no interval.
_NO_INTERVALS = ("@once", "@continuous")


class Constructors:
    """Wraps the constructors of Airflow. One per process."""

    def __init__(self, ledger: Ledger, timetables: Timetables) -> None:
        self._ledger = ledger
        self._timetables = timetables
        self._arguments = Arguments(ledger)

    def install(self) -> None:
        """Take the place of Airflow's constructors, for the rest of this process."""
        DAG.__init__ = self._of_dag(DAG.__init__)
        for old, new in old_arguments.ATTRIBUTES_OF_DAGS.items():
            # An argument that it still takes, a DAG has as its own attribute.
            if not hasattr(DAG, old) and old not in PARAMETERS_OF_DAG:
                setattr(DAG, old, self._renamed_attribute(old, new))
        TaskGroup.__init__ = self._of_task_group(TaskGroup.__init__)
        BaseOperatorMeta.__call__ = self._of_operator(BaseOperatorMeta.__call__)
        # By it Airflow knows which of the default_args are for a mapped @task; that call would hide it.
        BaseOperatorMeta.__signature__ = property(_signature)
        BaseOperator.__init__ = self._of_base_operator(BaseOperator.__init__)
        check = self._of_mapped_operator(mapped_operator_module.validate_mapping_kwargs)
        mapped_operator_module.validate_mapping_kwargs = operator_module.validate_mapping_kwargs = check
        decorators: Any = TaskDecoratorCollection
        decorators.__getattr__ = self._decorators(decorators.__getattr__)
        for rules, old in itertools.product(TRIGGER_RULES, old_arguments.TRIGGER_RULES):
            # The text, no member of the enumeration: then it is noted where it is used.
            if not hasattr(rules, old.upper()):
                setattr(rules, old.upper(), old)

    def _of_dag(self, construct: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(construct)
        def construct_dag(dag: Any, dag_id: Any, *positional: Any, **given: Any) -> None:
            if len(positional) > len(_POSITIONS_IN_DAG):
                raise TypeError("Use keyword arguments when initializing DAGs")
            given = {"dag_id": dag_id, **dict(zip(_POSITIONS_IN_DAG, positional, strict=False)), **given}
            of_airflow_2 = "schedule_interval" in given and "schedule_interval" not in PARAMETERS_OF_DAG
            if of_airflow_2:
                given.setdefault("schedule", given.pop("schedule_interval"))
            construct(dag, **self._arguments.of_dag(given, PARAMETERS_OF_DAG))
            if self._timetables.catchup and "catchup" not in given:
                # Not by Airflow's own option: Airflow 3 wants a start_date then, which tasks may have.
                dag.__dict__["_caught_up_by_default"] = True
            if of_airflow_2:
                self._count_intervals(dag, "schedule_interval")
            elif not _SCHEDULES & given.keys():
                self._stay_without_schedule(dag)
            elif self._timetables.cron_intervals is None and not IS_AIRFLOW_2:
                self._date_as_written_for(dag)

        return construct_dag

    def _renamed_attribute(self, old: str, new: str) -> property:
        def value(dag: Any) -> Any:
            self._ledger.note(StandInKind.MOVED, f"DAG.{old}", f"DAG.{new}")
            return getattr(dag, new)

        return property(value)

    def date(self, dag: Any, place: Location | None, *, for_airflow_2: bool) -> None:
        """Let the plain schedule of a DAG (made at ``place``) mean what it meant in Airflow 2, if the file is
        for that one: by what it asks of the context, or by arguments that Airflow 3 refuses.
        """
        if self._timetables.cron_intervals is not None or IS_AIRFLOW_2 or dag.__dict__.get("_dates_are_told"):
            return
        if for_airflow_2 or self._ledger.has(*_OF_AIRFLOW_2):
            self._count_intervals(dag, "schedule", place)

    def _count_intervals(self, dag: Any, word: str, place: Location | None = None) -> None:
        """Let a schedule mean what it meant in Airflow 2; ``word`` is the argument's name."""
        if self._timetables.cron_intervals is None:
            dag.__dict__["_dates_are_told"] = True
            if _take_for_intervals(dag):
                timetable = type(dag.timetable).__name__
                self._ledger.note(StandInKind.INTERVALS, str(dag.schedule), timetable, place)
                return
        if word != "schedule":
            self._ledger.note(StandInKind.RENAMED_ARGUMENT, f"DAG({word}=...)", "schedule=...")

    def _date_as_written_for(self, dag: Any) -> None:
        """Let a plain schedule mean what it meant in Airflow 2 if no other Airflow loads the file.

        Else it stays one that nobody has told: Airflow 3 loads many files that were written for Airflow 2,
        and may be told to count in intervals.
        """
        if self._ledger.has(StandInKind.MOVED, StandInKind.REMOVED):
            self._count_intervals(dag, "schedule")

    def _stay_without_schedule(self, dag: Any) -> None:
        """Note that Airflow 2, which the file is for by all appearances, gave such a DAG a schedule."""
        if not IS_AIRFLOW_2 and self._ledger.has(StandInKind.MOVED, StandInKind.REMOVED):
            self._ledger.note(StandInKind.NO_SCHEDULE, dag.dag_id)

    def _of_task_group(self, construct: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(construct)
        def construct_group(group: Any, *group_id: Any, **given: Any) -> None:
            construct(
                group,
                **self._arguments.of_anything({**dict(zip(["group_id"], group_id, strict=False)), **given}),
            )

        return construct_group

    def _of_operator(self, construct: Callable[..., Any]) -> Callable[..., Any]:
        def construct_operator(operator_class: type, *args: Any, **given: Any) -> Any:
            arguments = self._arguments.of_operator(given, operator_class)
            try:
                operator = construct(operator_class, *args, **arguments)
            except (TypeError, ValueError, AttributeError, LookupError, AirflowException) as error:
                operator = self._kept(operator_class, args, arguments, error)
            # What became of arguments that reached BaseOperator itself (_of_base_operator).
            gone, new = operator.__dict__.pop("_translated", ((), {}))
            passed = operator._BaseOperator__init_kwargs
            for name in {*gone, *_IDLE}:
                passed.pop(name, None)
            passed.update(new)
            return operator

        return construct_operator

    def _kept(self, operator_class: type, args: Any, arguments: dict[str, Any], error: Exception) -> Any:
        """Return a task that Airflow does not make, as one of an operator that is not installed.

        Raises the error if it is a mistake in the DAG, or if the operator is not made by a DAG file.
        """
        task_id = arguments.get("task_id")
        mistake = "Duplicate" in type(error).__name__ or issubclass(
            operator_class, (UnmappedOperator, DecoratedOperator)
        )
        if args or mistake or not isinstance(task_id, str):
            raise error
        dag = arguments.get("dag") or current_dag()
        group = arguments.get("task_group") or current_task_group(dag)
        forget_task(dag, group, task_id)
        what = " ".join(f"{type(error).__name__}: {error}".split())
        self._ledger.note(StandInKind.REFUSED_TASK, f"task '{task_id}'", what[:200])
        return unmapped_class(f"{operator_class.__module__}.{operator_class.__name__}")(**arguments)

    def _of_base_operator(self, construct: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(construct)
        def construct_base(operator: Any, **given: Any) -> None:
            todays, foreign = self._arguments.of_base_operator(given, PARAMETERS_OF_OPERATORS, type(operator))
            if todays.keys() != given.keys():
                new = {name: value for name, value in todays.items() if name not in given}
                gone = given.keys() - todays.keys() - foreign.keys()
                operator.__dict__["_translated"] = gone, {**new, **foreign}
            construct(operator, **todays)

        # Airflow recognises the constructor of a class by what it wraps.
        construct_base.__wrapped__ = construct.__wrapped__  # type: ignore[attr-defined]  # set by functools
        return construct_base

    def _of_mapped_operator(self, check: Callable[..., None]) -> Callable[..., None]:
        def check_todays(operator_class: Any, method: Any, arguments: dict[str, Any]) -> None:
            learn_arguments(operator_class, arguments)
            if method == "partial":
                todays = self._arguments.of_operator(arguments, operator_class)
                # In place: they are the caller's own, which makes the task from them afterwards.
                arguments.clear()
                arguments.update(todays)
            check(operator_class, method, arguments)

        return check_todays

    def _decorators(self, find: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
        def find_or_stand_in(collection: Any, name: str) -> Any:
            try:
                return find(collection, name)
            except AttributeError:
                if name.startswith("__"):
                    raise
            dotted = f"airflow.sdk.task.{name}"
            self._ledger.note(StandInKind.UNMAPPED_OPERATOR, dotted)
            return unmapped_decorator(dotted)

        return find_or_stand_in


def _signature(operator_class: type) -> inspect.Signature:
    """Return what an operator's constructor takes."""
    _, *parameters = inspect.signature(operator_class.__init__).parameters.values()  # type: ignore[misc]
    return inspect.Signature(parameters)


def _take_for_intervals(dag: Any) -> bool:
    """Let a run of a plain schedule stand for the interval before it; return whether it is a plain one."""
    schedule = dag.schedule
    if isinstance(schedule, str) and schedule not in _NO_INTERVALS:
        dag.timetable = CronDataIntervalTimetable(schedule, dag.timezone)
    elif isinstance(schedule, timedelta) or type(schedule).__name__ == "relativedelta":
        dag.timetable = DeltaDataIntervalTimetable(schedule)
    else:
        return False
    return True
