"""Takes the pictures of the docs: ``python -m docs.screenshots`` (needs Chromium, and some minutes).

The comparison page of made-up runs; and the pages in a real Airflow, by the tests that look at them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
IMAGES = HERE / "images"
#: How many tasks, and the height of the picture in pixels.
SIZES = {5: 1200, 50: 1600, 200: 1600}


def main() -> int:
    """Write the pictures; return the exit code."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is not installed\n")
        return 2
    _comparisons(chromium)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-m",
        "full",
        "tests/plugins/in_airflow/test_pictures.py",
        "tests/plugins/in_airflow/test_shadow_runs.py",
    ]
    environment = {**os.environ, "DAG2SFN_SCREENSHOTS": str(IMAGES)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _comparisons(chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    sys.path.append(str(ROOT / "tests" / "support"))
    from runs import both_of_size

    from converter.comparison import compare
    from converter.comparison.page import page

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for size, height in SIZES.items():
            path = Path(folder) / f"{size}.html"
            path.write_text(page(compare(*both_of_size(size, wrong=1 if size == 5 else 2))))
            for scheme in ("light", "dark"):
                tab = browser.new_page(viewport={"width": 1280, "height": height}, color_scheme=scheme)
                tab.goto(path.as_uri())
                tab.screenshot(path=IMAGES / f"comparison-{size}-{scheme}.png")
                tab.close()
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
