from pathlib import Path

import pytest
from verifying import verified

from converter import loading
from converter.asl.options import Failures, Options

FILES = sorted((Path(__file__).parents[2] / "dags").glob("*.py"))


@pytest.mark.parametrize("scenarios", [8, pytest.param(50, marks=pytest.mark.full)])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_example_ends_as_in_airflow(file, scenarios):
    for flow in loading.load(file):
        for failures in Failures:
            result = verified(flow, range(scenarios), Options(failures))
            assert result.divergences == (), (flow.dag_id, failures)
