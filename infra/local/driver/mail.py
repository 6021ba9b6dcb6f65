"""Reads the mails that the emulator stores instead of sending them."""

import json
import re
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .console import until, warn


@dataclass(frozen=True)
class Mail:
    """One mail as SES got it."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str

    @property
    def name(self) -> str:
        """Returns the subject as part of a file's name."""
        return re.sub(r"[^a-z0-9]+", "-", self.subject.lower())[:40].strip("-") or "mail"


def sent(endpoint: str, emulator: str) -> list[Mail]:
    """Returns all mails up to now, the oldest first."""
    path = "/_ministack/ses/messages" if emulator == "ministack" else "/_aws/ses"
    with urllib.request.urlopen(endpoint + path, timeout=10) as answer:
        messages = json.load(answer)["messages"]
    if isinstance(messages, dict):
        return [_from_ministack(message) for account in messages.values() for message in account]
    return [_from_localstack(message) for message in messages]


def merged(mails: list[Mail]) -> list[Mail]:
    """Joins mails with the same content into one, with all recipients. Each recipient has links of their own."""
    by_content: dict[tuple[str, str], Mail] = {}
    for mail in mails:
        content = (mail.subject, re.sub(r"/act/\S+", "", mail.text))
        seen = by_content.get(content)
        by_content[content] = replace(mail, recipients=seen.recipients + mail.recipients) if seen else mail
    return list(by_content.values())


def save(mails: list[Mail], folder: Path) -> list[Path]:
    """Writes each mail's HTML into `folder`, which then contains nothing else; returns the files in order."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        old.unlink()
    files = []
    for number, mail in enumerate(mails, 1):
        file = folder / f"{number:02}-{mail.name}.html"
        file.write_text(mail.html or f"<pre>{mail.text}</pre>")
        files.append(file)
    return files


class Inbox:
    """The mails that arrive from now on."""

    def __init__(self, values: dict[str, str]):
        self._where = (values["AWS_ENDPOINT_URL"], values["EVERGREEN_EMULATOR"])
        self._before = len(sent(*self._where))

    def wait_for(self, kind: str, count: int, alarm: str = "") -> list[Mail]:
        """Waits for `count` mails whose subject begins with `kind`, of any alarm or of `alarm`, and returns them.

        If the emulator cannot send mail, it prints a warning and returns none.
        """
        if self._where[1] == "localstack":
            warn("LocalStack's free tier has no SES v2: the alert function runs, but it cannot send mail.")
            return []
        until(lambda: len(self._letters(kind, alarm)) >= count, 30, f"mail number {count} that begins with {kind}")
        return self._letters(kind, alarm)[:count]

    def _letters(self, kind: str, alarm: str) -> list[Mail]:
        letters = sent(*self._where)[self._before :]
        return [letter for letter in letters if letter.subject.startswith(kind) and alarm in letter.text]


def _from_ministack(message: dict[str, Any]) -> Mail:
    return Mail(
        message["Source"],
        tuple(message["To"]),
        message["Subject"],
        message["BodyText"] or "",
        message["BodyHtml"] or "",
    )


def _from_localstack(message: dict[str, Any]) -> Mail:
    body = message.get("Body", {})
    recipients = message.get("Destination", {}).get("ToAddresses", [])
    return Mail(
        message["Source"],
        tuple(recipients),
        message.get("Subject", ""),
        body.get("text_part") or "",
        body.get("html_part") or "",
    )
