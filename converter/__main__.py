"""The ``dag2sfn`` command, and ``python -m converter``."""

from __future__ import annotations

import sys

from converter import airflow_start

#: The commands that read DAG files.
_READING = frozenset({"assess", "convert", "init", "plan", "verify"})


def main() -> None:
    """Run the command line; Airflow starts meanwhile, if the command needs it."""
    command, *arguments = [*sys.argv[1:], ""]
    if command in _READING and "--help" not in arguments:
        airflow_start.begin()
    from converter.cli import main as run  # takes its time

    run()


if __name__ == "__main__":
    main()
