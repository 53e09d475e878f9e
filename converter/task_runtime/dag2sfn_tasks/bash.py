"""Runs a command of the shell, as Airflow's BashOperator does."""

import logging
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Container, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .exceptions import AirflowException, AirflowSkipException

_log = logging.getLogger(__name__)


def run_bash(task: Any, variables: Mapping[str, str]) -> Any:
    """Run a BashOperator's command and return its last line of output, as its output_processor has it.

    ``variables`` are set besides the task's own. Raises AirflowSkipException and AirflowException by the exit
    code.
    """
    environment = dict(os.environ if task.env is None or task.append_env else {})
    environment.update(task.env or {})
    environment.update(variables)
    with ExitStack() as stack:
        folder = task.cwd or stack.enter_context(tempfile.TemporaryDirectory(prefix="airflowtmp"))
        if not Path(folder).is_dir():
            raise AirflowException(f"Can not find the cwd: {folder}")
        command = [shutil.which("bash") or "bash", "-c", task.bash_command]
        code, last_line = _run(command, folder, environment, task.output_encoding)
    _log.info("Command exited with return code %s", code)
    skipping = task.skip_on_exit_code
    if not isinstance(skipping, Container):
        skipping = () if skipping is None else (skipping,)
    if code in skipping:
        raise AirflowSkipException(f"Bash command returned exit code {code}. Skipping.")
    if code != 0:
        raise AirflowException(
            f"Bash command failed. The command returned a non-zero exit code {code}. Last line: {last_line}"
        )
    return task.output_processor(last_line)


def _run(command: list[str], folder: str, environment: dict[str, str], encoding: str) -> tuple[int, str]:
    """Return exit code and last line; each line is logged as it comes."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    line = ""
    try:
        if process.stdout is not None:
            for raw in process.stdout:
                line = raw.decode(encoding, errors="backslashreplace").rstrip()
                _log.info("%s", line)
        return process.wait(), line
    except BaseException:  # the task's time is up: nothing of it may go on into the next task
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
