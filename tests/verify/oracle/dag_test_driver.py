"""Runs DAGs with ``dag.test()``, Airflow's own, one after another in this process.

Reads one case a line: the DAG's tasks, what each instance returns, pushes and ends as, the run's date, conf.
Writes one line for each: the run's id, each instance's state, and what the fields of those that began were.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path

os.environ.update(
    AIRFLOW__CORE__DAGS_FOLDER=f"{os.environ['AIRFLOW_HOME']}/dags",
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="CRITICAL",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{os.environ['AIRFLOW_HOME']}/airflow.db",
)

import airflow.dag_processing.dagbag as bags
import airflow.models
from airflow import settings
from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.models.base import Base
from airflow.sdk import DAG, BaseOperator, XComArg
from airflow.utils.db import synchronize_log_template

DAGS = Path(os.environ["AIRFLOW_HOME"]) / "dags"
#: Of the case that runs: what each instance does, and what its fields were as it did.
script, seen = {}, {}


def named(task_id, map_index):
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


def act(self, context):
    name = named(self.task_id, context["ti"].map_index)
    seen[name] = {field: getattr(self, field) for field in self.given if getattr(self, field) is not None}
    todo = script[name]
    if todo["end"] == "skipped":
        raise AirflowSkipException
    if todo["end"] != "success":
        raise AirflowFailException
    for key, value in todo["keys"].items():
        context["ti"].xcom_push(key, value)
    return todo["value"]


def operator_class(names, template_fields):
    """Return an operator with these arguments: mapping asks for their names in its signature."""
    arguments = ", ".join(("self", *("*" for _ in names[:1]), *(f"{name}=None" for name in names)))
    body = "".join(f"    self.{name} = {name}\n" for name in names)
    space = {"BaseOperator": BaseOperator}
    call = "    BaseOperator.__init__(self, **kwargs)\n"
    exec(f"def __init__({arguments}, **kwargs):\n{call}{body}", space)  # noqa: S102
    fields = tuple(name for name in template_fields if name in names)
    members = {"__init__": space["__init__"], "execute": act, "given": names, "template_fields": fields}
    return type("Told", (BaseOperator,), members)


def with_references(value, dag):
    if isinstance(value, dict) and set(value) == {"$opaque"}:
        parts = value["$opaque"][1].split("'")
        return XComArg(dag.get_task(parts[1]), parts[5])
    if isinstance(value, dict):
        return {key: with_references(item, dag) for key, item in value.items()}
    return [with_references(item, dag) for item in value] if isinstance(value, list) else value


def source_of(source, dag):
    if source["kind"] == "literal":
        return with_references(source["value"], dag)
    if source["kind"] == "xcom":
        return XComArg(dag.get_task(source["task_id"]))
    first, *others = (source_of(inner, dag) for inner in source["sources"])
    if source["kind"] == "concat":
        return first.concat(*others)
    return first.zip(*others, **({"fillvalue": source["value"]} if source["kind"] == "zip_longest" else {}))


def dag_of(workflow):
    with DAG(workflow["dag_id"], schedule=None, params=workflow["params"]) as dag:
        for task in workflow["tasks"]:
            expansion = task["expansion"]
            rows = expansion and expansion["rows"] and expansion["rows"]["value"]
            over = expansion["arguments"] if expansion else {}
            names = dict.fromkeys((*task["arguments"], *over, *(rows[0] if rows else ())))
            made = operator_class(tuple(names), task["template_fields"])
            given = with_references(task["arguments"], dag)
            common = {"task_id": task["task_id"], "trigger_rule": task["trigger_rule"], "retries": 0}
            if rows:
                operator = made.partial(**common, **given).expand_kwargs(with_references(rows, dag))
            elif expansion:
                sources = {name: source_of(source, dag) for name, source in over.items()}
                operator = made.partial(**common, **given).expand(**sources)
            else:
                operator = made(**common, **given)
            for upstream in task["upstream"]:
                dag.get_task(upstream) >> operator
    return dag


def play(case):
    script.clear()
    seen.clear()
    script.update(case["script"])
    try:
        dag = dag_of(case["workflow"])
    except ValueError as error:
        if "cannot map over XCom with custom key" not in str(error):
            raise
        return {"refused": str(error)}
    # What is in the folder is what there is in memory: nothing is parsed twice.
    bags.BundleDagBag = lambda **_: type("Bag", (), {"dags": {dag.dag_id: dag}, "import_errors": {}})()
    bags.sync_bag_to_db = lambda bag, name, version, **_: bags_sync(dag, name)
    dag.fileloc, dag.relative_fileloc = str(DAGS / "case.py"), "case.py"
    run = dag.test(logical_date=datetime.fromisoformat(case["logical_date"]), run_conf=case["conf"])
    states = {named(ti.task_id, ti.map_index): ti.state for ti in run.get_task_instances()}
    return {"run_id": run.run_id, "states": states, "seen": seen}


def bags_sync(dag, name):
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import LazyDeserializedDAG

    with settings.Session() as session:
        lazy = LazyDeserializedDAG.from_dag(dag)
        SerializedDAG.bulk_write_to_db(name, None, [lazy], session=session)
        from airflow.models.serialized_dag import SerializedDagModel

        SerializedDagModel.write_dag(lazy, bundle_name=name, session=session)
        session.commit()


def main():
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    DAGS.mkdir()
    (DAGS / "case.py").write_text("# made in memory\n")
    airflow.models.import_all_models()
    Base.metadata.create_all(settings.engine)
    with settings.Session() as session:
        synchronize_log_template(session=session)
        session.commit()
    for line in sys.stdin:
        print(json.dumps(play(json.loads(line)), default=list), file=results, flush=True)


if __name__ == "__main__":
    main()
