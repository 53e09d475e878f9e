"""Links from the task to the AWS console. Light: Airflow 2 asks each process for them through the plugin."""

from __future__ import annotations

from typing import Any

from dag2sfn_airflow.versions import BaseOperatorLink, xcom_of

#: The XCom that the operator pushes as soon as the execution has been started.
ARN_KEY = "execution_arn"


class ExecutionLink(BaseOperatorLink):  # type: ignore[misc]  # mypy does not follow imports into Airflow
    """The execution in the AWS console."""

    name = "Step Functions execution"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the address, empty before there is an execution."""
        from converter.executions.addresses import execution_url

        arn = xcom_of(ti_key, ARN_KEY)
        return execution_url(arn) if isinstance(arn, str) else ""


class MachineLink(BaseOperatorLink):  # type: ignore[misc]
    """The state machine in the AWS console, with all of its executions."""

    name = "State machine"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the address, empty before there is an execution."""
        from converter.executions.addresses import machine_url

        arn = xcom_of(ti_key, ARN_KEY)
        return machine_url(arn) if isinstance(arn, str) else ""
