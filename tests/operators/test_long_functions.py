"""Python and Bash tasks that have more time than Lambda gives."""

import pytest
from verifying import verifier_of
from workflows import glue, workflow

from converter import diagnostics as d
from converter.asl.options import LongFunctions, Options
from converter.pipeline import convert
from converter.workflow import Location, Opaque, Retries, Task

HOUR = 3600.0
CAP = Options(long_functions=LongFunctions.CAP, resumable=False)


@pytest.fixture
def flow(tmp_path, monkeypatch):
    """A DAG whose tasks all have an hour, but for one function that has ten minutes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etl.py").write_text("def run(): ...\n")

    def function(task_id, *upstream, seconds=HOUR):
        return Task(
            task_id,
            "airflow.providers.standard.operators.python.PythonOperator",
            arguments={"python_callable": Opaque("builtins.function", "etl.run")},
            upstream=upstream,
            execution_timeout=seconds,
            location=Location("etl.py", 1),
            retries=Retries(1, 60),
        )

    return workflow(
        function("extract"),
        glue("job", "extract", execution_timeout=HOUR),
        function("load", "job"),
        function("quick", "job", seconds=600.0),
    )


def named(conversion, code):
    return [item.task_id for item in conversion.diagnostics if item.code is code]


def test_they_are_refused_by_default_and_told_what_to_write(flow):
    conversion = convert(flow, Options())
    assert conversion.refused
    assert named(conversion, d.TOO_LONG_FOR_LAMBDA) == ["extract", "load"]
    assert all(
        "--long-functions cap" in item.remedy
        for item in conversion.diagnostics
        if item.code is d.TOO_LONG_FOR_LAMBDA
    )


def test_capped_they_have_fifteen_minutes_and_the_report_says_what_they_had(flow):
    conversion = convert(flow, CAP)
    assert named(conversion, d.TOO_LONG_FOR_LAMBDA) == []
    assert named(conversion, d.TIME_IS_CAPPED) == ["extract", "load"]
    said = [str(item) for item in conversion.diagnostics if item.code is d.TIME_IS_CAPPED]
    assert said[0] == (
        "D866 etl.py:1: task 'extract': a try fails after 900 s, in Airflow after 3600 s;"
        " check how long it took in past runs"
    )


def test_other_tasks_keep_their_time(flow):
    states = convert(flow, CAP).machine.definition["States"]
    branches = states["in parallel: load and quick"]["Branches"]
    limits = {name: state.get("TimeoutSeconds") for name, state in states.items()}
    limits |= {name: state.get("TimeoutSeconds") for one in branches for name, state in one["States"].items()}
    assert {name: limits[name] for name in ("extract", "job", "load", "quick")} == {
        "extract": 900,
        "job": 3600,
        "load": 900,
        "quick": 600,
    }


def test_a_try_that_takes_longer_is_a_timeout_as_in_airflow(flow):
    assert verifier_of(flow, CAP).verify(range(30)).divergences == ()


def test_nothing_is_said_where_no_function_has_so_much_time(flow):
    assert named(convert(workflow(flow.tasks[3], glue("job")), CAP), d.TIME_IS_CAPPED) == []
