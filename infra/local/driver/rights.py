"""Checks the keys: the predict key may predict, the read key may read the runs, and health needs no key."""

from typing import Any

from . import api, environment
from .console import Failure, step, table


def show(values: dict[str, str], row: Any) -> None:
    """Calls each route with each key and prints the answers; raises Failure if one differs from the expected one."""
    step("Who may predict, and who may read")
    url, predict_key = values["EVERGREEN_API_URL"], values["EVERGREEN_API_KEY"]
    status_url, read_key = environment.status_of(values)
    doors = {
        "POST /predict": (url, "/predict", row, (200, 403, 403)),
        "GET /runs": (status_url, "/runs?limit=1", None, (403, 200, 403)),
        "GET /health": (status_url, "/health", None, (200, 200, 200)),
    }
    answers = []
    for door, (base, path, body, expected) in doors.items():
        found = tuple(api.status(base, key, path, body) for key in (predict_key, read_key, None))
        if found != expected:
            raise Failure(f"{door} answered {found} to predict key, read key and no key; expected {expected}")
        answers.append((door, *map(str, found)))
    table(("", "PREDICT KEY", "READ KEY", "NO KEY"), answers)
