"""The case that a plain fan-in gets wrong: each report waits only for the two jobs that it needs.

    glue1 ──► report_a ◄── glue3 ──► report_b ◄── glue2

``report_a`` needs glue1 and glue3, ``report_b`` needs glue2 and glue3. One barrier behind all three jobs
would make each report wait for a job that it does not use. No nesting of sequences and parallel branches
expresses this graph: converted, one branch runs beside the others and polls for glue3.
"""

from __future__ import annotations

import pendulum
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.step_function import StepFunctionStartExecutionOperator
from airflow.sdk import DAG

MACHINES = "arn:aws:states:us-east-1:123456789012:stateMachine"


with DAG(
    dag_id="partial_fan_in",
    description="Two reports over three Glue jobs, one of which they share",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    tags=["example", "glue", "step-functions"],
):
    glue1 = GlueJobOperator(task_id="glue1", job_name="glue1")
    glue2 = GlueJobOperator(task_id="glue2", job_name="glue2")
    glue3 = GlueJobOperator(task_id="glue3", job_name="glue3")

    # Deferrable, or the operator would only start the execution and not wait for its end.
    report_a = StepFunctionStartExecutionOperator(
        task_id="report_a",
        state_machine_arn=f"{MACHINES}:report_a",
        state_machine_input={"report": "a"},
        deferrable=True,
        waiter_delay=5,
    )
    report_b = StepFunctionStartExecutionOperator(
        task_id="report_b",
        state_machine_arn=f"{MACHINES}:report_b",
        state_machine_input={"report": "b"},
        deferrable=True,
        waiter_delay=5,
    )

    [glue1, glue3] >> report_a
    [glue2, glue3] >> report_b
