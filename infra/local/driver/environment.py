"""Reads and writes stack.env, which says how to reach the deployed stack: for this program, the tests and any shell."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from .console import Failure
from .emulator import CREDENTIALS
from .settings import Settings

FILE = "stack.env"
# Variables for reading the runs.
STATUS = ("EVERGREEN_STATUS_URL", "EVERGREEN_READ_KEY")

# A training may take 15 minutes. A repeated request would start a second training.
PATIENCE = Config(read_timeout=930, retries={"total_max_attempts": 1})


def describe(settings: Settings) -> dict[str, str]:
    """Reads from the deployed stack everything that a client needs to know."""
    clients = connect(settings)
    stacks = clients.client("cloudformation").describe_stacks(StackName=settings.stack)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks["Stacks"][0]["Outputs"]}
    gateway = clients.client("apigateway")

    def url(api: str) -> str:
        return f"{settings.endpoint}/restapis/{outputs[api]}/v1/_user_request_"

    def key(name: str) -> str:
        return gateway.get_api_key(apiKey=outputs[name], includeValue=True)["value"]

    return _access(settings) | {
        "EVERGREEN_STACK": settings.stack,
        "EVERGREEN_EMULATOR": settings.emulator,
        "EVERGREEN_API_ID": outputs["ApiId"],
        "EVERGREEN_API_URL": url("ApiId"),
        "EVERGREEN_API_KEY": key("PredictKeyId"),
        "EVERGREEN_STATUS_API_ID": outputs["StatusApiId"],
        "EVERGREEN_STATUS_URL": url("StatusApiId"),
        "EVERGREEN_READ_KEY": key("ReadKeyId"),
        "EVERGREEN_CONSOLE_API_ID": outputs["ConsoleApiId"],
        "EVERGREEN_CONSOLE_URL": url("ConsoleApiId"),
        "EVERGREEN_BUCKET": outputs["BucketName"],
        "EVERGREEN_MODEL": outputs["Model"],
        "EVERGREEN_TABLE": outputs["TableName"],
        "EVERGREEN_TRAIN_FUNCTION": outputs["TrainFunctionName"],
        "EVERGREEN_PREDICT_FUNCTION": outputs["PredictFunctionName"],
        "EVERGREEN_METRICS_FUNCTION": outputs["MetricsFunctionName"],
        "EVERGREEN_ALERT_FUNCTION": outputs["AlertFunctionName"],
        "EVERGREEN_SCORE_FUNCTION": outputs["ScoreFunctionName"],
        "EVERGREEN_BATCH_STATE_MACHINE": outputs["BatchStateMachineArn"],
        "EVERGREEN_CONSOLE_FUNCTION": outputs["ConsoleFunctionName"],
        "EVERGREEN_ALERT_TOPIC_ARN": outputs["AlertTopicArn"],
        "EVERGREEN_UNDELIVERED_TOPIC_ARN": outputs["UndeliveredTopicArn"],
        "EVERGREEN_DASHBOARD_URL": outputs["DashboardUrl"],
    }


def connect(settings: Settings) -> "Clients":
    """Returns clients of the emulator, whether or not a stack is deployed."""
    return Clients(_access(settings))


def _access(settings: Settings) -> dict[str, str]:
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), settings.region)
    return CREDENTIALS | {"AWS_ENDPOINT_URL": settings.endpoint} | region


def write(path: Path, values: dict[str, str]) -> None:
    """Writes `values` as a file that a shell can source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items()))


def read(path: Path) -> dict[str, str]:
    """Reads a file that `write` wrote; raises Failure if it does not exist."""
    if not path.exists():
        raise Failure(f"{path} does not exist: start the stack first, with `make run`")
    lines = [line.removeprefix("export ") for line in path.read_text().splitlines() if line]
    return {name: shlex.split(value)[0] if value else "" for name, value in (line.split("=", 1) for line in lines)}


def status_of(values: Mapping[str, str]) -> tuple[str, str]:
    """Returns URL and key of the status API from these variables; raises Failure if an older release wrote them."""
    missing = [name for name in STATUS if name not in values]
    if missing:
        raise Failure(
            f"{missing[0]} is not set: the stack was deployed by an older release; `make run` deploys this one"
        )
    url, key = (values[name] for name in STATUS)
    return url.rstrip("/"), key


class Clients:
    """Makes a client for each service, at the stack's endpoint."""

    def __init__(self, values: dict[str, str]):
        self._endpoint = values["AWS_ENDPOINT_URL"]
        self._session = boto3.Session(
            region_name=values["AWS_REGION"], **_as_arguments({name: values[name] for name in CREDENTIALS})
        )

    def client(self, service: str) -> Any:
        """Returns the client of `service`.

        It waits as long as the longest training and sends each request only once.
        """
        return self._session.client(service, endpoint_url=self._endpoint, config=PATIENCE)


def _as_arguments(credentials: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in credentials.items()}
