import re

from hypothesis import given
from hypothesis import strategies as st

from converter.identity import execution_name, machine_name, stack_name

IDS = st.one_of(st.from_regex(r"[\w.+:-]{1,250}", fullmatch=True), st.text(min_size=1, max_size=100))


@given(IDS, st.integers(1, 99))
def test_names_are_what_aws_allows(text, number):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", machine_name(text))
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", stack_name(text))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", execution_name(text, number))


@given(IDS, IDS)
def test_different_ids_have_different_names(one, other):
    for name in (machine_name, stack_name, execution_name):
        assert (name(one) == name(other)) == (one == other)


def test_a_name_that_aws_allows_stays_as_it_is():
    assert machine_name("partial_fan_in") == "dag2sfn-partial_fan_in"
    assert execution_name("run-1") == "run-1"
    assert execution_name("run-1", 2) == "run-1-2"
