"""A DAG's schedule: what EventBridge Scheduler and the starter function make of it.

``reading`` turns Airflow's timetable into a document for the starter, or says why not; ``wakeups`` says when
the starter is to be called; ``dag2sfn_starter`` is the function's own source, which imports nothing of the
converter.
"""

from pathlib import Path

from converter.schedules.reading import Timing, Unscheduled, timing_of

#: The package that is deployed, and the handler in it.
SOURCE = Path(__file__).with_name("dag2sfn_starter")
HANDLER = "dag2sfn_starter.handler.handler"

__all__ = ["HANDLER", "SOURCE", "Timing", "Unscheduled", "timing_of"]
