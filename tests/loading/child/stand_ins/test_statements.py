import pytest

from converter.loading.child.stand_ins.statements import is_optional


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        ("import HERE\n", False),
        ("try:\n    import HERE\nexcept ImportError:\n    HERE = None\n", True),
        ("try:\n    import HERE\nexcept ModuleNotFoundError:\n    pass\n", True),
        ("try:\n    import HERE\nexcept (ValueError, ImportError):\n    pass\n", True),
        ("try:\n    import HERE\nexcept:\n    pass\n", True),
        ("try:\n    import HERE\nexcept Exception as error:\n    print(error)\n", True),
        # It is not dealt with.
        ("try:\n    import HERE\nexcept ImportError:\n    print('install it')\n    raise\n", False),
        ("try:\n    import HERE\nexcept ValueError:\n    pass\n", False),
        ("try:\n    import HERE\nfinally:\n    pass\n", False),
        # The fallback itself is needed.
        ("try:\n    import other\nexcept ImportError:\n    import HERE\n", False),
        ("try:\n    import other\nexcept ImportError:\n    pass\nelse:\n    import HERE\n", False),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n    import HERE\n", True),
        ("with open('x') as file:\n    import HERE\n", False),
        (
            "try:\n    from a import (\n        b,\n        HERE,\n    )\nexcept ImportError:\n    pass\n",
            True,
        ),
    ],
)
def test_an_import_is_optional_if_its_failure_is_dealt_with(tmp_path, text, optional):
    file = tmp_path / "dag.py"
    file.write_text(text)
    line = 1 + next(
        number for number, line in enumerate(text.splitlines()) if "HERE" in line and "=" not in line
    )
    assert is_optional(str(file), line) is optional


def test_a_file_that_cannot_be_read_has_no_optional_imports(tmp_path):
    (tmp_path / "broken.py").write_text("def f(:\n")
    assert not is_optional(str(tmp_path / "broken.py"), 1)
    assert not is_optional(str(tmp_path / "absent.py"), 1)
