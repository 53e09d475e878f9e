"""The same three ways at the size of a production flow, on the virtual clock: hours in milliseconds."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.partial_fan_in import scene
from converter import loading, pipeline
from converter.asl.options import Options
from converter.engine import Execution, parse_definition, run_virtual
from converter.verify import SimulatedAws, Try

#: A flow in which the job that only one report needs is the long one. Minutes.
MINUTES = {"glue1": 12, "glue2": 65, "glue3": 25, "report_a": 2, "report_b": 2}
POLL_INTERVAL = 30


def print_hours(console: Console) -> None:
    """Print when the reports start behind a barrier and in the converted machine."""
    console.print()
    console.rule("[bold]4. With jobs of production size (virtual clock)", align="left")
    (workflow,) = loading.load(Path("dags/partial_fan_in.py"))
    machine = pipeline.convert(workflow, Options(poll_interval=POLL_INTERVAL)).machine
    assert machine is not None
    table = Table(box=None, header_style="bold")
    for heading in ("", "report_a is ready after", "report_b is ready after"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, definition in (
        ("converted", machine.definition),
        ("(a) a plain barrier", scene.by_hand("barrier")),
    ):
        script = {task: [Try(minutes * 60)] for task, minutes in MINUTES.items()}
        aws = SimulatedAws(script)
        execution: Execution = run_virtual(parse_definition(definition), {}, aws)
        assert execution.status == "SUCCEEDED", execution.cause
        ends = {task: seconds / 60 for seconds, what, task in aws.timeline if what == "end"}
        table.add_row(name, *(f"{ends[report]:.1f} min" for report in ("report_a", "report_b")))
    console.print(table)
    jobs = ", ".join(f"{task} {minutes} min" for task, minutes in MINUTES.items())
    console.print(f"\n{jobs}; a poll every {POLL_INTERVAL} s.", highlight=False)
