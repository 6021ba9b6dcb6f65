"""Visits pages and collects what is wrong with them."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import stack
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Request, Response

# Findings of axe-core with a lower impact are advice.
SERIOUS = ("serious", "critical")
# What Chromium itself writes about a page with a status from 400 up. The status is checked where the page is opened.
REFUSED = "Failed to load resource: the server responded with a status of 4"
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Visitor:
    """A person with a browser.

    `problems` gets one line for each console error, each request to another host, each element that makes a page too
    wide, and each serious finding of axe-core.
    """

    def __init__(self, browser: Browser, colours: str = "light", width: int = 1280, scripts: bool = True):
        self.problems: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if colours == "dark" else "light",
            java_script_enabled=scripts,
        )
        self.page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._wrong(f"error in a script: {error}"))
        self.page.on("request", self._asked)

    def enter(self, right: str, name: str) -> None:
        """Opens a session: follows a new link, and presses the button of the page behind it."""
        self.page.goto(stack.link(right, name))
        self.page.get_by_role("button", name="Open the console").click()
        self.page.wait_for_url(stack.root())

    def visit(self, path: str) -> int:
        """Opens a page, and returns its status."""
        response: Response | None = self.page.goto(stack.root() + path)
        return response.status if response else 0

    def check(self) -> None:
        """Checks the accessibility and the width of the page that is open."""
        # axe-core is put into the page from outside, which the page's policy does not forbid.
        for finding in Axe().run(self.page).response["violations"]:
            if finding["impact"] in SERIOUS:
                where = json.dumps([node["target"] for node in finding["nodes"][:3]])
                self._wrong(f"axe-core, {finding['impact']}: {finding['help']} at {where}")
        overflow = self.page.evaluate(TOO_WIDE)
        if overflow > 0:
            self._wrong(f"{overflow} pixels wider than the window")

    def act(self, opener: str, button: str, **fields: str) -> str:
        """Fills the form that the text `opener` opens, presses `button`, and returns the message of the next page."""
        form = self.form(opener)
        form.locator("summary").click()
        for name, value in fields.items():
            field = form.locator(f"[name='{name}']")
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        form.get_by_role("button", name=button).click()
        return self.message()

    def form(self, opener: str) -> Locator:
        """Returns the first form that the text `opener` opens."""
        summary = self.page.locator("summary", has_text=re.compile(re.escape(opener)))
        return self.page.locator("details.act", has=summary).first

    def message(self) -> str:
        """Returns what the page says about the last action."""
        return self.page.locator("main > .message").inner_text()

    def picture(self, path: Path) -> None:
        """Takes a picture of the visible part of the page."""
        self.page.screenshot(path=path, animations="disabled")

    def close(self) -> None:
        """Closes the browser's window and forgets its cookies."""
        self.context.close()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSED):
            self._wrong(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if request.url.startswith("http") and urlsplit(request.url).netloc != urlsplit(stack.root()).netloc:
            self._wrong(f"request to another host: {request.url}")

    def _wrong(self, problem: str) -> None:
        # The token of a link is part of its path, so it is not shown.
        path = self.page.url.removeprefix(stack.root()).split("open/")[0].split("act/")[0]
        self.problems.append(f"{path or 'overview'}: {problem}")
