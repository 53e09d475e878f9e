"""Runs of Airflow's, from documents as its REST API writes them (recorded from Airflow 3.3.2, shortened)."""

from __future__ import annotations

import pytest
from runs import at, machine, task

from converter.comparison import pairing
from converter.comparison.airflow_api import AirflowApi, Answer
from converter.comparison.airflow_run import read_run
from converter.comparison.airflow_values import plain
from converter.comparison.model import Key, SpanKind
from converter.diagnostics import Dag2SfnError


def moment(seconds):
    return at(seconds).isoformat().replace("+00:00", "Z")


RUN = {
    "dag_id": "etl",
    "dag_run_id": "manual__1",
    "state": "success",
    "start_date": moment(0),
    "end_date": moment(30),
    "logical_date": moment(-60),
    "conf": {"day": 1},
}


def instance(task_id, state="success", start=1, end=2, number=1, index=-1):
    ran = start is not None
    return {
        "dag_id": "etl",
        "dag_run_id": "manual__1",
        "task_id": task_id,
        "map_index": index,
        "state": state,
        "try_number": number,
        "start_date": moment(start) if ran else None,
        "end_date": moment(end) if ran else None,
        "scheduled_when": moment(start - 1) if ran else None,
        "queued_when": moment(start - 0.5) if ran else None,
    }


class Recorded:
    """Answers as Airflow does, in pages of two; it counts what it was asked."""

    def __init__(self, instances, xcoms=(), tries=(), tasks=(), version="3.3.2"):
        run = "/dags/etl/dagRuns/manual__1"
        self.documents = {
            "/version": {"version": version},
            run: RUN,
            f"{run}/taskInstances": ("task_instances", instances),
            f"{run}/taskInstances/~/xcomEntries": ("xcom_entries", [dict(x, value=None) for x in xcoms]),
            "/dags/etl/tasks": {"tasks": list(tasks)},
        }
        for xcom in xcoms:
            self.documents[f"{run}/taskInstances/{xcom['task_id']}/xcomEntries/{xcom['key']}"] = xcom
        for task_id, all_tries in dict(tries).items():
            self.documents[f"{run}/taskInstances/{task_id}/tries"] = {"task_instances": all_tries}
        self.asked = []

    def call(self, method, path, query=None, body=None):
        self.asked.append(path)
        document = self.documents.get(path)
        if document is None:
            return Answer(404, {"detail": "not found"})
        if isinstance(document, tuple):
            member, items = document
            page = list(items)[query["offset"] : query["offset"] + 2]
            return Answer(200, {member: page, "total_entries": len(items)})
        return Answer(200, document)


def read(*instances, **more):
    return read_run(AirflowApi(Recorded(list(instances), **more)), "etl", "manual__1")


def test_a_run_with_its_tasks_pages_and_all():
    run = read(*(instance(f"t{number}") for number in range(5)))
    assert (run.state, run.conf, run.seconds, run.logical_date) == ("success", {"day": 1}, 30, at(-60))
    assert list(run.tasks) == [Key(f"t{number}") for number in range(5)]
    task = run.tasks[Key("t0")]
    assert (task.start, task.end, task.tries) == (at(1), at(2), 1)
    assert [(span.kind, span.seconds) for span in task.spans] == [
        (SpanKind.WAITING, 1),
        (SpanKind.RUNNING, 1),
    ]


def test_a_retried_task_has_all_of_its_tries():
    last = instance("t", start=20, end=21, number=2)
    run = read(last, tries={"t": [last, instance("t", "failed", 1, 5)]})
    task = run.tasks[Key("t")]
    assert (task.start, task.end, task.tries) == (at(1), at(21), 2)
    assert [span.kind for span in task.spans] == [
        SpanKind.WAITING,
        SpanKind.RUNNING,
        SpanKind.RETRYING,
        SpanKind.RUNNING,
    ]


def test_what_was_decided_without_running_did_not_run():
    skipped = instance("skipped", "skipped", 3, 3, number=0)
    run = read(skipped, instance("late", "upstream_failed", 4, 4), instance("none", None, None, number=0))
    for one in run.tasks.values():
        assert (one.start, one.end, one.tries, one.spans) == (None, None, 0, ())


def test_a_task_that_skipped_itself_did_run():
    run = read(instance("t", "skipped", 3, 4))
    assert run.tasks[Key("t")].tries == 1


def test_xcoms_are_outputs_by_key_and_map_index():
    xcoms = [
        {"task_id": "t", "map_index": -1, "key": "return_value", "value": {"a": [1]}},
        {"task_id": "t", "map_index": -1, "key": "rows", "value": 3},
    ]
    run = read(instance("t"), xcoms=xcoms)
    assert run.tasks[Key("t")].outputs == {"return_value": {"a": [1]}, "rows": 3}


def test_the_graph_and_the_rules_come_from_the_dag():
    tasks = [
        {"task_id": "a", "downstream_task_ids": ["b", "c"], "trigger_rule": "all_success"},
        {"task_id": "b", "downstream_task_ids": ["c"], "trigger_rule": "all_success"},
        {"task_id": "c", "downstream_task_ids": [], "trigger_rule": "one_failed"},
    ]
    run = read(instance("a"), tasks=tasks)
    assert run.upstream == {"a": (), "b": ("a",), "c": ("a", "b")}
    assert run.trigger_rules["c"] == "one_failed"


def test_a_run_that_is_not_there():
    with pytest.raises(Dag2SfnError, match="D702"):
        read_run(AirflowApi(Recorded([])), "etl", "other")


def test_an_airflow_that_refuses():
    class Refusing:
        def call(self, *request):
            return Answer(403, {"detail": "Forbidden"})

    with pytest.raises(Dag2SfnError, match="status 403: Forbidden"):
        read_run(AirflowApi(Refusing()), "etl", "manual__1")


@pytest.mark.parametrize(("version", "sent"), [("3.3.2", True), ("2.11.0", False)])
def test_a_run_without_logical_date_is_asked_for_as_the_version_has_it(version, sent):
    bodies = []

    class Recording(Recorded):
        def call(self, method, path, query=None, body=None):
            if method == "POST":
                bodies.append(body)
                return Answer(200, RUN)
            return super().call(method, path, query)

    AirflowApi(Recording([], version=version)).trigger("etl", "manual__1", {}, None)
    assert ("logical_date" in bodies[0]) == sent


@pytest.mark.parametrize(
    ("kept", "value"),
    [
        ({"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, [2]]}, [1, [2]]),
        ({"__classname__": "builtins.set", "__version__": 1, "__data__": [2, 1]}, [1, 2]),
        (
            {
                "__classname__": "datetime.datetime",
                "__version__": 2,
                "__data__": {"timestamp": 1767268800.0, "tz": None},
            },
            "2026-01-01T12:00:00+00:00",
        ),
        ({"a": {"__type": "tuple", "__var": [1]}}, {"a": [1]}),
        ("text", "text"),
    ],
)
def test_values_as_airflow_keeps_them(kept, value):
    assert plain(kept) == value


def test_what_operators_push_for_themselves_is_read_only_where_the_machine_has_it_too(monkeypatch):
    pushed = {"return_value": 1, "glue_job_run_id": "jr_1", "_link_logs": "x"}
    xcoms = [{"task_id": "load", "map_index": -1, "key": key, "value": pushed[key]} for key in pushed]
    for of_machine, read in (
        ({"return_value": 1}, {"return_value": 1}),
        ({"return_value": 1, "_link_logs": "y"}, {"return_value": 1, "_link_logs": "x"}),
    ):
        execution = machine(task("load", outputs=of_machine))
        monkeypatch.setattr(pairing, "read_execution", lambda *given, found=execution: found)
        api = AirflowApi(Recorded([instance("load")], xcoms=xcoms))
        airflow, _ = pairing.read_both(pairing.Found("etl", "manual__1", "arn"), api, None)
        assert airflow.tasks[Key("load")].outputs == read
