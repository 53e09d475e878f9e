"""Airflow and AWS on this machine, side by side: for trying things out, for the demonstration, for tests."""
