"""Many DAGs, many executions: what the overview costs, counted and measured."""

from __future__ import annotations

import gc
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.stepfunctions.models import stepfunctions_backends
from waiting import wait_until

from converter.identity import machine_name

DAGS, EXECUTIONS_EACH = 500, 10
DAG_IDS = [f"load_{number:03}" for number in range(DAGS)]
#: Rows on a page of the overview.
ROWS = 25
#: What a look may cost, in seconds: six times what was measured. The first one asks the local AWS, which
#: answers from this same process and is most of the cost.
FIRST_LOOK, NEXT_LOOK = 3, 1
FILE = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

for number in range({dags}):
    with DAG(f"load_{{number:03}}", schedule=None):
        EmptyOperator(task_id="only")
"""
PASSES = {"QueryLanguage": "JSONata", "StartAt": "only", "States": {"only": {"Type": "Succeed"}}}


@pytest.fixture
def many_dags(airflow: Any, tmp_path: Path) -> Iterator[None]:
    """500 DAGs in Airflow's database, gone again after the test."""
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "load.py").write_text(FILE.format(dags=DAGS))
    bag = DagBag(dags, bundle_path=dags, bundle_name="dags-folder")
    assert (bag.import_errors, len(bag.dags)) == ({}, DAGS)
    sync_bag_to_db(bag, "dags-folder", None)
    yield
    with create_session() as session:
        session.execute(update(DagModel).where(DagModel.dag_id.like("load_%")).values(is_stale=True))


@pytest.fixture
def many_executions(aws: Any, session: Any) -> None:
    """500 machines on the local AWS, with ten executions each."""
    client = aws.client("stepfunctions")
    role, definition = "arn:aws:iam::123456789012:role/x", json.dumps(PASSES)
    # Its own parts, and not a request for each of them: that would take most of a minute.
    backend = stepfunctions_backends["123456789012"]["us-east-1"]
    machines = []
    for dag_id in DAG_IDS:
        name = machine_name(dag_id)
        arn = client.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
        machines.append(arn)
        for number in range(EXECUTIONS_EACH):
            backend.start_execution(arn, f"run_{number}", "{}")
    wait_until(
        lambda: not any(backend.executions_of(arn, "RUNNING") for arn in machines),
        "executions of one state have ended",
        pause=0.1,
    )


@pytest.fixture
def nothing_to_collect() -> Iterator[Callable[[], None]]:
    """What to call before measuring: Python then does not look through what the test has made.

    That takes a second with 500 DAGs and 5,000 executions, and would fall on any of the requests.
    """

    def clear() -> None:
        gc.collect()
        gc.freeze()

    yield clear
    gc.unfreeze()


@pytest.mark.full
def test_the_overview_of_500_dags_and_5000_executions_takes_few_requests_and_seconds(
    many_dags: None,
    many_executions: None,
    folder: Path,
    write_manifest: Any,
    call: Callable[..., Any],
    nothing_to_collect: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    from dag2sfn_pages import aws as pages_aws

    for dag_id in DAG_IDS:
        write_manifest(folder, dag_id)
    asked: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        asked[model.name] += 1

    pages_aws.step_functions().meta.events.register("before-call.stepfunctions", count)
    shown = "&".join(f"dag_ids={dag_id}" for dag_id in DAG_IDS[:ROWS])
    nothing_to_collect()
    seconds = []
    for _ in range(3):
        # Of this process alone, with the local AWS in it: other work on the machine does not count.
        begin = time.process_time()
        listed = call("GET", "dags", 200)
        bars = call("GET", f"executions?{shown}", 200)
        seconds.append(time.process_time() - begin)
    ours = [dag for dag in listed["dags"] if dag["dag_id"].startswith("load_")]
    assert (len(ours), all(dag["is_deployed"] for dag in ours)) == (DAGS, True)
    assert {len(executions) for executions in bars.values()} == {EXECUTIONS_EACH}
    # One page of machines, and the rows that are on the screen, however often somebody looks.
    assert asked["ListStateMachines"] == 1
    assert ROWS <= asked["ListExecutions"] <= 3 * ROWS
    assert set(asked) == {"ListStateMachines", "ListExecutions"}
    with capsys.disabled():
        print(" ".join(f"{one:.2f} s" for one in seconds))
    first, *others = seconds
    assert (first < FIRST_LOOK, max(others) < NEXT_LOOK) == (True, True), seconds
