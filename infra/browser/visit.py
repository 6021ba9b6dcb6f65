"""Visits pages and collects what is wrong with them."""

import json
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Request

# Findings of axe-core with a lower impact are advice.
SERIOUS = ("serious", "critical")


class Visitor:
    """A session of the console in a browser.

    `problems` gets one line for each console error, each request to another host, each failed page, and each serious
    finding of axe-core.
    """

    def __init__(self, browser: Browser, out: Path, colours: str = "light"):
        self.problems: list[str] = []
        self.root = ""
        self._out = out
        self._context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self._context.new_page()
        self.page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._wrong(f"error in a script: {error}"))
        self.page.on("request", self._asked)

    def open_link(self, link: str) -> None:
        """Opens a link: the page behind it has a button, which opens the session."""
        # A link is ROOT/open/TOKEN.
        self.root = link.split("/open/")[0] + "/"
        self.page.goto(link)
        self.page.click("form button")
        self.page.wait_for_load_state()

    def visit(self, path: str, name: str = "") -> None:
        """Opens a page, checks it, and takes a screenshot of it."""
        try:
            response = self.page.goto(urljoin(self.root, path))
        except Error as error:
            # An error without a body shows Chromium's own page.
            self.problems.append(f"{path or 'overview'}: {error.message.splitlines()[0]}")
            return
        if response and response.status >= 400:
            self._wrong(f"status {response.status}")
        self.check()
        self._out.mkdir(parents=True, exist_ok=True)
        file = name or path.replace("/", "-").split("?")[0] or "overview"
        self.page.screenshot(path=self._out / f"{file}.png", full_page=True)

    def check(self) -> None:
        """Checks the page that is open with axe-core."""
        # axe-core is put into the page from outside, which the page's policy does not forbid.
        for finding in Axe().run(self.page).response["violations"]:
            if finding["impact"] in SERIOUS:
                where = json.dumps([node["target"] for node in finding["nodes"][:3]])
                self._wrong(f"axe-core, {finding['impact']}: {finding['help']} at {where}")

    def close(self) -> None:
        """Ends the session in the browser."""
        self._context.close()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._wrong(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if self.root and request.url.startswith("http") and urlsplit(request.url).netloc != urlsplit(self.root).netloc:
            self._wrong(f"request to another host: {request.url}")

    def _wrong(self, problem: str) -> None:
        # The token of a link is part of its path, so only the part after the root is shown, and never that of a link.
        path = self.page.url.removeprefix(self.root).split("open/")[0]
        self.problems.append(f"{path or 'overview'}: {problem}")
