import copy
import json

import pytest

from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.child.stand_ins.placeholders import (
    Placeholder,
    placeholder_in,
    without_placeholders,
)
from converter.workflow import Location, StandInKind

HERE = __file__


@pytest.fixture
def ledger():
    return Ledger(lambda: Location("dag.py", 1))


@pytest.fixture
def bucket(ledger):
    return Placeholder("var.value.bucket", ledger, lambda frame: frame.f_code.co_filename == HERE)


def test_it_is_the_template_wherever_a_text_is_made_of_it(bucket):
    assert f"s3://{bucket}/in" == "s3://{{ var.value.bucket }}/in"
    assert "s3://" + bucket == "s3://{{ var.value.bucket }}"
    assert " {} {name}".format(bucket, name=bucket) == " {{ var.value.bucket }} {{ var.value.bucket }}"  # noqa: UP032 - as files do it
    assert "-".join(["a", bucket]) == "a-{{ var.value.bucket }}"
    assert json.dumps({"b": bucket}) == '{"b": "{{ var.value.bucket }}"}'


def test_members_and_methods_are_those_of_the_template(bucket):
    config = bucket.like("var.json.config")
    texts = [
        config["tables"]["orders"],
        config["a key"],
        config.get("region"),
        config.get("region", "eu-west-1"),
        bucket.like("conn.db").extra_dejson["role"],
        bucket.strip().upper(),
        bucket.split(",")[0],
        bucket[:10],
    ]
    assert [str.__str__(text) for text in texts] == [
        "{{ var.json.config.tables.orders }}",
        "{{ var.json.config['a key'] }}",
        "{{ var.json.config.region }}",
        "{{ var.json.config.get('region', 'eu-west-1') }}",
        "{{ conn.db.extra_dejson.role }}",
        "{{ var.value.bucket.strip().upper() }}",
        "{{ var.value.bucket.split(',')[0] }}",
        "{{ var.value.bucket[:10] }}",
    ]


@pytest.mark.parametrize(
    ("decide", "outcome"),
    [
        (lambda value: [one for one in value], []),
        (lambda value: 1 if value else 0, 1),
        (lambda value: value == "prod", False),
        (lambda value: value != "prod", True),
        (lambda value: "prod" in value, False),
        (int, 1),
        (float, 1.0),
        ({"prod": 1}.get, None),
        (lambda value: {"a": 1, **value}, {"a": 1}),
        (lambda value: [key for key, _ in value.items()], []),
    ],
)
def test_a_decision_by_it_is_noted(bucket, ledger, decide, outcome):
    assert decide(bucket) == outcome
    assert {item.kind for item in ledger.noted()} == {StandInKind.UNKNOWN_DECIDES}


def test_what_others_do_with_it_is_none_of_the_files_decisions(ledger):
    value = Placeholder("var.value.x", ledger, lambda frame: False)
    assert (bool(value), value == "x", list(value)) == (True, False, [])
    assert ledger.noted() == ()


def test_it_is_no_file_that_is_open(bucket):
    with pytest.raises(FileNotFoundError), open(bucket):
        pass


def test_a_copy_is_the_same(bucket):
    assert copy.deepcopy(bucket) is copy.copy(bucket) is bucket


def test_a_template_is_found_again_in_a_text():
    assert placeholder_in("s3://{{ var.value.bucket }}/in") == "var.value.bucket"
    assert placeholder_in("{{ conn.db.host }}") == "conn.db.host"
    assert placeholder_in("{{ ds }} {{ var }}") is None


def test_an_id_is_named_after_what_is_read():
    assert without_placeholders("{{ var.value.env }}_etl") == "env_etl"
    assert without_placeholders("{{ var.json.config.tables[0].upper() }}") == "config"
    assert without_placeholders("{{ var.value['my env'] }}-etl") == "my_env-etl"
    assert without_placeholders("plain") == "plain"
