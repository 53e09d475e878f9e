"""Runs the state machine of a converted DAG, and brings its outcome back into Airflow."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dag2sfn_airflow import outputs
from dag2sfn_airflow.aws import step_functions
from dag2sfn_airflow.links import ARN_KEY, ExecutionLink, MachineLink
from dag2sfn_airflow.versions import AirflowException, BaseOperator

if TYPE_CHECKING:
    from converter.executions import RunResult


class StepFunctionsDagOperator(BaseOperator):  # type: ignore[misc]  # mypy does not follow imports into Airflow
    """Starts the state machine of a converted DAG, waits for it, and pushes each task's output.

    The execution gets the run's own conf, run id, logical date and data interval; ``conf``, ``run_id`` and
    ``logical_date`` are for those who want others. The outputs of its tasks are XComs of this task: under the
    task's id, and as ``task_id[key]`` for other keys; values of more than ``largest_xcom`` bytes of JSON stay
    in the execution and are pushed as a reference, which :func:`dag2sfn_airflow.outputs.resolve` reads. The
    return value is ``{"execution_arn", "status", "tasks": {task_id: state}}``.

    It fails with the names and causes of the tasks that failed, and if the execution was stopped or timed
    out. A second try starts another execution. If this task is killed, or its execution_timeout passes, the
    execution is stopped, unless ``stop_on_kill`` is False.

    :param target_dag_id: the id of the converted DAG (templated)
    :param aws_conn_id: the connection to AWS, which must exist; None: the credentials of the machine
    :param wait_for_completion: False only starts the execution; the return value is then its ARN
    :param deferrable: wait in the triggerer; by default as Airflow's ``[operators] default_deferrable`` says
    :param poll_interval: seconds between two looks
    :param prefix: what the names of machines begin with, if dag2sfn.yaml says so
    """

    template_fields: Sequence[str] = ("target_dag_id", "conf", "run_id", "logical_date")
    template_fields_renderers = {"conf": "json"}
    operator_extra_links = (ExecutionLink(), MachineLink())
    ui_color = "#f9dfe8"

    def __init__(
        self,
        *,
        target_dag_id: str,
        conf: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        logical_date: datetime | str | None = None,
        aws_conn_id: str | None = "aws_default",
        region_name: str | None = None,
        wait_for_completion: bool = True,
        deferrable: bool | None = None,
        poll_interval: float = 10.0,
        prefix: str = "dag2sfn-",
        stop_on_kill: bool = True,
        largest_xcom: int = outputs.LARGEST_XCOM,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.target_dag_id = target_dag_id
        self.conf = conf
        self.run_id = run_id
        self.logical_date = logical_date
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.wait_for_completion = wait_for_completion
        self.deferrable = _default_deferrable() if deferrable is None else deferrable
        self.poll_interval = poll_interval
        self.prefix = prefix
        self.stop_on_kill = stop_on_kill
        self.largest_xcom = largest_xcom
        self._execution_arn: str | None = None

    def execute(self, context: Mapping[str, Any]) -> Any:
        """Start, and wait if asked to."""
        from converter import executions

        run = context["dag_run"]
        date = self.logical_date if self.logical_date is not None else run.logical_date
        # With another date, the run's own interval would be wrong.
        is_own = self.logical_date is None
        self._execution_arn = executions.start(
            self._client(),
            self.target_dag_id,
            conf=dict(self.conf if self.conf is not None else run.conf or {}),
            run_id=self.run_id or run.run_id,
            logical_date=_moment(date),
            data_interval_start=_moment(run.data_interval_start) if is_own else None,
            data_interval_end=_moment(run.data_interval_end) if is_own else None,
            prefix=self.prefix,
            # Airflow 3.2 and later.
            partition_key=getattr(run, "partition_key", None) if is_own else None,
            partition_date=_moment(getattr(run, "partition_date", None)) if is_own else None,
            on_progress=self.log.info,
        )
        self.log.info("Started %s", self._execution_arn)
        context["ti"].xcom_push(key=ARN_KEY, value=self._execution_arn)
        if not self.wait_for_completion:
            return self._execution_arn
        if self.deferrable:
            self._defer(self._execution_arn)
        self._wait(self._execution_arn)
        return self._finish(context, self._execution_arn)

    def execute_complete(self, context: Mapping[str, Any], event: Mapping[str, Any]) -> Any:
        """Go on after the trigger has fired."""
        self._execution_arn = str(event["execution_arn"])
        if event["status"] == "UNREACHABLE":
            raise AirflowException(f"AWS cannot be asked about {self._execution_arn}: {event['message']}")
        if event["status"] == "OVERDUE":
            self.on_kill()
            raise AirflowException(
                f"{self._execution_arn} was not over within this task's execution_timeout of "
                f"{self.execution_timeout}" + (", and was stopped" if self.stop_on_kill else "")
            )
        return self._finish(context, self._execution_arn)

    def on_kill(self) -> None:
        """Stop the execution, and the jobs that its tasks wait for."""
        from converter import executions

        if self._execution_arn and self.stop_on_kill:
            cause = "the task that started it was ended in Airflow"
            executions.stop(self._client(), self._execution_arn, cause=cause)
            self.log.info("Stopped %s", self._execution_arn)

    def _client(self) -> Any:
        return step_functions(self.aws_conn_id, self.region_name)

    def _defer(self, arn: str) -> None:
        from dag2sfn_airflow.trigger import ExecutionEndTrigger

        limit = self.execution_timeout.total_seconds() if self.execution_timeout else None
        self.defer(
            trigger=ExecutionEndTrigger(
                execution_arn=arn,
                aws_conn_id=self.aws_conn_id,
                region_name=self.region_name,
                poll_interval=self.poll_interval,
                # Airflow's own timeout of a deferred task would leave the execution running.
                deadline=None if limit is None else time.time() + limit,
                stop_on_kill=self.stop_on_kill,
            ),
            method_name="execute_complete",
        )

    def _wait(self, arn: str) -> None:
        client = self._client()
        while client.describe_execution(executionArn=arn)["status"] == "RUNNING":
            time.sleep(self.poll_interval)

    def _finish(self, context: Mapping[str, Any], arn: str) -> dict[str, Any]:
        from converter import executions

        result: RunResult = executions.read_back(self._client(), arn)
        # Before it fails, too: what has succeeded is there to be looked at.
        for key, value in outputs.xcoms(result, self.largest_xcom).items():
            context["ti"].xcom_push(key=key, value=value)
        if result.status != "SUCCEEDED":
            raise AirflowException(outputs.failure(result))
        return outputs.summary(result)


def _moment(value: Any) -> datetime | None:
    """Return a date as a datetime: templates make a text of it."""
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    return datetime.fromisoformat(value.replace("Z", "+00:00"))


def _default_deferrable() -> bool:
    from airflow.configuration import conf

    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))
