from __future__ import annotations

from pathlib import Path

import pytest
from check_fixtures import FIXTURES, code_of, definition_of, failing

from converter.checks import check, problems_of
from converter.diagnostics import CODES

UNREADABLE = [path for path in failing(bundles=False) if code_of(path) == "D501"]
DEFINITIONS = [path for path in failing(bundles=False) if code_of(path) != "D501"]


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("fixture", DEFINITIONS, ids=named)
def test_a_mistake_is_found_and_nothing_else(fixture: Path) -> None:
    assert {item.code.id for item in problems_of(definition_of(fixture))} == {code_of(fixture)}


@pytest.mark.parametrize("fixture", [*UNREADABLE, *failing(bundles=True)], ids=named)
def test_a_mistake_in_a_file_or_bundle_is_found_and_nothing_else(fixture: Path) -> None:
    assert {item.code.id for item in check(fixture)} == {code_of(fixture)}


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("valid-*")), ids=named)
def test_what_has_no_mistake_passes(fixture: Path) -> None:
    assert check(fixture) == []


def test_every_check_has_a_failing_fixture() -> None:
    codes = {code for code in CODES if "D501" <= code <= "D549"}
    assert codes == {code_of(path) for path in FIXTURES.glob("D*")}


@pytest.mark.parametrize("fixture", DEFINITIONS, ids=named)
def test_every_fixture_says_what_is_wrong_with_it(fixture: Path) -> None:
    assert definition_of(fixture)["Comment"].endswith((".", ")"))
