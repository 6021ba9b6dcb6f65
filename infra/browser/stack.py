"""Knows the deployed stack from the variables that `infra/local` sets, and asks its console for links."""

import json
import os
import urllib.request

# Variables that the tests need. `infra/local browser` sets them for its own stack.
NEEDED = ("AWS_ENDPOINT_URL", "EVERGREEN_CONSOLE_FUNCTION", "EVERGREEN_CONSOLE_URL")


def missing() -> list[str]:
    """Returns the names of the variables that are not set."""
    return [name for name in NEEDED if not os.environ.get(name)]


def root() -> str:
    """Returns the address of the overview, which the addresses of all pages begin with."""
    return os.environ["EVERGREEN_CONSOLE_URL"].rstrip("/") + "/"


def link(right: str, name: str) -> str:
    """Returns a new link that opens a session of one hour for a person of this name.

    It invokes the console function, as `aws lambda invoke` does. The emulator asks for no signature.
    """
    function = os.environ["EVERGREEN_CONSOLE_FUNCTION"]
    url = f"{os.environ['AWS_ENDPOINT_URL']}/2015-03-31/functions/{function}/invocations"
    order = json.dumps({"link": {"right": right, "name": name, "hours": 1}}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, order, method="POST"), timeout=60) as answer:
        made = json.load(answer)
    if "path" not in made:
        raise RuntimeError(f"the console made no link; its answer has only {sorted(made)}")
    return root() + made["path"].lstrip("/")
