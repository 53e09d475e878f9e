from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest
from workflows import GLUE, glue, machine_of, partial_fan_in, workflow

from converter.asl.options import Failures, Options
from converter.diagnostics import Dag2SfnError
from converter.packaging import ManifestTask, bundle, read_manifest, write_bundle
from converter.pollers import SOURCE

STOP = Options(failures=Failures.STOP)


def write(directory, flow=None, options=None, **more):
    flow = flow or partial_fan_in(source_hash="0" * 64)
    return write_bundle(directory, flow, machine_of(flow, options), options or Options(), **more)


def files_in(directory):
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_a_bundle_has_definition_template_manifest_and_poller(tmp_path):
    written = files_in(write(tmp_path / "build" / "partial_fan_in", extra_files={"report/a.md": "é\n"}))
    assert set(written) == {
        "bundle.json",
        "definition.asl.json",
        "functions/poller/dag2sfn_poller.py",
        "report/a.md",
        "template.yaml",
    }
    assert written["functions/poller/dag2sfn_poller.py"] == SOURCE.read_bytes()
    assert written["report/a.md"] == "é\n".encode()


def test_the_definition_keeps_our_order_and_ends_with_a_newline(tmp_path):
    text = (write(tmp_path / "x") / "definition.asl.json").read_text()
    assert list(json.loads(text)) == list(machine_of(partial_fan_in()).definition)
    assert text.startswith('{\n  "')
    assert text.endswith("}\n")


def test_the_manifest_can_be_read_back(tmp_path):
    long_id = "x" * 100
    flow = workflow(glue("a"), glue(long_id, "a"), dag_id="etl.daily", source_hash="0" * 64)
    manifest = read_manifest(write(tmp_path / "x", flow, STOP))
    digest = hashlib.sha256(b"dag2sfn-etl.daily").hexdigest()[:6]
    assert (manifest.dag_id, manifest.stack_name) == ("etl.daily", f"dag2sfn-etl-daily-{digest}")
    assert (manifest.source.file, manifest.source.line) == ("dags/example.py", 1)
    assert manifest.source_sha256 == "0" * 64
    assert manifest.options["failures"] == "stop"
    assert manifest.tasks[0] == ManifestTask("a", GLUE, "a")
    states = machine_of(flow, STOP).definition["States"]
    assert len(manifest.tasks[1].state) <= 80
    assert states[manifest.tasks[1].state]["Comment"] == f"task {long_id}: GlueJobOperator, after a"
    assert (manifest.functions, manifest.substitutions) == ((), ())


def test_the_manifest_names_what_the_template_fills_in(tmp_path):
    assert read_manifest(write(tmp_path / "a")).substitutions == ("PollerFunctionArn", "OutcomeTableName")
    assert read_manifest(write(tmp_path / "b", options=STOP)).substitutions == ("PollerFunctionArn",)


def test_what_is_stale_is_removed(tmp_path):
    folder = write(tmp_path / "x", extra_files={"old.md": ""})
    write(folder, workflow(glue("a"), source_hash="0" * 64))
    assert set(files_in(folder)) == {"bundle.json", "definition.asl.json", "template.yaml"}
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_bundle_stays_as_it_was_if_the_new_one_cannot_be_written(tmp_path, monkeypatch):
    folder = write(tmp_path / "x")
    before = files_in(folder)

    def fail(directory, new, old):
        raise OSError("disk full")

    monkeypatch.setattr(bundle, "_replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write(folder, options=STOP)
    assert files_in(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("make", ["folder", "file"])
def test_what_is_no_bundle_is_not_replaced(tmp_path, make):
    if make == "folder":
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "mine.txt").write_text("keep")
    else:
        (tmp_path / "x").write_text("keep")
    with pytest.raises(Dag2SfnError, match=r"D401 .* is no bundle, so it is not replaced"):
        write(tmp_path / "x")
    assert "keep" in ((tmp_path / "x" / "mine.txt") if make == "folder" else (tmp_path / "x")).read_text()


def test_more_permissions_than_a_role_may_have_are_refused(tmp_path):
    flow = workflow(*(glue(f"t{number}", job="j" * 200 + str(number)) for number in range(300)))
    with pytest.raises(Dag2SfnError, match=r"D404 .*; split the DAG"):
        write(tmp_path / "x", flow)
    assert not (tmp_path / "x").exists()


SCRIPT = """
import sys
from pathlib import Path
from test_bundle import write
write(Path(sys.argv[1]))
"""


def test_a_bundle_has_the_same_bytes_under_any_hash_seed(tmp_path, pytestconfig):
    tests = pytestconfig.rootpath / "tests"
    path = f"{pytestconfig.rootpath}:{tests}:{tests / 'support'}:{tests / 'packaging'}"
    found = []
    for seed in ("0", "1", "7"):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / seed)]
        subprocess.run(command, env={"PYTHONPATH": path, "PYTHONHASHSEED": seed}, check=True, timeout=120)
        found.append(files_in(tmp_path / seed))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "has no bundle.json"),
        ("{", "no JSON text"),
        ("[]", "another format"),
        ('{"format": 2}', "another format"),
        ('{"format": 1, "dag_id": "x"}', "incomplete"),
    ],
)
def test_a_folder_that_is_no_bundle_is_named_with_the_reason(tmp_path, content, why):
    if content is not None:
        (tmp_path / "bundle.json").write_text(content)
    with pytest.raises(Dag2SfnError, match=f"D401 .*{why}") as raised:
        read_manifest(tmp_path)
    assert raised.value.exit_code == 2
