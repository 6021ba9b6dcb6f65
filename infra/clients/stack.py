"""Reaches the stack that is tested: directly with its key, or through `evergreen proxy`."""

import os
from typing import Any

import requests

VARIABLES = ("EVERGREEN_API_URL", "EVERGREEN_API_KEY", "EVERGREEN_PROXY")

# One flower of each of two species, with the columns in the model's order.
COLUMNS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
ROWS = [[5.1, 3.5, 1.4, 0.2], [6.5, 3.0, 5.8, 2.2]]
SPECIES = ["setosa", "virginica"]


def missing() -> list[str]:
    """Returns the variables that are not set."""
    return [name for name in VARIABLES if not os.environ.get(name)]


def url() -> str:
    """Returns the URL of the prediction API, which has a path."""
    return os.environ["EVERGREEN_API_URL"].rstrip("/")


def key() -> str:
    """Returns the key of the prediction API."""
    return os.environ["EVERGREEN_API_KEY"]


def proxy() -> str:
    """Returns host and port at which `evergreen proxy` listens."""
    return os.environ["EVERGREEN_PROXY"]


def post(path: str, body: bytes | str, media_type: str | None, **headers: str) -> requests.Response:
    """Sends a body to a path of the prediction API, with the key."""
    sent = {"x-api-key": key(), **{name.replace("_", "-"): value for name, value in headers.items()}}
    if media_type is not None:
        sent["content-type"] = media_type
    data = body.encode() if isinstance(body, str) else body
    return requests.post(f"{url()}{path}", data=data, headers=sent, timeout=30)


def get(path: str, with_key: bool = True) -> requests.Response:
    """Reads a path of the prediction API."""
    headers = {"x-api-key": key()} if with_key else {}
    return requests.get(f"{url()}{path}", headers=headers, timeout=30)


def version() -> int:
    """Returns the number of the champion."""
    answer: dict[str, Any] = get("/version").json()
    return int(answer["version"])
