"""Names that begin with a team's own prefix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from workflows import partial_fan_in

from converter import pipeline
from converter.asl.options import Options
from converter.deployment import deploy, rollback, undeploy
from converter.diagnostics import Dag2SfnError
from converter.executions import find_machine


def test_what_is_deployed_with_a_prefix_is_found_by_it_alone(session: Any, tmp_path: Path) -> None:
    flow = replace(partial_fan_in(), prefix="etl-")
    deployed = deploy(pipeline.write(pipeline.convert(flow, Options()), tmp_path), session)
    assert deployed.state_machine_name == f"etl-{flow.dag_id}"
    assert deployed.stack_name.startswith("etl-")
    client = session.client("stepfunctions")
    with pytest.raises(Dag2SfnError, match="D451"):
        find_machine(client, flow.dag_id)
    assert find_machine(client, flow.dag_id, "etl-") == deployed.state_machine_arn
    with pytest.raises(Dag2SfnError, match="D415"):  # it is found, and has no version before
        rollback(flow.dag_id, session, prefix="etl-")
    assert undeploy(flow.dag_id, session) is False
    assert undeploy(flow.dag_id, session, prefix="etl-") is True
