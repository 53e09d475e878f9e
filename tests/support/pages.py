"""Airflow's pages in a browser: who is logged in, and what the browser's console said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")
_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
]
#: Milliseconds that anything may take to be shown, on a machine that does much else.
PATIENCE = 60_000


#: Airflow's router goes where the browser's history does.
_GO = """path => {
    history.pushState({}, "", path);
    dispatchEvent(new PopStateEvent("popstate", {state: history.state}));
}"""

#: What Airflow's UI gives to plugins; a test may have left for another page.
_IS_AIRFLOW = "globalThis.ChakraUI !== undefined"


#: What Airflow 3.1 says itself, on each of its pages.
_OF_AIRFLOW = "No `HydrateFallback` element provided to render during initial hydration"


@dataclass
class Console:
    """What the browser's console said that it should not say."""

    errors: list[str] = field(default_factory=list)

    def hear(self, said: Any) -> None:
        if said.type in ("error", "warning") and said.text != _OF_AIRFLOW:
            self.errors.append(f"{said.text} {said.location.get('url', '')}")

    def hear_error(self, error: Any) -> None:
        self.errors.append(str(error))


class Browser:
    """Chromium. Each user logs in once.

    To load Airflow's UI takes seconds. So a tab that is given back is kept, and goes to the next page as it
    does when somebody clicks a link.
    """

    def __init__(self, started: Any, url: str) -> None:
        self._browser = started.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        self._url = url
        self._contexts: dict[str, Any] = {}
        self._free: dict[str, list[Any]] = {}
        self._given: dict[Any, tuple[str, Console]] = {}

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
        """Show a page of Airflow's."""
        if user not in self._contexts:
            self._log_in(user)
        free = self._free[user]
        is_open = bool(free)
        page = free.pop() if is_open else self._contexts[user].new_page()
        self._given[page] = (user, console)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.on("console", console.hear)
        page.on("pageerror", console.hear_error)
        if is_open:
            page.evaluate(_GO, f"/{path}")
        else:
            page.goto(f"{self._url}/{path}")
        return page

    def give_back(self, page: Any) -> None:
        """Keep a tab for whoever wants one next."""
        user, console = self._given.pop(page)
        page.unroute_all()
        page.remove_listener("console", console.hear)
        page.remove_listener("pageerror", console.hear_error)
        if page.evaluate(_IS_AIRFLOW):
            # Away from what a test had on the screen, to a page that asks for little.
            page.evaluate(_GO, "/providers")
            self._free[user].append(page)
        else:
            page.close()

    def _log_in(self, user: str) -> None:
        context = self._browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(self._url)
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password", exact=True).fill(user)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Step Functions").wait_for()
        self._contexts[user], self._free[user] = context, [page]


#: Width in pixels, and theme.
LOOKS = {"light": (1280, "light"), "dark": (1280, "dark"), "narrow": (400, "light")}


def take_pictures(page: Any, folder: Path, name: str, last: Callable[[str], Any]) -> None:
    """Show a page of ours in each look, see that it fits, and take a picture.

    ``last(theme)`` is what stands on it once all of it is there.
    """
    from playwright.sync_api import expect

    for look, (width, scheme) in LOOKS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(f"html.{scheme}")).to_be_attached()
        expect(last(scheme)).to_be_attached()
        section = page.locator("section[aria-busy=false]")
        if look == "narrow":
            # Airflow lays its DAGs' pages out for 1,280 pixels, and lets a narrow window scroll.
            section.evaluate("it => it.scrollIntoView({block: 'nearest', inline: 'start'})")
            assert section.evaluate("it => it.clientWidth <= innerWidth")
        assert section.evaluate("it => it.scrollWidth <= it.clientWidth")
        page.mouse.move(0, 0)
        page.screenshot(path=folder / f"plugin-{name}-{look}.png", animations="disabled")
