"""Knows the deployed stack from the variables that `infra/local` sets.

It asks the console for links, and puts files beside the table that the model learns from.
"""

import datetime
import json
import os
import urllib.request
from pathlib import Path
from typing import Any

# What SNS sends to the alert function.
EVENT = Path(__file__).resolve().parents[2] / "events/alert-alarm.json"

# Variables that the tests need. `infra/local browser` sets them for its own stack.
NEEDED = (
    "AWS_ENDPOINT_URL",
    "EVERGREEN_ALERT_FUNCTION",
    "EVERGREEN_BUCKET",
    "EVERGREEN_CONSOLE_FUNCTION",
    "EVERGREEN_CONSOLE_URL",
    "EVERGREEN_STACK",
)


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
    made = _invoke("EVERGREEN_CONSOLE_FUNCTION", {"link": {"right": right, "name": name, "hours": 1}})
    if "path" not in made:
        raise RuntimeError(f"the console made no link; its answer has only {sorted(made)}")
    return root() + made["path"].lstrip("/")


def mailed_link(alarm: str, label: str) -> str:
    """Raises an alarm, and returns the link of the newest mail about it that has this text."""
    name = f"{os.environ['EVERGREEN_STACK']}-{alarm}"
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    message = {"AlarmName": name, "NewStateValue": "ALARM", "OldStateValue": "OK", "StateChangeTime": now}
    event = json.loads(EVENT.read_text())
    event["Records"][0]["Sns"]["Message"] = json.dumps(message)
    _invoke("EVERGREEN_ALERT_FUNCTION", event)
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/ses/messages", timeout=60) as answer:
        accounts = json.load(answer)["messages"]
    texts = [mail["BodyText"] for mails in accounts.values() for mail in mails if name in mail["BodyText"]]
    (line,) = [line for line in texts[-1].splitlines() if line.startswith(f"{label}: ")]
    return root() + "act/" + line.rsplit("/act/", 1)[1]


def _invoke(function: str, event: Any) -> Any:
    """Invokes the function that this variable names, as `aws lambda invoke` does."""
    url = f"{os.environ['AWS_ENDPOINT_URL']}/2015-03-31/functions/{os.environ[function]}/invocations"
    request = urllib.request.Request(url, json.dumps(event).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


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
