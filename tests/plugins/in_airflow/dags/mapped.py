"""Params, a task mapped over what another found, and one that gathers the results."""

from airflow.sdk import DAG, Param, task

DAY = """
Of which **day** the files are:

- in UTC, see [the calendar](https://example.org/calendar)
- `YYYY-MM-DD`
"""
PARAMS = {
    "times": Param(2, type="integer", minimum=1, description="What each number is multiplied by."),
    "unit": Param("rows", type="string", enum=["rows", "files"]),
    "dry": Param(False, type="boolean"),
    "day": Param("2026-01-01", type="string", format="date", description_md=DAY),
    "until": Param(None, type=["null", "string"], format="date-time", section="Limits"),
    "tables": Param(["orders"], type="array", section="Limits"),
    "limits": Param({"rows": 10}, type="object", section="Limits"),
}

with DAG("mapped", schedule=None, params=PARAMS):

    @task
    def find():
        return [1, 2, 3]

    @task
    def multiply(number, params=None):
        return {"number": number, "result": number * params["times"], "unit": params["unit"]}

    @task
    def gather(all_of_them):
        return sum(one["result"] for one in all_of_them)

    gather(multiply.expand(number=find()))
