"""Builds the functions and deploys the template, only with the SAM CLI."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from . import environment, gaps, template
from .console import Failure, say, step, tail, waiting
from .emulator import CREDENTIALS
from .environment import Clients
from .settings import BUILT_TEMPLATE, ROOT, SAM, Settings

# Services that the functions call, as in the names of the SDK's variables.
CALLED = ("API_GATEWAY", "CLOUDWATCH", "DYNAMODB", "EVENTBRIDGE", "S3", "SCHEDULER", "SECRETS_MANAGER", "SESV2")


# The packages and features of the tests, so that nothing is compiled twice.
BUILD = ("cargo", "build", "--workspace", "--bins", "--examples", "--locked")


def functions() -> list[str]:
    """Returns the functions' names."""
    return sorted(manifest.parent.name for manifest in ROOT.glob("functions/*/Cargo.toml"))


def build() -> None:
    """Builds the functions into target/local/build, without optimisation; Cargo's output is in target/local/build.log.

    A release build of all functions takes three times as long. `sam build` makes it for AWS.
    """
    if not shutil.which("cargo"):
        raise Failure("cargo is missing: install Rust with rustup, in the version of rust-toolchain.toml")
    step("Building the functions (minutes the first time, seconds after)")
    with waiting("build", every=20):
        _run(list(BUILD), ROOT / "target/local/build.log", {})
    binaries = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
    document = template.read()
    document["Globals"]["Function"].pop("CodeUri")
    for name, resource in document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            binary = resource.pop("Metadata")["BuildProperties"]["Binary"]
            resource["Properties"]["CodeUri"] = name
            _pack(binaries / binary, BUILT_TEMPLATE.parent / name / "bootstrap")
    BUILT_TEMPLATE.write_text(yaml.safe_dump(document, sort_keys=False))


def _pack(binary: Path, bootstrap: Path) -> None:
    """Copies a binary without its symbols, which would only make each deployment slower."""
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    if shutil.which("strip"):
        _run(["strip", "-o", bootstrap, binary], ROOT / "target/local/strip.log", {})
    else:
        shutil.copy(binary, bootstrap)
    say(f"{bootstrap.parent.name}: {bootstrap.stat().st_size / 1e6:.1f} MB")


def deploy(settings: Settings) -> dict[str, str]:
    """Deploys the built template, or updates the stack, and writes stack.env; returns its content."""
    if not BUILT_TEMPLATE.exists():
        raise Failure("the functions are not built yet: run `make build`")
    parameters = settings.parameters()
    run(settings, _prepared(settings, parameters), parameters)
    values = environment.describe(settings)
    clients = Clients(values)
    complete(settings, clients, values)
    _verify_sender(clients, parameters["AlertSender"])
    environment.write(settings.environment_file, values)
    return values


def complete(settings: Settings, clients: Clients, values: dict[str, str]) -> None:
    """Adds the parts of the APIs and of the table that the emulator leaves out."""
    if settings.emulator == "ministack":
        gaps.complete_table(clients, values["EVERGREEN_TABLE"])
    variables = {"PredictionApi": "API_ID", "StatusApi": "STATUS_API_ID", "ConsoleApi": "CONSOLE_API_ID"}
    apis = {api: values[f"EVERGREEN_{variable}"] for api, variable in variables.items()}
    for logical_id, api_id in apis.items():
        if settings.emulator == "ministack":
            gaps.complete_api(clients, settings.stack, logical_id, api_id, "v1")
        else:
            gaps.restore_stage(clients, api_id, "v1")


def run(settings: Settings, file: Path, parameters: dict[str, str]) -> None:
    """Runs `sam deploy` for the template in `file`; its output is in deploy.log."""
    command = ["deploy", "--config-env", settings.config, "--config-file", ROOT / "samconfig.toml"]
    command += ["--template-file", file, "--stack-name", settings.stack, "--region", settings.region]
    # A file needs no quotes for values, and a column's name may contain any character.
    written = settings.state / "parameters.yaml"
    written.write_text(yaml.safe_dump(parameters))
    command += ["--parameter-overrides", f"file://{written}"]
    with waiting(f"deployment of {settings.stack}"):
        sam(command, settings.state / "deploy.log", CREDENTIALS | {"AWS_ENDPOINT_URL": settings.endpoint})


def sam(command: list[Any], log: Path, extra: dict[str, str]) -> None:
    """Runs the SAM CLI with its output in `log`; a Failure shows the end of it."""
    _run([SAM / "sam", *command], log, extra | {"SAM_CLI_TELEMETRY": "0"})


def _run(command: list[Any], log: Path, extra: dict[str, str]) -> None:
    variables = os.environ | extra | {"PATH": f"{SAM}:{os.environ['PATH']}"}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise Failure(f"`{Path(command[0]).name} {command[1]}` failed; the end of {log}:\n{tail(log, 25)}")


def _prepared(settings: Settings, parameters: dict[str, str]) -> Path:
    """Writes a copy of the built template that the emulator accepts; returns its path."""
    copy = template.with_defaults(yaml.safe_load(BUILT_TEMPLATE.read_text()), parameters)
    if settings.emulator == "localstack":
        copy = template.for_localstack(copy)
    for name, resource in copy["Resources"].items():
        code = resource["Properties"].get("CodeUri")
        if code:
            resource["Properties"]["CodeUri"] = str(BUILT_TEMPLATE.parent / code)
        if code and settings.proxies:
            variables = resource["Properties"].setdefault("Environment", {}).setdefault("Variables", {})
            variables |= _endpoints(settings.proxies[name.removesuffix("Function").lower()])
    settings.state.mkdir(parents=True, exist_ok=True)
    file = settings.state / "template.yaml"
    file.write_text(yaml.safe_dump(copy, sort_keys=False))
    return file


def _endpoints(port: int) -> dict[str, str]:
    """Returns the variables that make a function call AWS at that port."""
    return {f"AWS_ENDPOINT_URL_{service}": f"http://127.0.0.1:{port}" for service in CALLED}


def _verify_sender(clients: Clients, sender: str) -> None:
    """Verifies the sender. In the cloud, a person does this once, by following the link in a mail."""
    clients.client("ses").verify_email_identity(EmailAddress=sender)
