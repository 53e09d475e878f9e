from pathlib import Path

import pytest

from converter.loading import load
from converter.workflow import Workflow


@pytest.fixture(scope="session")
def good() -> dict[str, Workflow]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path(__file__).parent)
        workflows = load(Path("good_dags"))
    return {workflow.dag_id: workflow for workflow in workflows}
