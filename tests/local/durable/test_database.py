from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from converter.local.durable.database import StateUnusable, open_database

SCHEMA = "CREATE TABLE IF NOT EXISTS things (name TEXT);"


def test_what_was_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    first = open_database(tmp_path / "new" / "a.db", SCHEMA)
    first.execute("INSERT INTO things VALUES ('one')")
    first.close()
    assert open_database(tmp_path / "new" / "a.db", SCHEMA).execute("SELECT name FROM things").fetchall() == [
        ("one",)
    ]


def test_one_at_a_time(tmp_path: Path) -> None:
    kept = open_database(tmp_path / "a.db", SCHEMA)
    with pytest.raises(StateUnusable, match="another process uses it"):
        open_database(tmp_path / "a.db", SCHEMA)
    kept.close()


def test_another_versions_state_is_not_read(tmp_path: Path) -> None:
    open_database(tmp_path / "a.db", SCHEMA).close()
    with sqlite3.connect(tmp_path / "a.db") as other:
        other.execute("UPDATE written SET by = 'dag2sfn 0.0.1, moto 4.0'")
    other.close()
    with pytest.raises(StateUnusable, match=r"written by dag2sfn 0\.0\.1, moto 4\.0"):
        open_database(tmp_path / "a.db", SCHEMA)


def test_a_file_that_is_no_database_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("shopping list\n" * 100)
    with pytest.raises(StateUnusable, match=r"a\.db"):
        open_database(tmp_path / "a.db", SCHEMA)


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateUnusable, match="file"):
        open_database(tmp_path / "file" / "a.db", SCHEMA)
