import os
import select
import time
import zipfile
from pathlib import Path

import pytest
from waiting import wait_until

from converter.diagnostics import Dag2SfnError
from converter.loading import load

SDK = """\
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
"""

BAD_FILES = {
    "child.py": SDK + "import subprocess\n"
    "pid = subprocess.Popen(['sleep', '600']).pid\n"
    "open('pid', 'w').write(str(pid))\n"
    "with DAG('starts_a_program'):\n    pass\n",
    "cycle.py": SDK + "with DAG('round'):\n"
    "    a, b, c, d = [EmptyOperator(task_id=i) for i in 'abcd']\n"
    "    d >> a >> b >> c >> a\n",
    "exits.py": "# airflow dag\nimport sys\nprint('bye')\nsys.exit('no config')\n",
    "hangs.py": "# airflow dag\n"
    "import signal, threading, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "threading.Thread(target=time.sleep, args=(600,)).start()\n"
    "print('waiting')\n"
    "while True:\n"
    "    try:\n"
    "        time.sleep(600)\n"
    "    except BaseException:\n"
    "        pass\n",
    "helper_of_raises.py": "def configure():\n    raise ValueError('two\\nlines')\nconfigure()\n",
    "ids.py": SDK + "with DAG('same_ids'):\n    EmptyOperator(task_id='t')\n    EmptyOperator(task_id='t')\n",
    "killed.py": "# airflow dag\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "os_exit.py": "# airflow dag\nimport os\nprint('going down')\nos._exit(3)\n",
    "raises.py": "# airflow dag\nimport helper_of_raises\n",
    "rule.py": SDK + "with DAG('typo'):\n    EmptyOperator(task_id='t').trigger_rule = 'all_sucess'\n",
    "shared_a.py": "from airflow.sdk import DAG\nfrom shared_b import dag\n",
    "shared_b.py": SDK + "with DAG('shared') as dag:\n    pass\n",
    "syntax.py": "# airflow dag\ndef f(:\n",
    "twice.py": SDK + "with DAG('twice'):\n    pass\nwith DAG('twice'):\n    pass\n",
    "twice_too.py": SDK + "with DAG('twice'):\n    pass\n",
    "waits.py": "# airflow dag\ninput('password? ')\n",
    "zero.py": "# airflow dag\n\0\n",
}

TIME_LIMIT = 4.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    for name, text in BAD_FILES.items():
        (folder / name).write_text(text)
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("inside.py", "airflow dag")
    directory_entry = b"PK\1\2"
    damaged = (folder / "packed.zip").read_bytes().replace(directory_entry, b"PK\0\0")
    (folder / "damaged.zip").write_bytes(damaged)
    return folder


@pytest.fixture(scope="module")
def messages(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with pytest.raises(Dag2SfnError) as caught:
            load(Path("."), timeout=TIME_LIMIT)
    assert caught.value.exit_code == 2
    return [str(diagnostic) for diagnostic in caught.value.diagnostics]


def test_every_file_has_its_message_and_no_file_hides_another(messages):
    assert sorted(message.split(":")[0] for message in messages) == sorted(
        [
            "D103 helper_of_raises.py",
            "D103 ids.py",
            "D103 waits.py",
            "D104 syntax.py",
            "D104 zero.py",
            "D105 exits.py",
            "D105 killed.py",
            "D105 os_exit.py",
            "D106 hangs.py",
            "D109 cycle.py",
            "D110 shared_b.py",
            "D110 twice.py",
            "D110 twice_too.py",
            "D111 rule.py",
            "D112 damaged.zip",
            "D112 packed.zip",
        ]
    )


@pytest.mark.parametrize(
    "expected",
    [
        # Places are counted by hand in the texts above.
        "D103 helper_of_raises.py:2: ValueError: two lines (imported by raises.py)",
        "D103 waits.py:2: EOFError: EOF when reading a line",
        "D104 syntax.py:2: syntax error: invalid syntax",
        "D105 exits.py:4: ended Python while it was imported: SystemExit: no config (its last output: bye);",
        "D105 killed.py: ended Python while it was imported: signal SIGKILL;",
        "D105 os_exit.py: ended Python while it was imported: exit status 3 (its last output: going down);",
        "D106 hangs.py:8: still being imported after 4 s (its last output: waiting);",
        "D109 cycle.py:3: DAG 'round' has a cycle: a >> b >> c >> a; remove one of these dependencies",
        "D110 twice.py:5: another DAG has the id 'twice': twice.py:3; give each its own",
        "D110 twice_too.py:3: another DAG has the id 'twice': twice.py:3; give each its own",
        "D110 shared_b.py:3: another DAG has the id 'shared': shared_a.py (made at shared_b.py:3);",
        "D111 rule.py:3: DAG 'typo' is invalid: ValueError: task 't' has the unknown trigger_rule 'all_",
    ],
)
def test_a_message_says_where_and_why(messages, expected):
    assert [message for message in messages if message.startswith(expected)]


def test_two_tasks_of_one_id_are_found_at_the_second(messages):
    (message,) = [message for message in messages if " ids.py" in message]
    assert message.startswith("D103 ids.py:5: ")
    assert "'t'" in message


@pytest.mark.usefixtures("messages")
def test_programs_that_a_file_started_are_ended(folder):
    pid = int((folder / "pid").read_text())
    wait_until(lambda: not _is_running(pid), "the program has ended")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody waits for stays as a zombie in some containers.
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


def test_a_slow_parent_misses_nothing_and_mixes_nothing_up(tmp_path, monkeypatch):
    look = select.select

    def look_and_dawdle(*args):
        seen = look(*args[:3], 0)
        time.sleep(0.6)
        return seen

    # As on a busy machine: files are read, and the process ends, between two steps of the parent.
    monkeypatch.setattr(select, "select", look_and_dawdle)
    monkeypatch.chdir(tmp_path)
    for name in ("first", "second"):
        Path(f"{name}.py").write_text(f"# airflow dag\nimport sys\nprint('of {name}')\nsys.exit()\n")
    with pytest.raises(Dag2SfnError) as caught:
        load(Path("."))
    first, second = map(str, caught.value.diagnostics)
    end = "ended Python while it was imported: SystemExit"
    assert first.startswith(f"D105 first.py:4: {end} (its last output: of first);")
    assert second.startswith(f"D105 second.py:4: {end} (its last output: of second);")


def test_a_problem_of_a_dag_that_is_not_selected_does_not_matter(tmp_path):
    file = tmp_path / "two.py"
    file.write_text(
        SDK + "with DAG('bad'):\n"
        "    task = EmptyOperator(task_id='t')\n"
        "    task >> task\n"
        "with DAG('good'):\n    pass\n"
    )
    assert [workflow.dag_id for workflow in load(file, dag_ids=["good"])] == ["good"]
