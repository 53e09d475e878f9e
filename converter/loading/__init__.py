"""DAG files become Workflows.

A DAG file is any Python program, so it is read in another process, under a time limit, with its output
captured (``reader``). Everything that runs over there, and everything that imports Airflow, is in ``child``.
"""

from converter.loading.loader import load

__all__ = ["load"]
