"""Supports LocalStack: `make run EMULATOR=localstack`, and one without Docker for `make localstack-test`."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from botocore.exceptions import BotoCoreError, ClientError

from . import deploy, dynamodb, emulator, environment, process, template, training
from .console import Failure, say, step
from .emulator import CREDENTIALS
from .settings import ROOT, Settings

PYTHON = ROOT / ".venv/localstack/bin/python"
START = ROOT / "infra/local/localstack/start.py"
FUNCTION = "AWS::Lambda::Function"

# infra/local/README.md has the same text.
WITHOUT_DOCKER = (
    "LocalStack runs functions in Docker. Without Docker it cannot train or predict.\n"
    "    - With Docker: start LocalStack so that it can reach Docker, and run this again.\n"
    "    - Without Docker: `make localstack-test` deploys to a separate LocalStack and checks the alarms;\n"
    "      `make run` shows the whole lifecycle of a model on the built-in emulator."
)


def require(settings: Settings) -> None:
    """Raises Failure, with advice, if no LocalStack answers at the endpoint."""
    if not emulator.healthy(settings):
        raise Failure(
            f"no LocalStack answers at {settings.endpoint}; start LocalStack first, or set its port with PORT=.\n"
            f"    {WITHOUT_DOCKER}"
        )


def deploy_to_running(settings: Settings) -> dict[str, str]:
    """Deploys the built template to the LocalStack at the endpoint; returns how to reach the stack.

    Raises Failure if none answers, or if it cannot create the functions.
    """
    require(settings)
    try:
        return deploy.deploy(settings)
    except Failure as failure:
        reason = _why_no_function(settings)
        if reason is None:
            raise
        raise Failure(f"LocalStack could not create a function: {reason}\n    {WITHOUT_DOCKER}") from failure


@contextmanager
def explained() -> Iterator[None]:
    """Adds to the failure of a function that could not be called what LocalStack needs to run functions."""
    try:
        yield
    except training.NotCalled as failure:
        raise Failure(f"{failure}\n    {WITHOUT_DOCKER}") from failure


def tests(arguments: list[str]) -> int:
    """Deploys to a separate LocalStack and runs the tests of what works there; returns their exit status."""
    with running() as settings:
        values = _deploy(settings)
        step(f"Tests of the stack on LocalStack (its log: {settings.state}/localstack.log)")
        command = ["cargo", "test", "--workspace", "--locked", "--test", "localstack", *arguments]
        return subprocess.run(command, cwd=ROOT, env=os.environ | values, check=False).returncode


@contextmanager
def running() -> Iterator[Settings]:
    """Runs LocalStack on a free port of the loopback interface, with DynamoDB Local; yields its settings."""
    settings = Settings(ROOT / "target/local/localstack", emulator.free_port(), "test", "localstack")
    step(f"LocalStack without Docker, at {settings.endpoint}")
    shutil.rmtree(settings.state, ignore_errors=True)
    with dynamodb.running(settings.state) as port:
        variables = _variables(settings, port)
        log = settings.state / "localstack.log"
        with process.running("LocalStack", [PYTHON, START], variables, log, lambda: emulator.healthy(settings)):
            yield settings


def _deploy(settings: Settings) -> dict[str, str]:
    """Deploys the template with functions that are never called; returns how to reach the stack."""
    code = settings.state / "code"
    code.mkdir()
    (code / "bootstrap").write_text("#!/bin/sh\nexit 1\n")
    parameters = settings.parameters()
    copy = template.for_localstack(template.with_defaults(template.read(), parameters))
    copy["Globals"]["Function"]["CodeUri"] = str(code)
    file = settings.state / "template.yaml"
    file.write_text(yaml.safe_dump(copy, sort_keys=False))
    # An update takes another way than a first deployment, so both are tested.
    deploy.run(settings, file, parameters)
    deploy.run(settings, file, parameters | {"LogRetentionDays": "7"})
    values = environment.describe(settings)
    deploy.complete(settings, environment.Clients(values), values)
    environment.write(settings.environment_file, values)
    say(f"{settings.stack} is deployed and updated")
    return values


def _why_no_function(settings: Settings) -> str | None:
    """Returns why the stack's first function could not be created, or None if that is not the problem.

    In that case it deletes the stack: a stack whose creation failed cannot be updated.
    """
    cloudformation = environment.connect(settings).client("cloudformation")
    try:
        events = cloudformation.describe_stack_events(StackName=settings.stack)["StackEvents"]
    except (BotoCoreError, ClientError):
        return None
    failed = [event for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    reasons = [event.get("ResourceStatusReason", "") for event in failed if event["ResourceType"] == FUNCTION]
    if not reasons:
        return None
    cloudformation.delete_stack(StackName=settings.stack)
    return reasons[-1]


def _variables(settings: Settings, dynamodb_port: int) -> dict[str, str]:
    here = f"127.0.0.1:{settings.port}"
    return CREDENTIALS | {
        "AWS_DEFAULT_REGION": settings.region,
        "DISABLE_EVENTS": "1",  # no telemetry
        "DNS_ADDRESS": "0",  # no name server
        "DYNAMODB_LOCAL_PORT": str(dynamodb_port),
        "FILESYSTEM_ROOT": str(settings.state / "files"),
        "GATEWAY_LISTEN": here,
        "LOCALSTACK_HOST": here,
        "PYTHONDONTWRITEBYTECODE": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }
