"""``@asset``, and what tasks note about assets: the notes are lost, and the tasks run."""

from __future__ import annotations

ASSETS = """
    from airflow.sdk import DAG, Asset, AssetAlias, Metadata, asset, task

    raw = Asset("raw", uri="s3://bucket/raw")

    @asset(uri="s3://bucket/etl", schedule=None)
    def etl(self, context, outlet_events, raw, elsewhere, limit=3):
        outlet_events[self].extra = {"rows": 1}
        outlet_events[AssetAlias("any")].add(raw, extra={"k": "v"})
        return [self.name, self.uri, raw.uri, elsewhere.name, limit, context["run_id"]]

    with DAG("notes", schedule=raw & Asset("b") | AssetAlias("c")):
        pass
"""
NOTES = """
    from airflow.sdk import DAG, Asset, Metadata, task

    made = Asset("made")

    with DAG("etl"):
        @task(outlets=[made])
        def t(*, outlet_events):
            outlet_events[made].extra = {"rows": 2}
            return "noted"

        @task(outlets=[made])
        def yields():
            yield Metadata(made, {"rows": 2})
            return "yielded"

        t() >> yields()
"""


def event(task_id):
    return {"task_id": task_id, "map_index": -1, "try_number": 1, "run": {"run_id": "r"}, "xcom": {}}


def test_the_function_of_an_asset_is_given_assets_by_name(function_of):
    answer = function_of(ASSETS)(event("etl"))
    assert answer["return_value"] == ["etl", "s3://bucket/etl", "s3://bucket/raw", "elsewhere", 3, "r"]


def test_what_is_noted_about_an_asset_is_taken(function_of):
    function = function_of(NOTES)
    assert function(event("t"))["return_value"] == "noted"
    assert function(event("yields"))["return_value"] == "yielded"
