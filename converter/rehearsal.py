"""Converts a small DAG and throws the result away: what a process's first conversion works out is known then.

That is which fields services have, what the expressions of machines refer to, when pollers give up, how pages
are made: it takes as long as twenty conversions. So the process that those of a large folder are copied from
imports this last, while Airflow starts.
"""

from __future__ import annotations

import contextlib

from converter import pipeline
from converter.asl.options import Options
from converter.packaging.bundle import function_sources
from converter.packaging.template import template_text
from converter.report.conversion_page import index_page
from converter.workflow import Location, Retries, Schedule, Task, Workflow

_PLACE = Location("rehearsal.py", 1)
_GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"


def rehearse() -> str:
    """Convert a DAG that needs a poller; return its template."""
    conversion = pipeline.convert(_workflow(), Options())
    if conversion.machine is None:
        raise ValueError(f"it is refused: {conversion.diagnostics}")
    pipeline.report_files(pipeline.report_of(conversion))
    index_page("", [], [])
    sources = function_sources(conversion.workflow, conversion.machine)
    return template_text(conversion.workflow, conversion.machine, sources)


def _workflow() -> Workflow:
    tasks = (_job("a"), _job("b"), _job("c"), _job("a_b", "a", "b"), _job("b_c", "b", "c"))
    return Workflow("rehearsal", tasks, _PLACE, schedule=Schedule("CronTriggerTimetable", "0 3 * * *", "UTC"))


def _job(name: str, *upstream: str) -> Task:
    return Task(
        name,
        _GLUE,
        arguments={"job_name": name, "script_args": {"--day": "{{ ds }}"}},
        template_fields=("job_name", "script_args"),
        upstream=upstream,
        retries=Retries(2),
        location=_PLACE,
    )


# Whatever fails here fails again where it is told.
with contextlib.suppress(Exception):
    rehearse()
