"""Airflow in a process of its own, so that no other test sees its configuration, its clock or its patches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def driver(script: Path, home: Path, **settings: str) -> Iterator[Callable[[Any], Any]]:
    """Run a script that answers each line, a JSON document, with another; give the function that asks it.

    ``home`` is its AIRFLOW_HOME, and gets its log; it has no settings of Airflow's but these.
    """
    environment = {name: value for name, value in os.environ.items() if "AIRFLOW_" not in name}
    log = home / "driver.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**environment, "AIRFLOW_HOME": str(home), **settings},
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        requests, answers = process.stdin, process.stdout

        def ask(request: Any) -> Any:
            requests.write(json.dumps(request) + "\n")
            requests.flush()
            line = answers.readline()
            assert line, f"{script.name} has ended:\n{log.read_text()[-3000:]}"
            return json.loads(line)

        yield ask
        requests.close()
        process.wait(timeout=30)
