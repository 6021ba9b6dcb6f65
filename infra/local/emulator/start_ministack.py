"""Starts MiniStack in this process. The functions below add what release 1.5 lacks."""

import base64
import binascii
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any


def main() -> None:
    """Starts MiniStack with its environment variables as settings, and returns when it has ended."""
    _keep_pictures()
    _take_bodies_without_type()
    from ministack.app import main as run

    run()


def _keep_pictures() -> None:
    """Keeps the pictures of a mail in its HTML. Otherwise MiniStack would forget everything but text and HTML."""
    from ministack.services import ses_v2

    parse = ses_v2._parse_raw_mime

    def keep(raw: str) -> dict[str, Any]:
        parsed = parse(raw)
        pictures = _pictures(raw)
        for part in parsed.get("BodyParts", []):
            if part["ContentType"] == "text/html":
                for name, address in pictures.items():
                    part["Data"] = part["Data"].replace(f"cid:{name}", address)
        return parsed

    ses_v2._parse_raw_mime = keep


def _take_bodies_without_type() -> None:
    """Passes bodies without a media type on as bytes. API Gateway takes them as JSON, so `*/*` matches them."""
    from ministack.services import apigateway_v1

    matches = apigateway_v1._media_type_matches

    def match(media_type: str | None, binary_media_types: list[str]) -> bool:
        # A template writes `~1` for a slash.
        patterns = [pattern.replace("~1", "/") for pattern in binary_media_types]
        return bool(matches(media_type or "application/json", patterns))

    apigateway_v1._media_type_matches = match


def _pictures(raw: str) -> dict[str, str]:
    """Returns the pictures of a message that belong to HTML, as data addresses by content id."""
    try:
        message: EmailMessage = message_from_bytes(base64.b64decode(raw), policy=default)
    except (binascii.Error, ValueError):
        return {}
    found = {}
    for related in message.walk():
        if related.get_content_type() != "multipart/related":
            continue
        for part in related.iter_parts():
            name = str(part.get("Content-ID", "")).strip("<> ")
            if part.get_content_maintype() == "image" and name:
                content = base64.b64encode(part.get_content()).decode()
                found[name] = f"data:{part.get_content_type()};base64,{content}"
    return found


if __name__ == "__main__":
    main()
