"""How far each DAG has come: file, Bundle, stack."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner
from workflows import empty, glue, machine_of, workflow

from converter.asl.options import Options
from converter.cli import app
from converter.deployment import Deployed, Source, deploy, statuses, switch_schedule, undeploy
from converter.diagnostics import Dag2SfnError
from converter.packaging import write_bundle
from converter.workflow import Location, Schedule

DAILY = Schedule("CronDataIntervalTimetable", "30 2 * * *", "Europe/Berlin")


@pytest.fixture
def convert(tmp_path):
    """Write the file of a DAG and, as its conversion, a Bundle."""
    folder = tmp_path / "build"

    def written(*tasks, dag_id="etl", text="a DAG", **fields):
        file = tmp_path / f"{dag_id}.py"
        file.write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        flow = replace(
            workflow(*tasks, dag_id=dag_id, source_hash=digest, **fields), location=Location(str(file), 1)
        )
        return write_bundle(folder / dag_id, flow, machine_of(flow, Options()), Options())

    return written


def test_a_dag_goes_from_converted_to_deployed_to_changed_to_deployed(convert, tmp_path, session):
    bundle = convert(glue("a"))
    [converted] = statuses(bundle.parent, session)
    assert (converted.source, converted.deployed) == (Source.UNCHANGED, Deployed.NO)
    assert converted.schedule is None
    assert not converted.is_in_step

    deploy(bundle, session)
    [deployed] = statuses(bundle.parent, session)
    assert (deployed.deployed, deployed.is_in_step) == (Deployed.AS_CONVERTED, True)

    (tmp_path / "etl.py").write_text("another DAG")
    [changed] = statuses(bundle.parent, session)
    assert (changed.source, changed.deployed) == (Source.CHANGED, Deployed.AS_CONVERTED)

    convert(glue("a"), glue("b", "a"), text="another DAG")
    [again] = statuses(bundle.parent, session)
    assert (again.source, again.deployed) == (Source.UNCHANGED, Deployed.DIFFERENT)
    assert any("'b'" in line for line in again.changes.machine)

    deploy(bundle, session)
    (tmp_path / "etl.py").unlink()
    [missing] = statuses(bundle.parent, session)
    assert (missing.source, missing.deployed) == (Source.MISSING, Deployed.AS_CONVERTED)


def test_a_template_that_somebody_changed_is_seen(convert, session):
    bundle = convert(empty("a"))
    deployed = deploy(bundle, session)
    cloudformation = session.client("cloudformation")
    template = cloudformation.get_template(StackName=deployed.stack_name)["TemplateBody"]
    text = template if isinstance(template, str) else json.dumps(template)
    assert "RetentionInDays" in text
    there = cloudformation.describe_stacks(StackName=deployed.stack_name)["Stacks"][0]["Parameters"]
    cloudformation.update_stack(
        StackName=deployed.stack_name,
        TemplateBody=text.replace("Level: ERROR", "Level: ALL"),
        Parameters=[{"ParameterKey": one["ParameterKey"], "UsePreviousValue": True} for one in there],
        Capabilities=["CAPABILITY_IAM"],
    )
    [status] = statuses(bundle.parent, session)
    assert status.deployed is Deployed.DIFFERENT
    assert any("ERROR" in line and "ALL" in line for line in status.changes.resources)


def test_the_schedule_is_told_as_it_is_switched(convert, session):
    bundle = convert(empty("a"), schedule=DAILY)
    deploy(bundle, session)
    assert [one.schedule for one in statuses(bundle.parent, session)] == ["off"]
    switch_schedule("etl", session, on=True)
    [status] = statuses(bundle.parent, session)
    assert (status.schedule, status.deployed) == ("on", Deployed.AS_CONVERTED)


def test_what_is_deployed_without_a_bundle_is_listed_and_other_stacks_are_not(convert, tmp_path, session):
    deploy(convert(empty("a")), session)
    other = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    session.client("cloudformation").create_stack(StackName="theirs", TemplateBody=other)
    (tmp_path / "empty").mkdir()
    [status] = statuses(tmp_path / "empty", session)
    assert (status.dag_id, status.bundle, status.deployed) == ("etl", None, Deployed.UNKNOWN)
    undeploy("etl", session)
    assert statuses(tmp_path / "empty", session) == []


def test_a_broken_bundle_hides_no_other(convert, session):
    bundle = convert(empty("a"))
    (bundle.parent / "broken").mkdir()
    (bundle.parent / "broken" / "bundle.json").write_text("{")
    broken, whole = statuses(bundle.parent, session)
    assert "D401" in broken.problem
    assert (whole.dag_id, whole.deployed) == ("etl", Deployed.NO)


def test_one_bundle_may_be_given(convert, session):
    bundle = convert(empty("a"))
    assert [one.dag_id for one in statuses(bundle, session)] == ["etl"]


def test_a_folder_that_is_not_there_is_one_message(tmp_path, session):
    with pytest.raises(Dag2SfnError, match="D420"):
        statuses(tmp_path / "none", session)


def test_the_command_prints_a_line_a_dag_and_can_be_a_gate(convert, session):
    bundle = convert(empty("a"))
    told = CliRunner().invoke(app, ["status", str(bundle.parent)])
    assert (told.exit_code, told.stdout) == (0, "etl: not deployed\n")
    gate = CliRunner().invoke(app, ["status", str(bundle.parent), "--check", "--format", "json"])
    [document] = json.loads(gate.stdout)
    assert gate.exit_code == 1
    assert document == {
        "dag_id": "etl",
        "bundle": str(bundle),
        "source": "unchanged",
        "source_file": document["source_file"],
        "deployed": "no",
        "stack_status": None,
        "schedule": None,
        "changes": None,
        "problem": None,
        "in_step": False,
    }
