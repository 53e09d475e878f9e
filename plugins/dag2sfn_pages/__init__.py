"""What the plugin shows: a FastAPI app (API and files) that only Airflow's API server imports."""
