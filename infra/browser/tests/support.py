"""What all tests of the pages have in common: one browser, a person with a session, and words for what people do."""

import re
import time
import unittest
from contextlib import ExitStack

import chromium
from playwright.sync_api import Browser
from visit import Visitor

# A training with Iris takes seconds, also on a busy machine.
PATIENCE = 90.0


class PageTest(unittest.TestCase):
    """A test with a browser. Each test has its own person, whose name is the test's."""

    browser: Browser
    _open: ExitStack

    @classmethod
    def setUpClass(cls) -> None:
        cls._open = ExitStack()
        cls.browser = cls._open.enter_context(chromium.started(chromium.required()))

    @classmethod
    def tearDownClass(cls) -> None:
        cls._open.close()

    def setUp(self) -> None:
        self.name = self.id().rsplit(".", 1)[-1].removeprefix("test_").replace("_", " ")

    def person(self, right: str = "steer", colours: str = "light", width: int = 1280, scripts: bool = True) -> Visitor:
        """Returns somebody with a session. At the end of the test, nothing may have been wrong with the pages."""
        visitor = self.stranger(colours, width, scripts)
        visitor.enter(right, self.name)
        return visitor

    def stranger(self, colours: str = "light", width: int = 1280, scripts: bool = True) -> Visitor:
        """Returns somebody without a session."""
        visitor = Visitor(self.browser, colours, width, scripts)
        self.addCleanup(visitor.close)
        self.addCleanup(lambda: self.assertEqual(visitor.problems, []))
        return visitor

    def champion(self, visitor: Visitor) -> int:
        """Returns the number of the champion, as the overview shows it."""
        visitor.visit("")
        return _number(visitor.page.locator("#champion a").inner_text())

    def others(self, visitor: Visitor) -> list[int]:
        """Returns the numbers of all versions but the champion, highest first."""
        champion = self.champion(visitor)
        visitor.visit("versions")
        listed = [_number(text) for text in visitor.page.locator("tbody th").all_inner_texts()]
        return [number for number in listed if number != champion]

    def assert_audited(self, visitor: Visitor, *words: str) -> None:
        """Checks that a row of the audit page has the person's name and all these words."""
        visitor.visit("audit")
        rows = [row for row in visitor.page.locator("tbody tr").all_inner_texts() if self.name in row]
        found = any(all(word in row for word in words) for row in rows)
        self.assertTrue(found, f"no row of {self.name!r} has {words}; found {rows}")

    def eventually(self, visitor: Visitor, path: str, selector: str, text: str) -> None:
        """Loads a page again and again until an element has this text."""
        deadline = time.monotonic() + PATIENCE
        while True:
            visitor.visit(path)
            found = visitor.page.locator(selector).all_inner_texts()
            if any(text in one for one in found):
                return
            self.assertLess(time.monotonic(), deadline, f"{path} never had {text!r}; it has {found}")
            time.sleep(1)


def _number(text: str) -> int:
    found = re.search(r"\d+", text)
    if not found:
        raise AssertionError(f"{text!r} names no version")
    return int(found[0])
