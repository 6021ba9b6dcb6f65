"""Trains on the deployed stack, and prints how it read the table."""

import json
import textwrap
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from . import api, environment, quality, runs
from .console import Failure, say, step, table, waiting
from .environment import Clients
from .subject import Iris, Own

# Number of columns that fit on a page of the terminal; the console has all of them.
COLUMNS_SHOWN = 40


class FunctionFailed(Failure):
    """A function failed; the message is its own."""

    def __init__(self, function: str, payload: dict[str, Any]):
        super().__init__(f"{function} failed: {payload.get('errorMessage') or json.dumps(payload)}")
        self.reason = payload.get("errorMessage", "")


class NotCalled(Failure):
    """The emulator could not run a function."""


def invoke(clients: Clients, function: str, event: dict[str, Any]) -> dict[str, Any]:
    """Invokes `function` and waits; raises FunctionFailed if it fails, NotCalled if it could not run."""
    try:
        answer = clients.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    except (BotoCoreError, ClientError) as error:
        raise NotCalled(f"{function} could not be called: {error}") from error
    payload = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise FunctionFailed(function, payload)
    return payload


def manifest(clients: Clients, bucket: str, model: str, version: int) -> dict[str, Any]:
    """Reads the manifest of a version."""
    key = f"models/{model}/{version:08}/manifest.json"
    return json.load(clients.client("s3").get_object(Bucket=bucket, Key=key)["Body"])


def train(clients: Clients, values: dict[str, str], subject: Iris | Own) -> dict[str, Any]:
    """Trains once for each of the subject's events; returns the champion's manifest.

    Raises FunctionFailed if a training fails, and Failure, with advice, if the gate refuses every version.
    """
    step(subject.training)
    champion = None
    for event in subject.events:
        with waiting("training"):
            run = invoke(clients, values["EVERGREEN_TRAIN_FUNCTION"], event)
        made = manifest(clients, values["EVERGREEN_BUCKET"], subject.model, run["version"])
        say(f"{run['run_id']}: {run['status']}, version {run['version']}")
        say(f"  {run.get('reason') or ''}; on the training rows {made['version']['training_score']:.4f}")
        if subject.own:
            _show_search(made)
        champion = made if run["status"] == "SUCCEEDED" else champion
    return champion or _earlier_champion(clients, values, subject)


def loaded_version(url: str, key: str) -> int | None:
    """Returns the number of the loaded champion, or None if the API cannot answer yet."""
    with suppress(Failure):
        return api.get(url, key, "/model")["version"]
    return None


def columns(made: dict[str, Any]) -> None:
    """Prints type and role of each column, and the warnings."""
    profile = made["profile"]
    rows = made["version"]["dataset"]["rows"]
    step(f"Types and roles of the columns: {rows} rows, {profile['holdout_rows']} of them held out")
    for file in profile["files"]:
        if file.get("read_as"):
            say(f"{file['name']}: read with {file['read_as']}")
    listed = profile["columns"]
    table(("COLUMN", "TYPE", "ROLE", "MISSING", "DISTINCT", "BECAUSE"), [column(one) for one in listed[:COLUMNS_SHOWN]])
    if len(listed) > COLUMNS_SHOWN:
        say(f"… and {len(listed) - COLUMNS_SHOWN} more, all in the console (Data set)")
    say(f"hold-out: {profile['holdout_rule']}")
    for warning in profile["warnings"]:
        for number, line in enumerate(textwrap.wrap(warning, 100)):
            say(f"{'warning: ' if not number else '         '}{line}")
    say("If one is wrong, set it in dataset.toml beside the table ([types], drop, target, …) and run again.")


def column(one: dict[str, Any]) -> tuple[str, ...]:
    """Returns a column's cells: name, type, role, missing, distinct, because."""
    return (one["name"], one["type"], one["role"], str(one["missing"]), str(one["distinct"]), one["because"])


def advice(failed: FunctionFailed, subject: Iris | Own) -> str:
    """Returns why a training failed, and what to do."""
    if not subject.own:
        return str(failed)
    return (
        f"The training failed: {failed.reason or failed}\n"
        f"    Correct the table or dataset.toml in {subject.own.files[0].parent}, and run the same command again.\n"
        "    The stack keeps running: `make console` opens it, `make stop` stops it."
    )


def _show_search(made: dict[str, Any]) -> None:
    say(f"  search: {quality.search(made)}")
    for family, tried, best, mean in quality.best_by_family(made):
        say(f"    {family:<18} {tried:>3} tried, best {quality.number(mean)} with {runs.parameters(best)}")
    say("  hold-out: " + ", ".join(f"{name} {value}" for name, value in quality.on_holdout(made)))


def _earlier_champion(clients: Clients, values: dict[str, str], subject: Iris | Own) -> dict[str, Any]:
    """Returns the champion of an earlier demonstration, if the gate refused all new versions."""
    listed = runs.fetch(*environment.status_of(values), 100)
    version = next((run["version"] for run in listed if run["status"] == "SUCCEEDED"), None)
    if version is None:
        raise Failure(
            "There is no champion: the gate refused every version, for the reason above.\n"
            "    Lower `floor` in dataset.toml, or add columns that predict the target better; then run again.\n"
            "    The stack keeps running: `make console` opens it, `make stop` stops it."
        )
    say(f"Version {version} of an earlier run stays the champion.")
    return manifest(clients, values["EVERGREEN_BUCKET"], subject.model, version)
