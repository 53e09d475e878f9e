import pytest

from converter.diagnostics import Dag2SfnError
from converter.loading.variables import as_text, read_variables


@pytest.mark.parametrize(
    ("name", "text"), [("v.json", '{"bucket": "lake", "n": [1]}'), ("v.yaml", "bucket: lake\nn: [1]\n")]
)
def test_json_and_yaml_are_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    values = read_variables(tmp_path / name)
    assert values == {"bucket": "lake", "n": [1]}
    assert [as_text(value) for value in values.values()] == ["lake", "[1]"]


@pytest.mark.parametrize("text", ["- a\n- b\n", "{", "1: x\n", ""])
def test_anything_else_is_named(tmp_path, text):
    file = tmp_path / "v.yaml"
    file.write_text(text)
    with pytest.raises(Dag2SfnError, match=r"D135 .*v\.yaml"):
        read_variables(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Dag2SfnError, match=r"D135 .*cannot be read"):
        read_variables(tmp_path / "v.json")
