"""A folder of 500 DAG files: reading and converting it, against Airflow's own import of the same folder."""
