import re
from collections import Counter
from pathlib import Path

from converter import diagnostics
from converter.diagnostics import CODES, Dag2SfnError, Diagnostic
from converter.workflow import Location

SOURCES = [path.read_text() for path in Path(diagnostics.__file__).parents[1].rglob("*.py")]


def test_a_message_has_code_place_problem_and_remedy():
    item = Diagnostic(diagnostics.TEMPLATE, "task 'a' has a template", "write the value", Location("d.py", 7))
    assert str(item) == "D205 d.py:7: task 'a' has a template; write the value"


def test_a_message_without_a_place_has_none():
    assert str(Diagnostic(diagnostics.TEMPLATE, "no place")) == "D205 no place"


def test_unreadable_input_exits_with_2_and_a_refused_dag_with_1():
    refused = Diagnostic(diagnostics.TEMPLATE, "x")
    unreadable = Diagnostic(diagnostics.PATH_NOT_READABLE, "x")
    assert Dag2SfnError(refused).exit_code == 1
    assert Dag2SfnError(refused, unreadable).exit_code == 2


def test_every_code_is_used_and_says_what_it_means():
    names = {
        value.id: name for name, value in vars(diagnostics).items() if isinstance(value, diagnostics.Code)
    }
    words = Counter(word for source in SOURCES for word in re.findall(r"\b[A-Z_0-9]+\b", source))
    for code in CODES.values():
        assert re.fullmatch(r"D\d{3}", code.id)
        assert len(code.meaning) > 20
        assert words[names[code.id]] > 1, f"{code.id} is declared and never used"
