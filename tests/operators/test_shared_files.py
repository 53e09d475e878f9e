"""Tasks that name the same file of the machine: what one has written, the other does not find in Lambda."""

from __future__ import annotations

import ast
import textwrap

import pytest
from workflows import workflow

from converter.operators import steps_of
from converter.task_runtime.local_files import LocalFile, files_in_code, files_in_text
from converter.task_runtime.local_modules import parsed
from converter.workflow import Location, Opaque, Task

STANDARD = "airflow.providers.standard.operators"
SOURCE = """
import pandas as pd
RAW = "raw.csv"
def fetch():
    with open(RAW, "w") as file:
        file.write("x")
    return open("settings.json").read()
def clean():
    pd.read_csv(RAW).to_csv("/tmp/clean.csv")
    return open("settings.json").read()
def load(s3):
    s3.upload_file("/tmp/clean.csv", "bucket", "out/clean.csv")
    s3.upload_file("alone.csv", "bucket", "s3://b/tmp/x")
def index():
    "/tmp/clean.csv is not read here"
"""


def codes(tmp_path, monkeypatch, **commands):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etl.py").write_text(SOURCE)
    place = Location("etl.py", 1)
    tasks = [
        Task(
            name,
            f"{STANDARD}.python.PythonOperator",
            arguments={"python_callable": Opaque("builtins.function", f"etl.{name}")},
            location=place,
        )
        for name in ("fetch", "clean", "load", "index")
    ]
    tasks += [
        Task(
            name,
            f"{STANDARD}.bash.BashOperator",
            arguments={"bash_command": command},
            template_fields=("bash_command",),
            location=place,
        )
        for name, command in commands.items()
    ]
    _, problems = steps_of(workflow(*tasks))
    return {item.task_id: item.problem for item in problems if item.code.id == "D867"}


def test_each_task_is_told_which_of_its_files_others_name(tmp_path, monkeypatch):
    found = codes(
        tmp_path, monkeypatch, zip="zip -r /tmp/all.zip /tmp/clean.csv", other="cat s3://tmp/clean.csv"
    )
    assert set(found) == {"fetch", "clean", "load", "zip"}
    assert "names 'raw.csv', also named by 'clean':" in found["fetch"]
    assert "names '/tmp/clean.csv', 'raw.csv', also named by 'load', 'zip' and 1 more:" in found["clean"]
    assert "names '/tmp/clean.csv', also named by 'clean', 'zip':" in found["load"]
    assert "names '/tmp/clean.csv', also named by" in found["zip"]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("wget x -O /opt/airflow/stations.csv", ["/opt/airflow/stations.csv"]),
        ("/opt/dbt-venv/bin/dbt run --profiles-dir /opt/airflow/dbt", []),
        ("python '/tmp/a b'", ["/tmp/a"]),  # noqa: S108
        ("hadoop fs -get hdfs:///tmp/a.csv s3://bucket/tmp/b.csv ${HOME}/tmp/c.csv", []),
        ("echo {{ ti.xcom_pull('a') }}/tmp/a.csv", []),
    ],
)
def test_paths_in_commands(text, paths):
    assert [file.path for file in files_in_text(text)] == paths


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("open('/tmp/x')", [LocalFile("/tmp/x")]),  # noqa: S108
        ("f'/tmp/part_{n}.csv'", [LocalFile("/tmp/part_")]),  # noqa: S108
        ("f's3://{bucket}/tmp/x.csv'", []),
        ("df.to_parquet('out.parquet')", [LocalFile("out.parquet", is_written=True)]),
        ("df.to_csv(path_or_buf=NAME)", [LocalFile("named.csv", is_written=True)]),
        ("open('a.txt', mode='ab')", [LocalFile("a.txt", is_written=True)]),
        ("open(name, 'w')", []),
        ("s3.download_file('b', 'key/x.csv', 'x.csv')", [LocalFile("x.csv", is_written=True)]),
        (
            "s3.download_file(Bucket='b', Key='x.csv', Filename='y.csv')",
            [LocalFile("y.csv", is_written=True)],
        ),
        ("hook.load_file(filename='a.json', key='b.json')", [LocalFile("a.json")]),
        ("df.to_csv('s3://b/a.csv')", []),
    ],
)
def test_paths_in_code(tmp_path, code, files):
    (tmp_path / "etl.py").write_text(textwrap.dedent("NAME = 'named.csv'\n"))
    module = parsed(tmp_path / "etl.py", "etl")
    assert list(files_in_code(ast.parse(code), module)) == files
