"""Files that many folders have alike."""

from __future__ import annotations

from pathlib import Path

from converter.packaging.folders import Alike, remember_files, write_files

FILES = {"own.txt": "mine", "library/a.py": Alike(b"a = 1\n"), "library/b.py": Alike(b"b = 2\n")}


def written(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def test_what_folders_have_alike_is_one_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_files(tmp_path / name, FILES)
        remember_files(tmp_path / name, FILES)
    assert written(tmp_path / "one") == written(tmp_path / "two")
    same = [name for name in FILES if (tmp_path / "one" / name).samefile(tmp_path / "two" / name)]
    assert same == ["library/a.py", "library/b.py"]


def test_a_file_that_somebody_has_changed_or_removed_is_not_linked_to(tmp_path: Path) -> None:
    write_files(tmp_path / "one", FILES)
    remember_files(tmp_path / "one", FILES)
    (tmp_path / "one/library/a.py").write_text("a = 'changed'\n")
    (tmp_path / "one/library/b.py").unlink()
    write_files(tmp_path / "two", FILES)
    assert written(tmp_path / "two")["library/a.py"] == b"a = 1\n"
    assert written(tmp_path / "two")["library/b.py"] == b"b = 2\n"


def test_folders_elsewhere_share_nothing(tmp_path: Path) -> None:
    write_files(tmp_path / "here/one", FILES)
    remember_files(tmp_path / "here/one", FILES)
    write_files(tmp_path / "there/one", FILES)
    assert not (tmp_path / "here/one/library/a.py").samefile(tmp_path / "there/one/library/a.py")
