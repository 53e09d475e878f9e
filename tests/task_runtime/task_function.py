"""The function of a DAG, in a folder and in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converter.operators import steps_of
from converter.packaging.task_code import task_files
from converter.workflow import Workflow

HERE = Path(__file__).parent


def write_function(workflow: Workflow, folder: Path) -> Path:
    """Write the function's files as a bundle has them."""
    steps, _ = steps_of(workflow)
    for name, content in task_files(workflow, steps).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


class Function:
    """The function in a folder: answers one event after the other, without anything but Python."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(HERE / "function_driver.py"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        )

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self.log()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def log(self) -> str:
        """Return what was printed so far."""
        return Path(self._log.name).read_text()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._log.close()
