"""Airflow's pages in a browser: who is logged in, and what the browser's console said."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any

CHROMIUM = shutil.which("chromium")
_FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
#: Milliseconds that anything may take to be shown, on a machine that does much else.
PATIENCE = 60_000


@dataclass
class Console:
    """What the browser's console said that it should not say."""

    errors: list[str] = field(default_factory=list)

    def listen(self, page: Any) -> None:
        page.on("console", lambda said: said.type in ("error", "warning") and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))


class Browser:
    """Chromium. Each user logs in once, and has tabs of one window then: what is loaded once is kept."""

    def __init__(self, started: Any, url: str) -> None:
        self._browser = started.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        self._url = url
        self._contexts: dict[str, Any] = {}

    def close(self) -> None:
        self._browser.close()

    def tab(
        self,
        path: str,
        console: Console,
        *,
        user: str = "admin",
        width: int = 1280,
        height: int = 720,
        scheme: str = "light",
    ) -> Any:
        """Open a page of Airflow's."""
        page = self._context(user).new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        console.listen(page)
        page.goto(f"{self._url}/{path}")
        return page

    def _context(self, user: str) -> Any:
        if user not in self._contexts:
            context = self._browser.new_context(permissions=["clipboard-read", "clipboard-write"])
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(self._url)
            page.get_by_label("Username").fill(user)
            page.get_by_label("Password", exact=True).fill(user)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("link", name="Step Functions").wait_for()
            page.close()
            self._contexts[user] = context
        return self._contexts[user]
