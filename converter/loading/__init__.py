"""DAG files become Workflows.

A DAG file is any Python program, so it is read in another process, under a time limit, with its output
captured (``reader``). Everything that runs over there, and everything that imports Airflow, is in ``child``.
"""

from converter.loading.loader import load, load_each, load_readable
from converter.loading.mwaa import notes_on
from converter.loading.reader import jobs_for
from converter.loading.stand_in_messages import of_stand_ins
from converter.loading.timetables import Timetables, told_timetables

__all__ = [
    "Timetables",
    "jobs_for",
    "load",
    "load_each",
    "load_readable",
    "notes_on",
    "of_stand_ins",
    "told_timetables",
]
