"""The definitions and bundles with one mistake each: ``tests/checks/fixtures/<code>-<what is wrong>``.

In a text, ``<1000 x>`` stands for a thousand letters x.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[1] / "checks" / "fixtures"


def definition_of(file: Path) -> Any:
    """Raises ValueError for what is no JSON."""
    return json.loads(re.sub(r"<(\d+) x>", lambda mark: "x" * int(mark[1]), file.read_text("utf-8")))


def failing(*, bundles: bool) -> list[Path]:
    """The fixtures with a mistake: bundles (folders), or definitions (files)."""
    return [path for path in sorted(FIXTURES.glob("D*")) if path.is_dir() is bundles]


def code_of(fixture: Path) -> str:
    return fixture.name.partition("-")[0]
