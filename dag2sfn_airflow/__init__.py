"""For DAG files: an operator that runs a converted DAG on Step Functions. For Airflow 2.10 and later, and 3.

It needs boto3 and Airflow's Amazon provider, and of the converter only what starts and reads executions.
"""

from dag2sfn_airflow.operator import StepFunctionsDagOperator

__all__ = ["StepFunctionsDagOperator"]
