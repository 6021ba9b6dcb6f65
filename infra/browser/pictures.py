"""Takes the pictures of the console that the README shows: of the sample pages, which have months of history."""

import subprocess
from pathlib import Path

from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
# Where the example of the console writes the pages of its sample.
PAGES = ROOT / "target/local/pages"
WRITE = ("cargo", "run", "--quiet", "--package", "evergreen-console", "--example", "pages", "--", str(PAGES), "plain")
WIDTH, HEIGHT = 1280, 900
# Name of the picture, page, colours.
PICTURES = (
    ("overview", "overview", "light"),
    ("version", "version", "light"),
    ("compare", "compare-differences", "light"),
    ("run", "run-running", "light"),
    ("audit", "audit", "light"),
    ("drift", "drift", "light"),
    ("versions-dark", "versions", "dark"),
)
# A picture ends with the page, so that it has no empty part.
END = "() => Math.ceil(document.querySelector('.bottom').getBoundingClientRect().bottom)"


def take(browser: Browser, folder: Path) -> None:
    """Writes a picture of each screen into `folder`."""
    subprocess.run(WRITE, cwd=ROOT, check=True)
    for name, page, colours in PICTURES:
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark" if colours == "dark" else "light"
        )
        tab = context.new_page()
        tab.goto((PAGES / f"{page}.html").as_uri())
        height = min(HEIGHT, tab.evaluate(END))
        tab.screenshot(
            path=folder / f"console-{name}.png",
            animations="disabled",
            clip={"x": 0, "y": 0, "width": WIDTH, "height": height},
        )
        context.close()
