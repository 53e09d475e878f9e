from __future__ import annotations

import pytest

from converter.comparison import read_rules
from converter.comparison.rules import Place
from converter.diagnostics import Dag2SfnError

GOOD = """
ignore:
  - {task: "load*", path: "rows[*].loaded_at"}
unordered:
  - {path: files}
tolerance:
  - {task: train, path: score, absolute: 0.01}
mask:
  - 'batch-\\d+'
tries: strict
slower: 2
"""


def test_a_file_of_rules(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(GOOD)
    rules = read_rules(path)
    assert rules.ignores("load_orders", "rows[7].loaded_at")
    assert not rules.ignores("load_orders", "rows[7].id")
    assert not rules.ignores("clean", "rows[7].loaded_at")
    assert rules.is_unordered("any", "files")
    assert rules.tolerates("train", "score", 0.5, 0.505)
    assert not rules.tolerates("train", "score", 0.5, 0.6)
    assert rules.masked("of batch-17") == "of <masked>"
    assert (rules.strict_tries, rules.slower) == (True, 2.0)


@pytest.mark.parametrize(
    ("pattern", "path", "has"),
    [
        ("rows[*].id", "rows[0].id", True),
        ("rows[*].id", "rows[0].inner.id", False),
        ("**", "", True),
        ("**.at", "a.b[3].at", True),
        ("*", "a.b", False),
        ("a.b", "a_b", False),
    ],
)
def test_paths(pattern, path, has):
    assert Place(path=pattern).has("t", path) == has


def test_everything_that_is_wrong_is_told_at_once(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text("ignored: []\nignore: [3]\ntolerance: [{path: 1}]\nmask: ['(']\ntries: 3\nslower: -1\n")
    with pytest.raises(Dag2SfnError) as refused:
        read_rules(path)
    problems = [item.problem.partition(": ")[2] for item in refused.value.diagnostics]
    assert [problem.split()[0] for problem in problems] == [
        "there", "ignore[0]", "tolerance[0]", "mask[0]", "tries", "slower",
    ]  # fmt: skip
    assert {item.code.id for item in refused.value.diagnostics} == {"D704"}


@pytest.mark.parametrize("text", ["- 1", "a: [", "3"])
def test_what_is_no_file_of_rules(tmp_path, text):
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(Dag2SfnError, match="D704"):
        read_rules(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Dag2SfnError, match="No such file"):
        read_rules(tmp_path / "rules.yaml")
