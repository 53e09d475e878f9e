"""dag2sfn: converts Airflow DAGs to AWS Step Functions, runs them, and reads the runs back."""

__version__ = "0.1.0"
