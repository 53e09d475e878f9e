import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import venv
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from converter import diagnostics
from converter.diagnostics import Dag2SfnError
from converter.loading import load, load_each, load_readable, of_stand_ins
from converter.workflow import Location, to_json, workflow_from_json

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]


def problems(path, **options):
    with pytest.raises(Dag2SfnError) as caught:
        load(path, **options)
    assert caught.value.exit_code == 2
    return caught.value.diagnostics


def only_problem(path, **options):
    (problem,) = problems(path, **options)
    return problem


def test_all_dags_of_a_folder_come_in_the_order_of_files_and_definitions(good):
    assert list(good) == ["arguments", "settings", "hourly", "flow", "required"]


def test_only_the_selected_dags_of_a_file_are_returned(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    file = HERE / "good_dags" / "shapes.py"
    workflows = load(file, dag_ids=["flow", "settings"])
    assert [workflow.dag_id for workflow in workflows] == ["settings", "flow"]
    # The path was given as absolute, and is inside the current directory.
    assert workflows[0].location == Location("tests/loading/good_dags/shapes.py", 8)


@pytest.mark.full
def test_the_same_bytes_under_every_hash_seed_and_outside_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = set()
    for seed in ("0", "1", "4294967295"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        workflows = [*load(HERE / "good_dags"), *load(HERE / "old_dags")]
        texts.add(json.dumps(to_json(workflows)))
    (text,) = texts
    assert f'"{HERE.as_posix()}/good_dags/arguments.py"' in text
    assert "0x" not in text


def test_nothing_is_printed_and_nothing_is_left_behind(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "helper.py").write_text("NAME = 'quiet'\n")
    (folder / "secrets.py").write_text("raise RuntimeError('hides the standard library')\n")
    (folder / "quiet.py").write_text(
        "import os, sys, secrets, helper\n"
        "from airflow.sdk import DAG\n"
        "print('out'); print('err', file=sys.stderr); os.system('echo shell')\n"
        "with DAG(helper.NAME):\n    pass\n"
    )
    assert [workflow.dag_id for workflow in load(folder)] == ["quiet"]
    assert capfd.readouterr() == ("", "")
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["dags", "dags/helper.py", "dags/quiet.py", "dags/secrets.py", "tmp"]


def test_the_example_is_read_with_its_partial_fan_in(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    (workflow,) = load(Path("dags/partial_fan_in.py"))
    assert {task.task_id: task.upstream for task in workflow.tasks} == {
        "glue1": (),
        "glue2": (),
        "glue3": (),
        "report_a": ("glue1", "glue3"),
        "report_b": ("glue2", "glue3"),
    }
    report = workflow.task("report_a")
    assert report.operator.endswith(".step_function.StepFunctionStartExecutionOperator")
    assert report.arguments["deferrable"] is True
    assert workflow.task("glue3").arguments == {"job_name": "glue3", "deferrable": False}
    assert (workflow.schedule, workflow.location.file) == (None, "dags/partial_fan_in.py")


def test_a_file_that_cannot_be_read_stops_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("# airflow dag\nimport os\nos._exit(1)\n")
    Path("b.py").write_text("from airflow.sdk import DAG\nwith DAG('b'):\n    pass\n")
    Path("c.py").write_text("# airflow dag\nraise ValueError('no config')\n")
    Path("d.py").write_text("from airflow.sdk import DAG\nwith DAG('d'):\n    pass\n")
    exits, b, raises, d = load_each(Path("."))
    assert (exits.code, b.dag_id, raises.code, d.dag_id) == (
        diagnostics.FILE_EXITS,
        "b",
        diagnostics.FILE_RAISES,
        "d",
    )
    assert load_readable(Path(".")) == ((b, d), (exits, raises))


def test_a_file_that_is_gone_by_its_turn_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("# airflow dag\nimport os\nos.remove('b.py')")
    (tmp_path / "b.py").write_text("# airflow dag")
    (tmp_path / "c.py").write_text("from airflow.sdk import DAG\nwith DAG('c'):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    b, c = load_each(Path("."))
    assert (b.code, b.location.file, c.dag_id) == (diagnostics.FILE_RAISES, "b.py", "c")
    assert "FileNotFoundError" in b.problem


def test_each_workflow_comes_as_soon_as_its_file_is_read(tmp_path):
    (tmp_path / "a.py").write_text("from airflow.sdk import DAG\nwith DAG('a'):\n    pass\n")
    (tmp_path / "b.py").write_text("# airflow dag\nimport time\ntime.sleep(600)\n")
    loaded = load_each(tmp_path)
    assert next(loaded).dag_id == "a"
    # Whoever has seen enough ends the process that reads.
    loaded.close()


def test_reading_begins_when_it_is_asked_for_and_ends_with_whoever_asks(tmp_path):
    (tmp_path / "a.py").write_text("from airflow.sdk import DAG\nwith DAG('a'):\n    pass\n")
    before = set(psutil.Process().children())
    loaded = load_each(tmp_path)
    (reader,) = set(psutil.Process().children()) - before
    loaded.close()
    assert not reader.is_running()


def test_a_path_without_dag_files_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("airflow dag")
    missing, text = only_problem(Path("absent.py")), only_problem(Path("notes.txt"))
    assert str(missing) == "D101 absent.py: no such file or folder; give a DAG file (.py) or a folder of them"
    assert (text.code, text.problem) == (diagnostics.PATH_NOT_READABLE, "is not a Python file")


def test_a_file_or_folder_without_a_dag_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("helper.py").write_text("import airflow  # no dag here\n")
    file, folder = only_problem(Path("helper.py")), only_problem(Path("."))
    assert file.code is folder.code is diagnostics.NO_DAG
    assert (file.problem, folder.problem) == (
        "the file defines no DAG",
        "no file of this folder defines a DAG",
    )


def test_every_unknown_dag_id_is_named_with_the_known_ones(monkeypatch):
    monkeypatch.chdir(HERE)
    found = problems(Path("good_dags/arguments.py"), dag_ids=["x", "arguments", "y"])
    assert [str(problem) for problem in found] == [
        "D108 good_dags/arguments.py: no DAG has the id 'x'; the ids are: arguments",
        "D108 good_dags/arguments.py: no DAG has the id 'y'; the ids are: arguments",
    ]


LISTING = """
from pathlib import Path
from converter.loading import load, load_each, load_readable
for workflow in load(Path(".")):
    print(workflow.location, *(task.location for task in workflow.tasks))
"""


def test_a_folder_may_hold_a_checkout_of_the_converter_and_python_environments(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from airflow.sdk import DAG\n"
        "from airflow.providers.standard.operators.empty import EmptyOperator\n"
        "with DAG('mine'):\n"
        "    EmptyOperator(task_id='t')\n"
    )
    shutil.copytree(
        REPOSITORY / "converter", tmp_path / "converter", ignore=shutil.ignore_patterns("__pycache__")
    )
    venv.create(tmp_path / ".venv", symlinks=True)
    conda = tmp_path / "tools" / "conda"
    (conda / "conda-meta").mkdir(parents=True)
    (conda / "conda-meta" / "history").touch()
    for folder, linked in ((tmp_path / ".venv", "other_lib"), (conda, "lib/python3.1")):
        (folder / "lib").mkdir(exist_ok=True)
        (folder / linked).symlink_to(folder / "lib")
        (folder / "raises.py").write_text("raise ValueError('this is no airflow dag')\n")

    listed = subprocess.run(
        [sys.executable, "-c", LISTING],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (listed.stdout, listed.stderr) == ("mine.py:3 mine.py:4\n", "")


def test_a_folder_that_is_reached_twice_is_named_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dag_file = Path("dags/v2/jobs/etl.py")
    dag_file.parent.mkdir(parents=True)
    dag_file.write_text("from airflow.sdk import DAG\nwith DAG('etl'):\n    pass\n")
    Path("dags/latest").symlink_to("v2")
    assert str(only_problem(Path("dags"))) == (
        "D113 dags: 'latest' and 'v2' are the same folder, and Airflow refuses to read a folder twice; "
        "list one of them in dags/.airflowignore"
    )
    Path("dags/.airflowignore").write_text("latest\n")
    (workflow,) = load(Path("dags"))
    assert workflow.location == Location("dags/v2/jobs/etl.py", 2)


REACHES_OUT = """
from urllib.request import urlopen
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("reaches_out"):
    for name in urlopen("http://127.0.0.1:PORT/tables", timeout=10).read().decode().split():
        EmptyOperator(task_id=name)
"""


class Tables(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"orders clicks")

    def log_message(self, *args):
        pass


def test_a_file_reaches_other_machines_only_if_that_is_allowed(tmp_path):
    file = tmp_path / "reaches_out.py"
    with HTTPServer(("127.0.0.1", 0), Tables) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        file.write_text(REACHES_OUT.replace("PORT", str(server.server_port)))
        (workflow,) = load(file, allow_network=True)
        (closed,) = load(file)
        server.shutdown()
    assert [task.task_id for task in workflow.tasks] == ["orders", "clicks"]
    assert not closed.tasks
    (problem,) = (item for item in of_stand_ins(closed) if item.code is diagnostics.STATEMENT_FAILED)
    assert "the network is closed while DAG files are read: 127.0.0.1:" in problem.problem
    assert problem.remedy == "move it into a task, or allow it: --allow-network"


def test_a_library_is_not_told_that_another_one_is_installed(tmp_path):
    (tmp_path / "dag.py").write_text(
        "import importlib.util, json, no_such_library\n"
        "from airflow.sdk import DAG\n"
        "found = importlib.util.find_spec('no_such_library')\n"
        "import json.tool\n"
        "with DAG('d', description=str(found)):\n    pass\n"
    )
    (workflow,) = load(tmp_path)
    assert workflow.settings["description"] == "None"


@pytest.mark.parametrize("script", ['exec {python} -I -S "$@"', "echo broken >&2; exit 7", None])
def test_an_interpreter_without_airflow_leads_to_the_extra_to_install(tmp_path, script):
    python = tmp_path / "python"
    if script:
        python.write_text("#!/bin/sh\n" + script.format(python=sys.executable) + "\n")
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
    problem = only_problem(HERE / "good_dags", python=os.fspath(python))
    assert problem.code is diagnostics.AIRFLOW_UNUSABLE
    assert problem.remedy == "install it there: `pip install '.[airflow]'` in the checkout of dag2sfn"
    expected = (
        "broken"
        if script and "broken" in script
        else "No module named 'airflow'"
        if script
        else "No such file"
    )
    assert expected in problem.problem


def test_what_functions_are_written_to_return_tells_the_arguments_of_rows():
    plain, native = load(HERE / "rows_dag.py")
    names = {task.task_id: task.expansion.names for task in plain.tasks if task.expansion}
    assert names == {
        "known": ("query",), "unknown": None, "of_instances": ("query",), "bash": ("query",),
        "one": None, "others": None,
    }  # fmt: skip
    assert plain.task("known").expansion.file_endings == (".sql",)
    assert workflow_from_json(to_json(plain)) == plain
    # Rendered to a native object, a text may become anything.
    assert {task.expansion.names for task in native.tasks if task.expansion} == {None}
