import json
import os
from pathlib import Path

import pytest

import converter
from converter.loading.paths import DagRoot


@pytest.mark.parametrize(
    ("given", "folder", "file", "shown"),
    [
        (".", "/home/me", "/home/me/a.py", "a.py"),
        ("dags", "/home/me/dags", "/home/me/dags/b/a.py", "dags/b/a.py"),
        ("/home/me/dags", "/home/me/dags", "/home/me/dags/a.py", "dags/a.py"),
        ("../you", "/home/you", "/home/you/a.py", "../you/a.py"),
        ("/srv/dags", "/srv/dags", "/srv/dags/b/a.py", "/srv/dags/b/a.py"),
        ("dags", "/home/me/dags", "/opt/lib.py", "/opt/lib.py"),
    ],
)
def test_a_path_is_written_relative_to_the_current_directory_or_as_given(given, folder, file, shown):
    assert DagRoot(folder, given, "/home/me").shown(file) == shown


def test_a_folder_of_the_authors_holds_no_installed_packages():
    root = DagRoot("/home/me/dags", "dags", "/home/me")
    assert root.contains("/home/me/dags/sub/a.py")
    assert not root.contains("/home/me/dags_of_others/a.py")
    assert not root.contains("/home/me/dags/.venv/lib/python3.12/site-packages/airflow/sdk/dag.py")


@pytest.mark.parametrize("theirs", [Path(converter.__path__[0]), Path(json.__file__).parents[1]])
def test_a_folder_of_the_authors_may_hold_the_converter_and_python(theirs):
    root = DagRoot(str(theirs.parent), "..", str(theirs))
    assert root.contains(str(theirs.parent / "rr.py"))
    assert not root.contains(str(theirs / "loading" / "child" / "construction.py"))
    # A name that begins alike is another folder.
    assert root.contains(f"{theirs}_of_mine/a.py")
    # DAGs of an installed package are read if their own folder is given.
    inside = theirs / "site-packages" / "company_dags"
    assert DagRoot(str(inside), ".", str(inside)).contains(str(inside / "etl.py"))


def test_the_root_of_a_file_is_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dags").mkdir()
    file = tmp_path / "dags" / "a.py"
    file.touch()
    root = DagRoot.of(file.relative_to(tmp_path))
    assert root == DagRoot(os.path.abspath("dags"), "dags", os.getcwd())
