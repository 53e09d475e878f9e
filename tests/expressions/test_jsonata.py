import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.engine import SimulatedBackend, run_virtual
from converter.expressions.jsonata import Expression, Substitution, chained, field_value, literal, path

TRICKY = st.sampled_from(
    [
        "${x}",
        "$",
        "{",
        "{% 1 %}",
        "{%",
        "%}",
        "it's",
        'a "quote"',
        "back\\slash",
        "tab\t",
        "`",
        "é",
        "\u2028",
        "{{ ds }}",
    ]
)
TEXTS = st.one_of(
    TRICKY, st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.text("${}%'\"\\", max_size=8)
)
VALUES = st.recursive(
    st.one_of(
        TEXTS, st.integers(-(2**53), 2**53), st.booleans(), st.none(), st.sampled_from([0.5, -1.25, 1e-7])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(TEXTS.filter(bool), inner, max_size=3)
    ),
    max_leaves=6,
)


def evaluated(field):
    """What a machine makes of a field: the Output of a Pass state, by the engine."""
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "only",
        "States": {"only": {"Type": "Pass", "Output": field, "End": True}},
    }
    execution = run_virtual(definition, {}, SimulatedBackend({}))
    assert execution.status == "SUCCEEDED", execution.cause
    return json.loads(execution.output)


def walk_strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from walk_strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk_strings(item)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_a_value_in_a_field_stays_what_it_is(value):
    assert evaluated(field_value(value)) == value


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_a_value_in_an_expression_stays_what_it_is(value):
    assert evaluated({"value": str(Expression(literal(value)))}) == {"value": value}


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_no_string_of_the_authors_looks_like_a_substitution_of_cloudformation(value):
    assert not any("${" in text for text in walk_strings(field_value(value)))


def test_a_plain_string_is_written_as_it_is():
    assert field_value({"JobName": "glue1", "Arguments": {"--day": "{{ ds }}"}}) == {
        "JobName": "glue1",
        "Arguments": {"--day": "{{ ds }}"},
    }


def test_a_key_that_asl_would_take_for_a_path_becomes_part_of_an_expression():
    assert evaluated(field_value({"a.$": "$.b"})) == {"a.$": "$.b"}


def test_a_substitution_is_left_for_cloudformation():
    assert field_value({"FunctionName": Substitution("PollerFunctionArn")}) == {
        "FunctionName": "${PollerFunctionArn}"
    }


@pytest.mark.parametrize("name", ["a", "a-b", "a.b", "1st", "and", "in", "null", "x y", "_under", "été"])
def test_a_path_finds_any_name(name):
    text = str(Expression(f"({literal({name: {'state': 'success'}})}).{path(name, 'state')}"))
    assert evaluated(text) == "success"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(ValueError, match="no JSON form"):
        field_value(value)


def test_a_text_full_of_markers_is_no_deeper_than_aws_takes():
    # The engine refuses what is deeper than 100 nodes, as AWS does.
    text = "${x}{% y %}" * 400
    assert evaluated(field_value(text)) == text


def test_a_long_chain_means_what_the_short_one_means():
    numbers = [str(number) for number in range(2_000)]
    assert evaluated(str(Expression(chained("&", numbers)))) == "".join(numbers)
    assert chained("and", ["$a", "$b"]) == "$a and $b"
