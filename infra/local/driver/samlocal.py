"""Runs every sample event and one prediction request with `sam local`, in Lambda's own container."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from . import api, containers, emulator, isolated
from .console import Failure, say, step, tail, until
from .emulator import CREDENTIALS
from .environment import Clients
from .settings import ROOT, SAM, Settings

VARIABLES = "sam-local.json"
# The event of an import, and a model file that it can name.
IMPORT = ROOT / "events/train-import.json"
# The event that plans a batch job. It names another bucket than that of the stack.
PLAN = ROOT / "events/score-plan.json"
MODEL = ROOT / "tests/artifacts/foreign/skl-forest-3.onnx"


def everything() -> None:
    """Runs all of it on a separate stack; raises Failure at the first problem."""
    step("Docker and Lambda's base image")
    containers.prepare()
    with isolated.stack("local", "sam-local") as (settings, values), containers.way_to(settings.port) as endpoint:
        template = _template(settings, values, endpoint)
        _put_model(values)
        # This stack has no webhook: in a container, nobody receives its messages.
        # Of a batch job, only the plan needs no earlier step.
        left_out = ("webhook-", "score-")
        events = [event for event in (ROOT / "events").glob("*.json") if not event.name.startswith(left_out)]
        events = [*sorted(events, key=_order), _plan_of_rows(settings, values)]
        step(f"{len(events)} events with `sam local invoke`")
        for event in events:
            _invoke(settings, template, event)
        step("One prediction with `sam local start-api`")
        _predict(settings, template)
    say(f"{len(events)} events and one prediction passed")


def _put_model(values: dict[str, str]) -> None:
    """Stores a model file under the key in the event of an import."""
    key = json.loads(IMPORT.read_text())["detail"]["object"]["key"]
    Clients(values).client("s3").put_object(Bucket=values["EVERGREEN_BUCKET"], Key=key, Body=MODEL.read_bytes())


def _plan_of_rows(settings: Settings, values: dict[str, str]) -> Path:
    """Stores a file with rows, and returns the event that plans its batch job in this stack's bucket."""
    bucket = values["EVERGREEN_BUCKET"]
    rows = "id,sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\na,5.1,3.5,1.4,0.2\n"
    Clients(values).client("s3").put_object(Bucket=bucket, Key="inputs/iris/a.csv", Body=rows.encode())
    event = settings.state / PLAN.name
    event.write_text(PLAN.read_text().replace("evergreen-artifacts", bucket))
    return event


def _order(event: Path) -> tuple[bool, str]:
    """Sorts the training events first: the others read their results."""
    return not event.name.startswith("train-"), event.name


def _template(settings: Settings, values: dict[str, str], endpoint: str) -> Path:
    """Writes a copy of the deployed template with the deployed functions' variables and the endpoint; returns its path.

    `sam local` cannot resolve references to deployed resources. It sets only variables that the template names. Its own
    environment overrides the template, but not a file of variables.
    """
    functions = Clients(values).client("lambda")
    template = yaml.safe_load((settings.state / "template.yaml").read_text())
    for name in ("Train", "Predict", "Console", "Metrics", "Alert", "Score"):
        deployed = functions.get_function_configuration(FunctionName=values[f"EVERGREEN_{name.upper()}_FUNCTION"])
        variables = deployed["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": endpoint}
        template["Resources"][f"{name}Function"]["Properties"]["Environment"] = {"Variables": variables}
    (settings.state / VARIABLES).write_text(json.dumps({"Parameters": {"AWS_ENDPOINT_URL": endpoint}}))
    copy = settings.state / "sam-local.yaml"
    copy.write_text(yaml.safe_dump(template, sort_keys=False))
    return copy


def _invoke(settings: Settings, template: Path, event: Path) -> None:
    function = f"{event.name.split('-')[0].capitalize()}Function"
    log = settings.state / f"{event.stem}.log"
    command = [*_sam("invoke", template), "--event", event, function]
    with log.open("wb") as words:
        done = subprocess.run(
            command,
            cwd=settings.state,
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            check=False,
        )
    answer = done.stdout.decode(errors="replace").strip().splitlines()
    said = answer[-1] if answer else ""
    if done.returncode or _failed(said):
        raise Failure(f"{event.name} with {function} failed: {said or '(no answer)'}\n{tail(log, 25)}")
    say(f"{event.stem:<18} {said[:140]}")


def _failed(answer: str) -> bool:
    """Returns whether an answer is a function's error, a server error to API Gateway, or missing."""
    try:
        parsed = json.loads(answer)
    except ValueError:
        return True
    return isinstance(parsed, dict) and ("errorType" in parsed or parsed.get("statusCode", 200) >= 500)


def _predict(settings: Settings, template: Path) -> None:
    with _api(settings, template) as url:
        answer = api.predict(url, "", api.FLOWERS["setosa"])
    if answer.get("prediction") != [0]:
        raise Failure(f"expected the prediction [0] for a setosa, got {json.dumps(answer)}")
    say(json.dumps(answer))


@contextmanager
def _api(settings: Settings, template: Path) -> Iterator[str]:
    port = emulator.free_port()
    log = settings.state / "start-api.log"
    command = [*_sam("start-api", template), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as words:
        server = subprocess.Popen(
            command,
            cwd=settings.state,
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
    try:
        until(
            lambda: "Running on" in log.read_text(errors="replace") or server.poll() is not None,
            60,
            "`sam local start-api`'s start",
        )
        if server.poll() is not None:
            raise Failure(f"`sam local start-api` ended before it was ready:\n{tail(log)}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # the SAM CLI then removes its containers
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def _sam(command: str, template: Path) -> list[Any]:
    variables = template.with_name(VARIABLES)
    return [
        SAM / "sam",
        "local",
        command,
        "--template",
        template,
        "--env-vars",
        variables,
        "--skip-pull-image",
        "--region",
        "us-east-1",
    ]


def _environment(settings: Settings) -> dict[str, str]:
    # The endpoint is for the SAM CLI itself, which asks for the account's number. The functions have their own
    # endpoint.
    variables = {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": settings.region, "AWS_ENDPOINT_URL": settings.endpoint}
    return os.environ | CREDENTIALS | variables
