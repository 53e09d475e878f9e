from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
import pytest

from converter.diagnostics import CODES
from docs import checks_table


@pytest.mark.full  # `make check` looks, too
def test_the_table_of_mistakes_is_fresh() -> None:
    assert checks_table.main(["--check"]) == 0, "run `python -m docs.checks_table`"


def test_no_tool_finds_a_mistake_where_there_is_none() -> None:
    assert checks_table.false_alarms() == []


def test_the_page_speaks_of_every_check() -> None:
    page = checks_table.PAGE.read_text("utf-8").partition(checks_table.START)[0]
    lines = [line for line in page.splitlines() if line.startswith("| D5")]
    spoken_of = set()
    for line in lines:
        first, *_, last = line.split("|")[1].replace("to", ",").split(",")
        spoken_of |= {f"D{number}" for number in range(int(first.strip()[1:]), int(last.strip()[1:]) + 1)}
    assert {code for code in CODES if "D501" <= code <= "D549"} <= spoken_of
