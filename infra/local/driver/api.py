"""Calls the prediction API, as any client does."""

import json
import shlex
import urllib.error
import urllib.request
from typing import Any

from .console import Failure

COLUMNS = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
# One row of each species of Iris.
FLOWERS = {
    "setosa": dict(zip(COLUMNS, (5.1, 3.5, 1.4, 0.2))),
    "versicolor": dict(zip(COLUMNS, (5.9, 3.0, 4.2, 1.5))),
    "virginica": dict(zip(COLUMNS, (6.5, 3.0, 5.8, 2.2))),
}


def get(url: str, key: str, path: str) -> dict[str, Any]:
    """Returns the JSON at `path`; raises Failure if the status is not 200."""
    return _call(urllib.request.Request(url + path, headers={"x-api-key": key}))


def predict(url: str, key: str, rows: Any) -> dict[str, Any]:
    """Returns the answer for one row or a list of rows; raises Failure if the status is not 200."""
    headers = {"x-api-key": key, "content-type": "application/json"}
    return _call(urllib.request.Request(f"{url}/predict", json.dumps(rows).encode(), headers))


def status(url: str, key: str | None, path: str, body: Any = None) -> int:
    """Returns the HTTP status of a call with the given key, or without a key: POST if there is a body, else GET."""
    headers = {"content-type": "application/json"} | ({"x-api-key": key} if key else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, data, headers), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError as error:
        raise Failure(f"{url + path} does not answer: {error.reason}") from error


def curl(url: str, key: str, row: dict[str, Any]) -> str:
    """Returns a shell command that requests a prediction for `row`."""
    body = shlex.quote(json.dumps(row, ensure_ascii=False))
    return f"curl -s '{url}/predict' -H 'x-api-key: {key}' -H 'content-type: application/json' -d {body}"


def _call(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")[:500]
        raise Failure(
            f"{request.get_method()} {request.full_url} was answered with {error.code}; expected 200: {said}"
        ) from error
    except urllib.error.URLError as error:
        raise Failure(f"{request.full_url} does not answer: {error.reason}") from error
