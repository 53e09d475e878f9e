import pytest

from converter.workflow import Opaque


@pytest.fixture
def values(good):
    return good["arguments"].task("values").arguments["options"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", "2026-01-02T03:00:00+00:00"),
        ("delta", {"seconds": 90.0}),
        ("set", ["a", "b", "c", "d"]),
        ("tuple", [1, 2.5, None, True]),
        ("3", "red"),
    ],
)
def test_a_value_with_a_json_form_takes_it(values, name, value):
    assert values[name] == value


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("callable", "builtins.function", "arguments.callback"),
        ("partial", "functools.partial", "arguments.callback"),
        ("class", "airflow.sdk.bases.operator.BaseOperatorMeta", "arguments.CopyOperator"),
        ("object", "builtins.object", "builtins.object"),
        ("decimal", "decimal.Decimal", "1.10"),
        ("path", "pathlib.PurePosixPath", "/etl"),
        ("bytes", "builtins.bytes", "b'\\xff'"),
        ("nan", "builtins.float", "nan"),
        ("collision", "builtins.dict", "has keys that are equal as strings"),
        ("task", "airflow.sdk.bases.operator.BaseOperator", "task other"),
    ],
)
def test_anything_else_is_described(values, name, kind, text):
    assert values[name] == Opaque(kind, text)


def test_a_lambda_is_found_by_its_line(values):
    assert values["lambda"].text.startswith("arguments.<lambda> (line ")


def test_an_object_with_fields_is_described_by_them(values):
    assert values["asset"].kind == "airflow.sdk.definitions.asset.Asset"
    assert 'uri="s3://bucket/orders"' in values["asset"].text


def test_a_list_that_contains_itself_ends(good):
    retain = good["arguments"].task("values").arguments["retain"]
    assert retain == [Opaque("builtins.list", "contains itself")]


def test_a_reference_to_an_xcom_is_the_jinja_that_airflow_gives_for_it(good):
    task = good["arguments"].task("xcom")
    assert task.arguments["source"] == Opaque(
        "airflow.sdk.definitions.xcom_arg.PlainXComArg",
        "{{ task_instance.xcom_pull(task_ids='night', dag_id='arguments', key='return_value') }}",
    )
    assert "key='rows'" in task.arguments["options"][0].text
