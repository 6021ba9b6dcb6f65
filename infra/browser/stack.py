"""Knows the deployed stack from the variables that `infra/local` sets.

It asks the console for links, and puts files beside the table that the model learns from.
"""

import json
import os
import urllib.request

# Variables that the tests need. `infra/local browser` sets them for its own stack.
NEEDED = ("AWS_ENDPOINT_URL", "EVERGREEN_BUCKET", "EVERGREEN_CONSOLE_FUNCTION", "EVERGREEN_CONSOLE_URL")


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


def put_dataset(name: str, content: str) -> None:
    """Stores a file of the data set, from which the next training learns."""
    _dataset("PUT", name, content.encode())


def delete_dataset(name: str) -> None:
    """Deletes a file of the data set. Without any file, a training learns from Iris again."""
    _dataset("DELETE", name, None)


def _dataset(method: str, name: str, content: bytes | None) -> None:
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{os.environ['EVERGREEN_BUCKET']}/datasets/iris/{name}"
    with urllib.request.urlopen(urllib.request.Request(url, content, method=method), timeout=60):
        pass


def send_mail(subject: str, text: str, html: str) -> None:
    """Sends a mail through the emulator's SES, as the alert function does."""

    def written(data: str) -> dict[str, str]:
        return {"Data": data, "Charset": "UTF-8"}

    message = {"Subject": written(subject), "Body": {"Text": written(text), "Html": written(html)}}
    order = {
        "FromEmailAddress": "evergreen@example.com",
        "Destination": {"ToAddresses": ["team@example.com"]},
        "Content": {"Simple": message},
    }
    url = f"{os.environ['AWS_ENDPOINT_URL']}/v2/email/outbound-emails"
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(order).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=60):
        pass
