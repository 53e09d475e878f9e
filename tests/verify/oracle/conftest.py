"""The oracle, and Airflow itself."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from drivers import driver

from converter.verify.airflow_run import Script, Trace
from converter.verify.airflow_run import simulate as simulate_run
from converter.workflow import Workflow

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # for oracle_scenarios, which only the tests of this folder need
from oracle_scenarios import Play, case_to_json, difference  # noqa: E402 (found by the line above)


@pytest.fixture(scope="session")
def airflow_play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """A function that plays a scripted run with Airflow itself; see airflow_driver.py for its result."""
    with driver(HERE / "airflow_driver.py", tmp_path_factory.mktemp("airflow")) as ask:
        yield lambda workflow, script, pushed: ask(case_to_json(workflow, script, pushed))


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
