"""Loads a page of another origin in Chromium, which calls the prediction API with `fetch`."""

import http.server
import os
import shutil
import sys
import threading

from playwright.sync_api import Error, Page, sync_playwright

# The browser asks first (preflight), because the request has a key and the media type of JSON.
SCRIPT = """async ([url, key, body]) => {
  const headers = {"content-type": "application/json", ...(key ? {"x-api-key": key} : {})};
  const answer = await fetch(url + "/predict", {method: "POST", headers, body});
  return [answer.status, await answer.text()];
}"""
FLOWER = '{"sepal length (cm)": 5.1, "sepal width (cm)": 3.5, "petal length (cm)": 1.4, "petal width (cm)": 0.2}'


class EmptyPage(http.server.BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self) -> None:
        """Answers every path with the page."""
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>page</title>")

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


class Unexpected(Exception):
    """A page could do what it must not do, or could not do what it may."""


def expect(is_right: bool, text: str) -> None:
    """Raises Unexpected with a text, unless what was seen is right."""
    if not is_right:
        raise Unexpected(text)


def refusal(page: Page, arguments: list[str]) -> str:
    """Returns the error of a call, or an empty text if the page could read the answer."""
    try:
        page.evaluate(SCRIPT, arguments)
    except Error as error:
        return str(error)
    return ""


def main() -> int:
    """Calls the API from an allowed origin and from another one; returns 0 if only the first one may read answers."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)
    if not path:
        print("*** there is no Chromium on this machine: fetch of a page is not tested", file=sys.stderr)
        return 1 if os.environ.get("BROWSER") == "required" else 0
    allowed = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["EVERGREEN_PAGE_PORT"])), EmptyPage)
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
    for server in (allowed, other):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    url, key = os.environ["EVERGREEN_API_URL"].rstrip("/"), os.environ["EVERGREEN_API_KEY"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{allowed.server_port}/")
        status, text = page.evaluate(SCRIPT, [url, key, FLOWER])
        expect(status == 200 and "setosa" in text, text)
        status, text = page.evaluate(SCRIPT, [url, "", FLOWER])
        expect(status == 403 and "x-api-key" in text, text)
        page.goto(f"http://127.0.0.1:{other.server_port}/")
        expect("Failed to fetch" in refusal(page, [url, key, FLOWER]), "a page of another origin could read an answer")
        browser.close()
    print("A page of the allowed origin reads answers and errors; a page of another origin reads neither.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
