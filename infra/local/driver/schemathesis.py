"""Calls every route of the console with generated values, and checks the answers against GET /openapi.json.

schemathesis makes the requests, on a separate stack. It calls the status API with the key that reads, and the signed
part of the console's API. The emulator checks that there is a signature, but not what it signs, so one signature serves
all requests.
"""

import json
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from . import isolated, training
from .console import Failure, say, step
from .environment import Clients
from .settings import ROOT

PROGRAM = ROOT / ".venv/browser/bin/schemathesis"
# A request that the description allows may be refused, such as a mute that ends in the past. One that it does not allow
# must be refused.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
# The same values in each run. The stack of the tests allows 50 requests a second for a key, and 10 for the console.
OPTIONS = ("--phases", "examples,coverage,fuzzing", "--seed", "1", "--workers", "1", "--no-color", "--warnings", "off")
KEY_RATE, SIGNED_RATE = "40/s", "9/s"
# Two versions, so that there is a champion and something to compare with it.
TRAININGS = ({"seed": 42, "hyperparameters": {"n_estimators": 5}}, {"seed": 43, "family": "linear"})


def tests(arguments: list[str]) -> int:
    """Runs schemathesis with `arguments` after its own; returns 1 if it found something."""
    if not PROGRAM.exists():
        raise Failure(f"{PROGRAM} is missing: run `make api-test`, which installs it")
    with isolated.stack("test", "api") as (settings, values):
        step("Two versions of Iris")
        for number, event in enumerate(TRAININGS):
            run = training.invoke(Clients(values), values["EVERGREEN_TRAIN_FUNCTION"], {"id": f"api-{number}", **event})
            say(f"{run['run_id']}: {run['status']}")
        reading = {"x-api-key": values["EVERGREEN_READ_KEY"]}
        doors = (
            ("reading", values["EVERGREEN_STATUS_URL"], "", reading, KEY_RATE),
            ("signed", values["EVERGREEN_CONSOLE_URL"], "/api", _signature(values), SIGNED_RATE),
        )
        failed = [
            name
            for name, url, prefix, headers, rate in doors
            if _run(settings.state / name, url, prefix, headers, ["--rate-limit", rate, *arguments])
        ]
        return 1 if failed else 0


def _run(folder: Path, url: str, prefix: str, headers: dict[str, str], more: list[str]) -> int:
    """Runs schemathesis with the description that this part of the API returns."""
    step(f"Every route, {folder.name} ({url + prefix})")
    folder.mkdir(parents=True)
    request = urllib.request.Request(f"{url}{prefix}/openapi.json", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        description: dict[str, Any] = json.load(answer)
    file = folder / "openapi.json"
    file.write_text(json.dumps(description))
    command = [str(PROGRAM), "run", str(file), "--url", url, "--checks", ",".join(CHECKS), *OPTIONS]
    command += [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
    command += ["--max-examples", "5", *more]
    # schemathesis keeps what it learned about earlier runs in its working directory.
    return subprocess.run(command, cwd=folder, check=False).returncode


def _signature(values: dict[str, str]) -> dict[str, str]:
    """Returns the headers of a request that is signed as for API Gateway."""
    credentials = boto3.Session(values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"]).get_credentials()
    request = AWSRequest(method="GET", url=f"{values['EVERGREEN_CONSOLE_URL']}/api/openapi.json")
    SigV4Auth(credentials, "execute-api", values["AWS_REGION"]).add_auth(request)
    return {"Authorization": request.headers["Authorization"], "X-Amz-Date": request.headers["X-Amz-Date"]}
