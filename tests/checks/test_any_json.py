"""Whatever stands in a definition, it is checked to the end."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_fixtures import FIXTURES, definition_of, failing

from converter.checks import check, problems_of

ODD: list[Any] = [
    None,
    True,
    -1,
    2.5,
    "",
    "{% $x %}",
    "{% ( %}",
    "{% 'no number' %}",
    "x.$",
    [],
    [1],
    {},
    [{}],
    {"": 0},
]
SMALL = [
    path
    for path in [*failing(bundles=False), FIXTURES / "valid-poller.json"]
    if path.name.startswith(("D53", "D514", "D513", "D510", "D509", "D524", "valid"))
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every member of every object and array, as its holder and its name."""
    names = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for name in names for place in [(value, name), *places(value[name])]]


@pytest.mark.parametrize("seed", range(8))
def test_odd_values_anywhere_break_nothing(seed: int) -> None:
    rng = random.Random(seed)
    for fixture in SMALL:
        original = definition_of(fixture)
        for _ in range(6):
            definition = copy.deepcopy(original)
            for _ in range(rng.randint(1, 3)):
                holder, name = rng.choice(places(definition))
                holder[name] = copy.deepcopy(rng.choice(ODD))
            problems_of(definition)


def test_odd_values_in_the_files_of_a_bundle_break_nothing(tmp_path: Path) -> None:
    rng = random.Random(0)
    for file in (FIXTURES / "valid-bundle").iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    for name in ("template.yaml", "bundle.json"):
        text = (tmp_path / name).read_text()
        original = yaml.safe_load(text.replace("!GetAtt ", "").replace("!Sub ", ""))
        for _ in range(150):
            document = copy.deepcopy(original)
            holder, member = rng.choice(places(document))
            holder[member] = copy.deepcopy(rng.choice(ODD))
            (tmp_path / name).write_text(json.dumps(document))
            check(tmp_path)


@pytest.mark.parametrize("text", ["[]", "1", "", "{", "null", '{"States": []}', "[" * 100_000, "\x00"])
def test_any_text_is_reported(tmp_path: Path, text: str) -> None:
    file = tmp_path / "definition.json"
    file.write_text(text)
    assert check(file)
