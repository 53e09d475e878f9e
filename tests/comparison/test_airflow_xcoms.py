"""Reading the XComs of a run: how many requests it takes, and which answers are not taken."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import Stubber

from converter.comparison import airflow_api
from converter.comparison.airflow_api import AirflowApi, Answer, MwaaTransport
from converter.comparison.airflow_xcoms import read_xcoms
from converter.comparison.model import Key

RUN = "/dags/etl/dagRuns/r"


class Airflow:
    """Answers as Airflow's API does; ``wait`` is what it tells of several tasks, by the ids asked for."""

    def __init__(self, xcoms, wait=None, version="3.3.2"):
        self.xcoms = {(*key, name): value for key, name, value in xcoms}
        self.wait, self.version = wait, version
        self.asked = []

    def call(self, method, path, query=None, body=None):
        if path == "/version":
            return Answer(200, {"version": self.version})
        self.asked.append(path.removeprefix(RUN))
        if path == f"{RUN}/wait":
            return Answer(200, {"state": "success", "results": self.wait(query["result"])})
        if path == f"{RUN}/taskInstances/~/xcomEntries":
            listed = [
                {"task_id": task_id, "map_index": index, "key": name} for task_id, index, name in self.xcoms
            ]
            page = listed[query["offset"] : query["offset"] + query["limit"]]
            return Answer(200, {"xcom_entries": page, "total_entries": len(listed)})
        *_, task_id, _, name = path.split("/")
        return Answer(200, {"value": self.xcoms[task_id, query["map_index"], name]})

    def results(self, task_ids):
        """What Airflow 3.3 tells."""
        found = {}
        for task_id in task_ids:
            indices = sorted(index for one, index, name in self.xcoms if one == task_id)
            values = [self.xcoms[task_id, index, "return_value"] for index in indices]
            found[task_id] = values[0] if indices[0] < 0 else values
        return found


def read(airflow, **given):
    xcoms = read_xcoms(AirflowApi(airflow), "etl", "r", **{"has_ended": True, **given})
    return {(xcom["task_id"], xcom["map_index"], xcom["key"]): xcom["value"] for xcom in xcoms}


def airflow_of(tasks, version="3.3.2"):
    airflow = Airflow([(Key(task_id), "return_value", n) for n, task_id in enumerate(tasks)], version=version)
    airflow.wait = airflow.results
    return airflow


MAPPED = [(Key("each", index), "return_value", value) for index, value in ((1, "b"), (0, "a"), (2, None))]
PLAIN = [(Key("one"), "return_value", {"rows": 1}), (Key("two"), "return_value", None), (Key("two"), "k", 2)]


def test_what_many_tasks_returned_takes_few_requests():
    airflow = airflow_of([f"load_{number:04}" for number in range(2_000)])
    assert read(airflow) == airflow.xcoms
    assert airflow.asked.count("/wait") == len(airflow.asked) - 20 < 20


def test_other_keys_are_read_one_by_one_and_a_mapped_task_in_the_order_of_its_instances():
    told = {"one": {"rows": 1}, "two": None, "each": ["a", "b", None]}
    airflow = Airflow([*PLAIN, *MAPPED], wait=lambda ids: told)
    assert read(airflow) == airflow.xcoms
    assert [path for path in airflow.asked if path.endswith("/k")] == ["/taskInstances/two/xcomEntries/k"]
    assert len(airflow.asked) == 3


@pytest.mark.parametrize("version", ["3.1.8", "3.2.2"])
def test_before_3_3_a_mapped_task_is_read_one_by_one(version):
    airflow = Airflow([*PLAIN, *MAPPED], version=version)
    airflow.wait = lambda ids: {"one": {"rows": 1}, "two": None} if ids == ["one", "two"] else {}
    assert read(airflow) == airflow.xcoms
    assert airflow.asked.count("/taskInstances/each/xcomEntries/return_value") == 3


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"one": {"rows": 1}},
        {"one": 1, "two": 2, "each": ["a", "b", None], "other": 4},
        None,
        [],
    ],
)
def test_an_answer_about_other_tasks_than_those_asked_for_is_not_taken(told):
    airflow = Airflow([*PLAIN, *MAPPED], wait=lambda ids: told)
    assert read(airflow) == airflow.xcoms


def test_a_mapped_task_with_too_few_values_is_read_one_by_one():
    airflow = Airflow([*PLAIN, *MAPPED], wait=lambda ids: {"one": {"rows": 1}, "two": None, "each": ["a"]})
    assert read(airflow) == airflow.xcoms


def test_a_run_that_goes_on_is_not_waited_for():
    airflow = Airflow(PLAIN, wait=lambda ids: pytest.fail("this would not return before the run's end"))
    assert read(airflow, has_ended=False) == airflow.xcoms


def test_what_is_not_wanted_is_not_read():
    airflow = Airflow(PLAIN, wait=lambda ids: {})
    assert read(airflow, wanted=lambda key, name: name == "k") == {("two", -1, "k"): 2}
    assert len(airflow.asked) == 2


def test_mwaa_that_refuses_a_list_is_asked_one_by_one():
    client = boto3.client(
        "mwaa", region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    with Stubber(client) as stub:
        stub.add_client_error("invoke_rest_api", "ValidationException", "no list")
        assert AirflowApi(MwaaTransport(client, "prod")).results(f"{RUN}/wait", ["one", "two"]) is None


def test_who_waits_is_told_how_far_it_is(monkeypatch):
    clock = iter(range(0, 10_000, 2))
    monkeypatch.setattr(airflow_api, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    said = []
    api = AirflowApi(Airflow(MAPPED), said.append)
    path = f"{RUN}/taskInstances/each/xcomEntries/return_value"
    assert len(api.each([(path, {"map_index": 0})] * 30, "XComs")) == 30
    assert said
    assert said[0].endswith(" of 30 XComs")
