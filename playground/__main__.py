"""``make up``: Airflow with the Step Functions pages, the example DAGs and the local AWS, ready to click.

Usage: ``python -m playground [--port 8080]``. Ctrl-C ends all of it, and nothing is left.
"""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

from rich.console import Console

from converter.local import LocalAws
from playground import both
from playground.airflow import ROOT, AirflowDidNotStart

_console = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> int:
    """Start, say where it is, wait to be ended; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m playground")
    parser.add_argument("--port", type=int, default=8080, help="where Airflow is to be; 0 takes a free port")
    port = parser.parse_args().port
    # A shell gives SIGINT no chance in the background, and `kill` sends SIGTERM: both end it in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if port and _is_taken(port):
        _console.print(f"Port {port} is taken: choose another with --port", style="red")
        return 2
    try:
        with LocalAws() as aws, tempfile.TemporaryDirectory(prefix="dag2sfn-") as folder:
            return _serve(aws, Path(folder), port)
    except KeyboardInterrupt:
        _console.print("Airflow and the local AWS are gone.")
        return 0


def _serve(aws: LocalAws, home: Path, port: int) -> int:
    airflow = both.airflow_beside(aws, home, port)
    both.add_dags(airflow, sorted((ROOT / "dags").glob("*.py")))
    _console.print("Converting and deploying the example DAGs …")
    bundles = both.convert(airflow.dags, airflow.bundles, aws, "--companion")
    for bundle in bundles:
        both.deploy(aws, bundle)
        both.add_dags(airflow, bundle.glob("*__step_functions.py"))
    _console.print("Starting Airflow (half a minute) …")
    try:
        with airflow:
            airflow.wait_for_dags([bundle.name for bundle in bundles])
            _console.print(f"\n[bold]{airflow.url}[/]   user admin, password admin (also: user, viewer)")
            _console.print("Open a DAG, and its tab Step Functions. Ctrl-C ends it.\n")
            _console.print("For a shell that uses the same AWS:", style="dim")
            for name, value in (*aws.environment().items(), *both.login(airflow).items()):
                _console.print(f"export {name}={value}", style="dim")
            threading.Event().wait()
    except AirflowDidNotStart as error:
        _console.print(str(error), style="red")
        return 1
    return 0


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
