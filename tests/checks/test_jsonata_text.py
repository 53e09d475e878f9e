from __future__ import annotations

import pytest

from converter.checks.jsonata_text import FUNCTIONS, SyntaxProblem, references
from converter.engine.jsonata_functions import functions_of_execution
from converter.engine.jsonata_language import compile_expression


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("$a + $b", {"a", "b"}),
        ("($a := 1; $a + $b)", {"b"}),
        ("function($a) {$a + $b}(1)", {"b"}),
        ("$map($rows, function($row) {{$row.name: $value}})", {"map", "rows", "value"}),
        ("$rows[price > $limit]^(>$weight).{'total': $sum(items.price) * $rate}",
         {"rows", "limit", "weight", "sum", "rate"}),
        ("$rows@$row#$i.($row & $i & $other)", {"rows", "other"}),
        ("$value ~> $trim ~> $f(?, $x)", {"value", "trim", "f", "x"}),
        ("$doc ~> |items|{'price': price * $rate}, $gone|", {"doc", "rate", "gone"}),
        ("$flag ? $yes : [$no .. 3]", {"flag", "yes", "no"}),
        ("'$quoted' & \"$too\" & `$name`.x", set()),
        ("$replace($text, /'$x'/, $with) /* $comment */", {"replace", "text", "with"}),
    ],
)  # fmt: skip
def test_variables_that_are_read_are_found(text: str, variables: set[str]) -> None:
    assert references(text).variables == variables


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("name", {"name"}),
        ("$states.input.name", set()),
        ("$states.input[name = 'x'].{'n': name}", set()),
        ("$count($states.input.*[state = 'success'])", set()),
        ("*.name", {"*"}),
        ("$.name", {"$"}),
        ("$states.input[$.name = 'x']", set()),
        ("$$.name", {"$$"}),
        ("$map($states.input, function($x) {other})", {"other"}),
        ("{'a': b}", {"b"}),
    ],
)
def test_names_without_a_context_item_are_found(text: str, loose: set[str]) -> None:
    assert references(text).loose == loose


def test_paths_into_states_are_found() -> None:
    text = "$states.context.Execution.Id & $states.input.a[0].b & $states"
    assert references(text).states == {("context", "Execution", "Id"), ("input", "a", "b")}


@pytest.mark.parametrize("text", ["", "1 +", "$f(", "'open", "{'a'}", "[1, 2", "a b", "/(/"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(SyntaxProblem):
        references(text)


def test_literals_do_not_hide_a_mistake() -> None:
    with pytest.raises(SyntaxProblem):
        references("$f('a', 'b' 'c')")
    with pytest.raises(SyntaxProblem):
        references(r"'\x'")


def test_every_function_that_is_known_can_be_evaluated() -> None:
    import random
    from datetime import datetime, timezone

    own = functions_of_execution(lambda: datetime(2026, 1, 1, tzinfo=timezone.utc), random.Random(0))
    for name in FUNCTIONS:
        assert compile_expression(f"$type(${name})").evaluate(own) == "function", name
