import sys

import pytest

from converter.diagnostics import Dag2SfnError
from converter.planning.durations_file import read_durations


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(text, name="d.json"):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_durations(file.relative_to(tmp_path))

    return read


def problems(read, text, name="d.json"):
    with pytest.raises(Dag2SfnError) as caught:
        read(text, name)
    assert caught.value.exit_code == 2
    return [str(item).partition(";")[0] for item in caught.value.diagnostics]


def test_json_with_tasks(read):
    found = read('{\n\t"a": 1,\n\t"b": 2.5, "c": 1e3}')
    assert found.of_any_dag == {"a": 1.0, "b": 2.5, "c": 1000.0}
    assert found.by_dag == {}


def test_yaml_with_dags_takes_ids_as_they_are_written(read):
    found = read("etl:\n  load: 90\n  on: 2\n  1: 3\nempty: {}\n", "d.yaml")
    assert found.by_dag == {"etl": {"load": 90.0, "on": 2.0, "1": 3.0}, "empty": {}}
    assert found.of_any_dag == {}


def test_an_empty_mapping_knows_nothing(read):
    assert read("{}").of("etl") == {}


@pytest.mark.parametrize("value", ["-1", "true", "null", '"90"', ".inf", "nan", "1:30"])
def test_what_is_no_number_of_seconds_is_refused_at_its_line(read, value):
    shown = value.strip('"')
    assert problems(read, f"ok: 1\nload: {value}\n", "d.yml") == [
        f"D311 d.yml:2: the duration of 'load' is '{shown}'"
    ]


def test_every_problem_is_reported_at_once(read):
    assert problems(read, '{\n"a": [1],\n"b": -2,\n"b": 1\n}') == [
        "D311 d.json:2: the duration of 'a' is no number",
        "D311 d.json:3: the duration of 'b' is '-2'",
        "D311 d.json:4: 'b' is there twice",
    ]


def test_tasks_and_dags_do_not_mix(read):
    assert problems(read, '{"load": 1,\n"etl": {"load": 1}}') == [
        "D311 d.json:2: some of its keys are DAGs, and others are tasks"
    ]


@pytest.mark.parametrize("text", ["", "[1]", "90"])
def test_a_file_without_a_mapping_is_refused(read, text):
    (problem,) = problems(read, text)
    assert problem.endswith("it holds no durations")


def test_a_key_that_is_no_id_is_refused(read):
    assert problems(read, "? [1]\n: 3\n") == ["D311 d.json:1: a key is no id"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":\n1', "D310 d.json:2: the file is neither JSON nor YAML: expected ',' or '}'"),
        (b"\xff\xfe\x00", "D310 d.json: the file is no text in UTF-8"),
        ("a: 1\x07", "D310 d.json: the file is neither JSON nor YAML: special characters"),
        ("a: 1\n---\nb: 1\n", "D310 d.json:2: the file is neither JSON nor YAML: but found another document"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_one_message(read, text, reason):
    (problem,) = problems(read, text)
    assert problem.startswith(reason)


def test_a_file_that_is_nested_too_deeply_is_one_message(read):
    before = sys.getrecursionlimit()  # some libraries raise it
    sys.setrecursionlimit(1_000)
    try:
        assert problems(read, "[" * 600 + "]" * 600) == [
            "D310 d.json: the file is neither JSON nor YAML: it is nested too deeply"
        ]
    finally:
        sys.setrecursionlimit(before)


def test_a_file_that_is_not_there_is_one_message(tmp_path):
    with pytest.raises(Dag2SfnError, match=r"D310 .*missing\.json: the file cannot be read: No such file"):
        read_durations(tmp_path / "missing.json")
