"""Takes the pictures of the comparison page: ``python -m docs.screenshots`` (needs Chromium)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
IMAGES = HERE / "images"
SIZES = (5, 50, 200)


def main() -> int:
    """Write the pictures; return the exit code."""
    from playwright.sync_api import sync_playwright

    sys.path.append(str(HERE.parent / "tests" / "support"))
    from runs import both_of_size

    from converter.comparison import compare
    from converter.comparison.page import page

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is not installed\n")
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for size in SIZES:
            path = Path(folder) / f"{size}.html"
            path.write_text(page(compare(*both_of_size(size, wrong=1 if size == SIZES[0] else 2))))
            for scheme in ("light", "dark"):
                tab = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
                tab.goto(path.as_uri())
                tab.screenshot(path=IMAGES / f"comparison-{size}-{scheme}.png")
                tab.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
