from __future__ import annotations

import re
from pathlib import Path

import yaml

from converter.config import read_config
from converter.config.keys import CONFIG
from converter.config.starting_file import starting_file


def uncommented(text: str) -> str:
    """Everything that may be set, set: lines that look like YAML behind their comment sign."""
    return re.sub(r"^# ?((?: *)[a-z-]+:(?: |$).*)$", r"\1", text, flags=re.MULTILINE)


def test_everything_that_may_be_set_is_shown_and_is_right(tmp_path: Path) -> None:
    file = tmp_path / "dag2sfn.yaml"
    file.write_text(uncommented(starting_file()))
    config = read_config(file)
    assert config.dags["sales"].shadow is not None
    shown = yaml.safe_load(file.read_text())
    # Where Airflow is, in one of two ways.
    assert set(shown) == {key.name for key in CONFIG.keys} - {"airflow"}


def test_as_it_is_it_says_where_and_which_dags_alone(tmp_path: Path) -> None:
    file = tmp_path / "dag2sfn.yaml"
    strange = ["etl.daily", "on", "it's: so", "123"]
    file.write_text(starting_file("eu-west-1", strange), "utf-8")
    config = read_config(file)
    assert config.region == "eu-west-1"
    assert list(config.dags) == strange
    assert config.prefix is None
