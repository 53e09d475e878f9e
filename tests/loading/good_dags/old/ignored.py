raise RuntimeError("airflow ignores this dag file")
