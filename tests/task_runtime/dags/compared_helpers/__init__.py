"""Helpers beside the DAG file."""
