"""The parameters that several commands have."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from converter import cli_support
from converter.asl.options import VariablesFrom
from converter.cli_support import Format


class SourceVersion(str, Enum):
    """A version of Airflow, as far as the meaning of schedules goes."""

    AIRFLOW_2 = "2"
    AIRFLOW_3 = "3"


DagPath = Annotated[Path, typer.Argument(help="A DAG file, or a folder of DAG files.")]
DagIds = Annotated[list[str] | None, typer.Option("--dag-id", help="Only this DAG; may be repeated.")]
TimeLimit = Annotated[
    float, typer.Option("--timeout", help="Seconds that one DAG file may take to load.", min=1)
]
OutputFormat = Annotated[Format, typer.Option("--format", help="Text for people, JSON for programs.")]
DurationsFile = Annotated[
    Path | None,
    typer.Option(
        "--durations",
        help="JSON or YAML, {task: seconds} or {dag: {task: seconds}}: what tasks are expected to take.",
    ),
]
VariablesFile = Annotated[
    Path | None,
    typer.Option(
        "--variables", help="JSON or YAML, {name: value}: Airflow's Variables, for DAG files and templates."
    ),
]
VariablesSource = Annotated[
    VariablesFrom,
    typer.Option(
        help="Where templates take Variables from: values at `conversion`, or each run anew from `ssm`, "
        "Parameter Store: /airflow/variables/NAME."
    ),
]
ConnectionsFile = Annotated[
    Path | None,
    typer.Option(
        "--connections",
        help="JSON or YAML, {id: fields or URI}: Airflow's connections; passwords are not read.",
    ),
]
SourceAirflow = Annotated[
    SourceVersion | None,
    typer.Option(
        "--source-airflow",
        help="The Airflow that the DAGs run in: it says what dates runs of a cron string have.",
    ),
]
AirflowConfig = Annotated[
    Path | None,
    typer.Option(
        "--airflow-config",
        help="Its airflow.cfg, or what `aws mwaa get-environment` prints; goes before the version.",
    ),
]
OperatorsFile = Annotated[
    Path | None,
    typer.Option("--operators", help="Python file with conversions of your own (docs/extending.md)."),
]
AllowNetwork = Annotated[
    bool, typer.Option("--allow-network", help="Let DAG files reach the network while they are loaded.")
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", help="Processes for a large folder [default: one for each core].", min=1),
]
AirflowUrl = Annotated[
    str | None,
    typer.Option(
        "--airflow",
        envvar="DAG2SFN_AIRFLOW_URL",
        help="Address of Airflow. The login comes from DAG2SFN_AIRFLOW_TOKEN, or DAG2SFN_AIRFLOW_USER and "
        "DAG2SFN_AIRFLOW_PASSWORD.",
    ),
]
MwaaName = Annotated[
    str | None,
    typer.Option(
        "--mwaa",
        envvar="DAG2SFN_MWAA_ENVIRONMENT",
        help="Name of an Amazon MWAA environment, in place of --airflow.",
    ),
]
RulesFile = Annotated[
    Path | None,
    typer.Option("--rules", help="YAML or JSON file that says what may differ (docs/comparison.md)."),
]
PollInterval = Annotated[int, typer.Option(help="Seconds between two polls.", min=1)]
Region = Annotated[
    str | None, typer.Option("--region", help="AWS region; default: your AWS configuration's.")
]
ExecutionArn = Annotated[
    str,
    typer.Argument(
        help="An execution's ARN, as `run` prints it.", callback=cli_support.checked_execution_arn
    ),
]
RegionOfExecution = Annotated[str | None, typer.Option("--region", help="AWS region; default: the ARN's.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the run to its end; Ctrl-C does not stop it.")]
Interval = Annotated[float, typer.Option(help="Seconds between two looks at the run.", min=0.1)]
