"""Finds and starts the browser of this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "the pages are not tested: there is no Chromium on this machine. Install it (on Debian and Ubuntu: "
    f"apt install chromium), or set CHROMIUM to its path. Looked for: {', '.join(NAMES)}"
)


class Missing(Exception):
    """There is no browser on this machine."""


def required() -> str:
    """Returns the path of the browser: the one that the variable CHROMIUM names, or the first one of PATH.

    Raises Missing, with advice, if there is none.
    """
    path = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
    if not path:
        raise Missing(MISSING)
    return path


@contextmanager
def started(path: str) -> Iterator[Browser]:
    """Starts the browser without a window, and ends it afterwards."""
    # Chromium's sandbox does not start for root, as whom containers run.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
