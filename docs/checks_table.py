"""Writes the table of docs/checks.md, which tools find which mistakes: ``python -m docs.checks_table``.

Each failing fixture of tests/checks/fixtures goes through ``dag2sfn check``, statelint and cfn-lint. That
takes seconds, so it is no part of ``python -m docs.generate``. With ``--check`` it only compares.
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from converter.checks import check

HERE = Path(__file__).parent
PAGE = HERE / "checks.md"
START = "<!-- table of mistakes: written by docs/checks_table.py -->\n"
END = "<!-- end of the table -->\n"

sys.path.insert(0, str(HERE.parent / "tests" / "support"))
from check_fixtures import FIXTURES, code_of, definition_of, failing  # noqa: E402 - the path is set above


def found_by_check(fixture: Path) -> bool:
    """Return whether ``dag2sfn check`` finds a mistake in a definition or bundle."""
    from converter.checks import problems_of

    if fixture.is_dir() or code_of(fixture) == "D501":
        return bool(check(fixture))
    return bool(problems_of(definition_of(fixture)))


def found_by_statelint(fixture: Path) -> bool:
    """Return whether statelint finds a mistake in a definition. It knows no bundles."""
    from statelint.linter import Linter

    if fixture.is_dir():
        fixture = fixture / "definition.asl.json"
    return bool(Linter.validate(_content(fixture)))


def found_by_cfn_lint(fixture: Path) -> bool:
    """Return whether cfn-lint finds an error in a bundle's template, or in one that holds the definition."""
    from cfnlint.api import lint

    if fixture.is_dir():
        text = (fixture / "template.yaml").read_text("utf-8")
    else:
        content = _content(fixture)
        key = "DefinitionString" if isinstance(content, str) else "Definition"
        properties = {"RoleArn": "arn:aws:iam::123456789012:role/machine", key: content}
        machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
        text = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": machine}})
    return any(match.rule.id.startswith("E") for match in lint(text, rules=_cfn_lint_rules()))


@lru_cache(maxsize=1)
def _cfn_lint_rules() -> Any:
    from cfnlint.core import get_rules

    return get_rules([], [], [])


def _content(fixture: Path) -> Any:
    """Return a definition as an object; as text, where a reader of JSON does not see its mistake."""
    return fixture.read_text("utf-8") if code_of(fixture) == "D501" else definition_of(fixture)


def comment_of(fixture: Path) -> str:
    """Return what a fixture says of itself."""
    file = fixture / "definition.asl.json" if fixture.is_dir() else fixture
    text = file.read_text("utf-8")
    return str(json.loads(text.partition('"Comment": ')[2].partition("\n")[0].rstrip(",")))


def table() -> str:
    """Return the table, one row a fixture, with totals."""
    tools = (found_by_check, found_by_statelint, found_by_cfn_lint)
    fixtures = sorted([*failing(bundles=False), *failing(bundles=True)], key=lambda path: path.name)
    results = {fixture: [tool(fixture) for tool in tools] for fixture in fixtures}
    heads = ("dag2sfn check", f"statelint {version('statelint')}", f"cfn-lint {version('cfn-lint')}")
    rows = [f"| code | mistake | {' | '.join(heads)} |", "| --- | --- | --- | --- | --- |"]
    for fixture, found in results.items():
        marks = " | ".join("found" if each else "" for each in found)
        rows.append(f"| {code_of(fixture)} | {comment_of(fixture)} | {marks} |")
    totals = " | ".join(f"{sum(column)} of {len(results)}" for column in zip(*results.values(), strict=True))
    return "\n".join([*rows, f"| | **found** | {totals} |"]) + "\n"


def false_alarms() -> list[str]:
    """Return the tools that find a mistake where there is none, which would make the table worth little."""
    valid = (FIXTURES / "valid-poller.json", FIXTURES / "valid-bundle")
    tools = (found_by_check, found_by_statelint, found_by_cfn_lint)
    return [tool.__name__ for tool in tools for fixture in valid if tool(fixture)]


def main(arguments: list[str]) -> int:
    """Write the table, or say that it is stale; return the exit code."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(START)
    fresh = before + START + table() + END + rest.partition(END)[2]
    if "--check" not in arguments:
        PAGE.write_text(fresh, "utf-8")
    elif text != fresh:
        sys.stderr.write("stale: checks.md; run `python -m docs.checks_table`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
