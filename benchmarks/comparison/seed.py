"""Runs in an Airflow's environment: puts a finished run of many tasks, each with an XCom, into its database.

Usage: ``python seed.py TASKS``. The DAG file is in Airflow's DAGs folder, ``large.py``.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

DAG_FILE = """
from airflow.sdk import DAG, task

with DAG("large", schedule=None):

    @task
    def one(number):
        return number

    for number in range({tasks}):
        one.override(task_id=f"task_{{number:05}}")(number)
"""


def main(tasks: int) -> None:
    """Write the DAG file, let Airflow read it, and make its run."""
    from airflow import settings
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.xcom import XComModel
    from airflow.utils import timezone
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    folder = Path(os.environ["AIRFLOW_HOME"]) / "dags"
    (folder / "large.py").write_text(DAG_FILE.format(tasks=tasks))
    settings.initialize()
    initdb()
    with create_session() as session:
        session.merge(DagBundleModel(name="dags-folder"))
    bag = DagBag(folder, bundle_path=folder, bundle_name="dags-folder")
    assert bag.import_errors == {}, bag.import_errors
    sync_bag_to_db(bag, "dags-folder", None)
    with create_session() as session:
        dag = SerializedDagModel.get_dag("large", session=session)
        begin = timezone.utcnow()
        run = dag.create_dagrun(
            run_id="seeded",
            run_after=begin,
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.TEST,
            state="success",
            start_date=begin,
            session=session,
        )
        run.end_date = begin + timedelta(seconds=60)
        for number, instance in enumerate(run.get_task_instances(session=session)):
            instance.state, instance.try_number = "success", 1
            instance.start_date = begin + timedelta(milliseconds=number)
            instance.end_date = instance.start_date + timedelta(seconds=1)
            session.add(
                XComModel(
                    dag_run_id=run.id, task_id=instance.task_id, dag_id="large", run_id="seeded",
                    key="return_value", value={"rows": number, "files": ["a", "b"]},
                )
            )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]))
