"""Airflow in a process of its own, so that no other test sees its configuration or its patched clock."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from converter.verify.airflow_run import Script, Trace
from converter.verify.airflow_run import simulate as simulate_run
from converter.workflow import Workflow

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # for oracle_scenarios, which only the tests of this folder need
from oracle_scenarios import Play, case_to_json, difference  # noqa: E402 (found by the line above)


@pytest.fixture(scope="session")
def airflow_play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """A function that plays a scripted run with Airflow itself; see airflow_driver.py for its result."""
    home = tmp_path_factory.mktemp("airflow")
    log = home / "driver.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, str(HERE / "airflow_driver.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**_without_airflow(os.environ), "AIRFLOW_HOME": str(home)},
        ) as driver,
    ):
        assert driver.stdin is not None
        assert driver.stdout is not None
        requests, results = driver.stdin, driver.stdout

        def play(workflow: Workflow, script: Script, pushed: Mapping[str, int]) -> dict[str, Any]:
            requests.write(json.dumps(case_to_json(workflow, script, pushed)) + "\n")
            requests.flush()
            line = results.readline()
            assert line, f"the driver has ended:\n{log.read_text()[-3000:]}"
            result: dict[str, Any] = json.loads(line)
            return result

        yield play
        requests.close()
        driver.wait(timeout=30)


def _without_airflow(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if "AIRFLOW_" not in name}


@pytest.fixture(params=["oracle", pytest.param("oracle and Airflow", marks=pytest.mark.full)])
def simulate(request: pytest.FixtureRequest) -> Callable[[Workflow, Script], Trace]:
    """The oracle; in the full tests once more, with the same run in Airflow."""
    if request.param == "oracle":
        return simulate_run
    airflow_play = request.getfixturevalue("airflow_play")

    def checked(workflow: Workflow, script: Script) -> Trace:
        assert difference(airflow_play, workflow, script) is None
        return simulate_run(workflow, script)

    return checked
