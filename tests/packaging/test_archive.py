from __future__ import annotations

import io
import os
import zipfile

from converter.packaging import function_zip


def test_a_zip_has_the_same_bytes_whenever_and_in_whichever_order_its_files_were_written(tmp_path):
    for folder, names in (("one", ["b.py", "a.py"]), ("two", ["a.py", "b.py"])):
        (tmp_path / folder / "inner").mkdir(parents=True)
        for name in names:
            (tmp_path / folder / "inner" / name).write_text(f"# {name}\n")
    os.utime(tmp_path / "two" / "inner" / "a.py", (10**9, 10**9))
    (tmp_path / "two" / "inner" / "b.py").chmod(0o600)

    assert function_zip(tmp_path / "one") == function_zip(tmp_path / "two")


def test_files_can_be_read_by_lambda_and_compiled_files_are_left_out(tmp_path):
    (tmp_path / "handler.py").write_text("x = 1\n")
    (tmp_path / "handler.py").chmod(0o600)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "handler.pyc").write_bytes(b"")

    [entry] = zipfile.ZipFile(io.BytesIO(function_zip(tmp_path))).infolist()

    assert entry.filename == "handler.py"
    assert entry.external_attr >> 16 & 0o777 == 0o644
