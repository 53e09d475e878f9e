"""A local AWS and an Airflow that uses it: DAGs are converted, deployed, and in Airflow, with the pages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from converter.local import LocalAws
from playground import scene
from playground.airflow import ROOT, Airflow

POLL_INTERVAL = "2"


class SomeAws(scene.Aws, Protocol):
    """An AWS, and the environment that leads other processes to it."""

    def environment(self) -> Mapping[str, str]: ...  # noqa: D102


def airflow_beside(
    aws: LocalAws, home: Path, port: int = 0, *, python: Path = Path(sys.executable), **settings: str
) -> Airflow:
    """Return an Airflow, that of a Python, not started yet, whose operators and pages use the local AWS."""
    plugins = home / "plugins"
    plugins.parent.mkdir(parents=True, exist_ok=True)
    given = {
        **aws.environment(),
        # A connection without anything in it: keys and endpoint are those of the environment.
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__DAG2SFN__BUNDLES_FOLDER": str(home / "dag2sfn"),
        **settings,
    }
    return Airflow(home, given, port, python=python)


def add_dags(airflow: Airflow, files: Iterable[Path]) -> None:
    """Put DAG files where Airflow looks for them; before it starts, so that it reads them at once."""
    airflow.dags.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, airflow.dags)


def convert(dags: Path, bundles: Path, aws: SomeAws, *options: str) -> list[Path]:
    """Convert all DAGs of a folder into another; return the bundles. What is refused is said on stderr."""
    _told(dag2sfn(aws, "convert", str(dags), "-o", str(bundles), "--poll-interval", POLL_INTERVAL, *options))
    return sorted(path.parent for path in bundles.glob("*/bundle.json"))


def deploy(aws: SomeAws, bundle: Path, seconds: Mapping[str, float] | None = None) -> int:
    """Create what a bundle's machine refers to, and deploy it; return the exit code."""
    scene.set_up(aws, bundle, seconds)
    return _told(dag2sfn(aws, "deploy", str(bundle)))


def dag2sfn(
    aws: SomeAws, *arguments: str, more: Mapping[str, str] | None = None, quiet: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command of the product against the local AWS. Its output is kept, or shown on stderr."""
    return subprocess.run(
        [sys.executable, "-m", "converter.cli", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **aws.environment(), **(more or {})},
        stdout=subprocess.PIPE if quiet else sys.stderr,
        stderr=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )


def _told(done: subprocess.CompletedProcess[str]) -> int:
    """Say on stderr why a command has failed, if it has; return its exit code."""
    if done.returncode:
        sys.stderr.write(done.stderr)
    return done.returncode


def login(airflow: Airflow) -> dict[str, str]:
    """Return the environment with which ``dag2sfn compare`` finds an Airflow."""
    return {
        "DAG2SFN_AIRFLOW_URL": airflow.url,
        "DAG2SFN_AIRFLOW_USER": "admin",
        "DAG2SFN_AIRFLOW_PASSWORD": "admin",
    }
