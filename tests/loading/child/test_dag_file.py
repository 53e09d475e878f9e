import os
import sys

import pytest

from converter.loading.child.dag_file import import_dag_file

TEXT = """\
import os, sys
os.environ["DAG2SFN_TEST_NEW"] = "new"
os.environ["DAG2SFN_TEST_OLD"] = "changed"
del os.environ["DAG2SFN_TEST_GONE"]
sys.path.insert(0, "/nowhere")
os.chdir("/")
"""


@pytest.mark.parametrize("last", ["", "os.environ = {}\n", "raise ValueError('no')\n"])
def test_what_a_file_does_to_the_process_is_undone(tmp_path, monkeypatch, last):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAG2SFN_TEST_OLD", "as it was")
    monkeypatch.setenv("DAG2SFN_TEST_GONE", "ü")
    environment, before, path = os.environ, dict(os.environ), list(sys.path)
    file = tmp_path / "changes_it.py"
    file.write_text(TEXT + last)
    try:
        import_dag_file(str(file))
    except ValueError:
        assert last.startswith("raise")
    assert os.environ is environment
    assert dict(os.environ) == before
    assert (os.getcwd(), sys.path) == (str(tmp_path), path)
