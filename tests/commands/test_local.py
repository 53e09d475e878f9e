from __future__ import annotations

import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from converter.cli import app


def start(folder: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["local", "start", "--port", "0", "--state", str(folder)])
    return result.exit_code, " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize("content", ["file", "no database"])
def test_a_folder_that_cannot_be_used_is_an_error_that_names_it(
    tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests may have one of their own in this process.
    monkeypatch.setattr("converter.local.server._one_at_a_time", threading.Lock())
    folder = tmp_path / "state"
    if content == "file":
        folder.write_text("")
    else:
        folder.mkdir()
        (folder / "services.db").write_text("shopping list\n" * 100)
    code, printed = start(folder)
    assert code == 2
    assert "--state" in printed
    assert "state" in printed
    # Nothing is left behind: the next start, in another folder, would find a local AWS in this process else.
    code, printed = start(folder)
    assert "already runs" not in printed
