from airflow.utils.dates import days_ago

DEFAULTS = {"owner": "data", "retries": 2, "start_date": days_ago(1)}


def table_names():
    return ["orders", "clicks"]
