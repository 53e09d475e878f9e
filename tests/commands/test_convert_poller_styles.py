import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from converter.asl.options import PollerStyle
from converter.cli import app
from converter.commands.convert import styles_by_task

DAG_FILE = Path(__file__).parents[2] / "dags/partial_fan_in.py"


def test_pollers_for_one_task_have_a_style_of_their_own(tmp_path):
    arguments = ["convert", str(DAG_FILE), "-o", str(tmp_path), "--poller-style-for", "glue3=retry"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    text = (tmp_path / "partial_fan_in/definition.asl.json").read_text()
    assert "NotReady" in text
    options = json.loads((tmp_path / "partial_fan_in/bundle.json").read_text())["options"]
    assert (options["poller_style"], options["poller_styles"]) == ("loop", {"glue3": "retry"})


def test_a_task_may_have_an_equals_sign_and_the_last_style_counts():
    found = styles_by_task(["a=b=retry", "c=retry", "c=loop"])
    assert found == {"a=b": PollerStyle.RETRY, "c": PollerStyle.LOOP}


@pytest.mark.parametrize("text", ["glue3", "glue3=", "=retry", "glue3=often"])
def test_what_names_no_task_or_no_style_is_refused(text):
    with pytest.raises(typer.BadParameter):
        styles_by_task([text])
