"""A DAG of thousands of tasks: converted, cut into child machines, played, and held against Airflow."""
