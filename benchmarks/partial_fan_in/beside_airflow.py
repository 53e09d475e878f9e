"""The example on a real Airflow and on the converted machine, at the same time, and their comparison."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console

from converter.local import LocalAws
from playground import both
from playground.airflow import AirflowDidNotStart

DAG_ID = "partial_fan_in"
#: The long job is shorter than above: Airflow adds its own time.
SECONDS = {"glue1": 2, "glue2": 3, "glue3": 8}


def compare(aws: LocalAws, dag_file: Path, conf: str, console: Console) -> int:
    """Run both and show the comparison; return its exit code, 0 if they are equal."""
    aws.reset()
    with tempfile.TemporaryDirectory(prefix="dag2sfn-") as folder:
        airflow = both.airflow_beside(aws, Path(folder))
        both.add_dags(airflow, [dag_file])
        (bundle,) = both.convert(airflow.dags, airflow.bundles, aws)
        both.deploy(aws, bundle, SECONDS)
        console.print("Starting Airflow (standalone, LocalExecutor): half a minute …", style="dim")
        try:
            with airflow:
                airflow.wait_for_dags([DAG_ID])
                console.print(f"$ dag2sfn compare {DAG_ID} --conf '{conf}'", style="bold", highlight=False)
                arguments = ("compare", DAG_ID, "--conf", conf)
                return both.dag2sfn(aws, *arguments, more=both.login(airflow), quiet=False).returncode
        except AirflowDidNotStart as error:
            console.print(str(error), style="red", highlight=False)
            return 1
