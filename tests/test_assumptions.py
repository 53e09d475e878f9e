"""docs/assumptions.md and the program that checks them on an account."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from docs.assumptions import ASSUMPTIONS
from docs.assumptions.__main__ import main
from docs.assumptions.model import Assumption, Differs
from docs.assumptions.world import World

PAGE = Path(__file__).parents[1] / "docs" / "assumptions.md"
ACCOUNT = "123456789012"


def left_behind(session: Any) -> list[str]:
    """Return what there is whose name says that a check has made it."""
    listed = session.client("stepfunctions").list_state_machines()["stateMachines"]
    machines = [item["name"] for item in listed]
    roles = [item["RoleName"] for item in session.client("iam").list_roles()["Roles"]]
    functions = [item["FunctionName"] for item in session.client("lambda").list_functions()["Functions"]]
    tables = session.client("dynamodb").list_tables()["TableNames"]
    stacks = [item["StackName"] for item in session.client("cloudformation").describe_stacks()["Stacks"]]
    return [name for name in (*machines, *roles, *functions, *tables, *stacks) if "dag2sfn-check" in name]


def test_each_assumption_has_a_check_or_says_why_it_has_none() -> None:
    for item in ASSUMPTIONS.values():
        assert (item.check is None) == bool(item.why) == bool(item.by_hand), item.id


def test_the_page_and_the_program_have_the_same_ids() -> None:
    listed = re.findall(r"^\| ([A-Z]\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == set(ASSUMPTIONS)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "say in which account"),
        (
            ["--account", "999999999999", "--yes"],
            f"are of account {ACCOUNT}, not of 999999999999",
        ),
        (["--account", ACCOUNT, "--only", "L3,X9"], "there is no assumption X9"),
    ],
)
def test_it_refuses_to_begin(
    session: Any, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert told in capsys.readouterr().err
    assert left_behind(session) == []


def test_it_says_what_it_costs_and_does_nothing_unless_agreed(
    session: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    assert main(["--account", ACCOUNT, "--only", "L3"]) == 2
    assert f"1 checks in account {ACCOUNT}" in (told := capsys.readouterr().out)
    assert "at most 0.00 dollars" in told
    assert left_behind(session) == []


def test_what_it_makes_is_gone_whatever_a_check_does(
    session: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def makes_and_differs(world: World) -> None:
        made.append(world.machine({"in": {"Type": "Pass"}}))
        world.table()
        made.extend(left_behind(session))
        raise Differs("it is otherwise")

    def is_interrupted(world: World) -> None:
        world.machine({"in": {"Type": "Pass"}})
        raise KeyboardInterrupt

    monkeypatch.setitem(ASSUMPTIONS, "L3", Assumption("L3", "a", makes_and_differs))
    monkeypatch.setitem(ASSUMPTIONS, "L6", Assumption("L6", "b", is_interrupted))
    assert main(["--account", ACCOUNT, "--yes", "--only", "L3,L6"]) == 1
    assert len(made) == 4, "machine, role and table were there"
    assert left_behind(session) == []
    told = capsys.readouterr().out
    assert "L3   differs  a: it is otherwise" in told
    assert "interrupted" in told


@pytest.mark.usefixtures("session")
def test_what_cannot_be_removed_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stays(world: World) -> None:
        def refuse() -> None:
            raise OSError("not today")

        world.afterwards("the thing", refuse)

    monkeypatch.setitem(ASSUMPTIONS, "L3", Assumption("L3", "a", stays))
    assert main(["--account", ACCOUNT, "--yes", "--only", "L3"]) == 2
    assert "NOT REMOVED: the thing: not today" in capsys.readouterr().out


@pytest.mark.full
def test_all_checks_work_on_the_local_aws_where_roles_count(
    aws: Any, session: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "enforces_iam", True)
    assert main(["--account", ACCOUNT, "--yes"]) == 0, capsys.readouterr().out
    checks = sum(item.check is not None for item in ASSUMPTIONS.values())
    assert f"{checks} holds, 0 differs, 0 unknown" in capsys.readouterr().out
    assert left_behind(session) == []
