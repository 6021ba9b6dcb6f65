"""Takes the pictures of the console that the README shows."""

from pathlib import Path

from playwright.sync_api import Browser
from visit import Visitor


def take(browser: Browser, folder: Path) -> None:
    """Writes a picture of four screens into `folder`."""
    for colours, screens in (("light", ("overview", "version", "compare")), ("dark", ("versions",))):
        visitor = Visitor(browser, colours)
        visitor.enter("steer", "ada")
        champion = visitor.page.locator("#champion a").get_attribute("href") or ""
        number = champion.rsplit("/", 1)[-1]
        paths = {
            # The log loss shows best how the versions differ.
            "overview": "?plot=log_loss",
            "version": f"versions/{number}",
            "compare": "compare?versions=1,2,3",
            "versions": "versions",
        }
        for screen in screens:
            visitor.visit(paths[screen])
            visitor.picture(folder / f"console-{screen}{'-dark' if colours == 'dark' else ''}.png")
        visitor.close()
