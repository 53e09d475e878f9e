"""What Airflow 2 and 3 have in different places. The only module that asks which of them this is."""

from __future__ import annotations

from typing import Any

try:
    from airflow.sdk import BaseHook, BaseOperator, BaseOperatorLink
    from airflow.sdk.exceptions import AirflowException
except ImportError:  # Airflow 2
    from airflow.exceptions import AirflowException
    from airflow.hooks.base import BaseHook
    from airflow.models.baseoperator import BaseOperator
    from airflow.models.baseoperatorlink import BaseOperatorLink

__all__ = ["AirflowException", "BaseHook", "BaseOperator", "BaseOperatorLink", "state_of", "xcom_of"]


def xcom_of(ti_key: Any, key: str) -> Any:
    """Return what a task instance pushed under a key, None if nothing."""
    try:
        from airflow.sdk.execution_time.xcom import XCom
    except ImportError:
        from airflow.models.xcom import XCom
    return XCom.get_value(ti_key=ti_key, key=key)


def state_of(task_instance: Any) -> str | None:
    """Return the state that a task instance has now; None if there is none."""
    try:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
    except ImportError:
        return _state_in_database(task_instance)
    found = RuntimeTaskInstance.get_task_states(
        dag_id=task_instance.dag_id,
        task_ids=[task_instance.task_id],
        run_ids=[task_instance.run_id],
        map_index=task_instance.map_index,
    )
    state = found.get(task_instance.run_id, {}).get(task_instance.task_id)
    return None if state is None else str(getattr(state, "value", state))


def _state_in_database(task_instance: Any) -> str | None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    identity = {name: getattr(task_instance, name) for name in ("dag_id", "task_id", "run_id", "map_index")}
    with create_session() as session:
        found = session.query(TaskInstance).filter_by(**identity).one_or_none()
        return None if found is None or found.state is None else str(found.state)
