"""Builds for an AWS account and deploys to it: `make deploy`."""

import os
import subprocess

from .console import Failure
from .settings import ROOT, SAM, code_version, overrides


def deploy(config: str, given: list[str], words: list[str]) -> None:
    """Builds and deploys with the parameters of the section `config`, overridden by those of `given` (NAME=VALUE).

    Parameters on the SAM CLI's command line replace a section's whole list, so this function merges the two. It adds
    the code's version unless one of them sets it. `words` are passed to `sam deploy`, which may ask for confirmation.
    """
    if wrong := [pair for pair in given if "=" not in pair]:
        raise Failure(f"PARAMETERS: {wrong[0]} is not of the form NAME=VALUE")
    parameters = {"CodeVersion": code_version()} | overrides(config) | dict(pair.split("=", 1) for pair in given)
    # The SAM CLI splits values at spaces, so they are quoted.
    merged = [f'{name}="{value}"' for name, value in parameters.items()]
    common = ["--config-env", config, "--parameter-overrides", *merged]
    # A build needs any Region. A deployment uses the Region of the shell or of the profile.
    _sam(["build", *common], {"AWS_DEFAULT_REGION": "us-east-1"})
    _sam(["deploy", *words, *common], {})


def _sam(command: list[str], extra: dict[str, str]) -> None:
    # The SAM CLI finds cargo-lambda and zig in PATH.
    variables = os.environ | extra | {"PATH": f"{SAM}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run([SAM / "sam", *command], cwd=ROOT, env=variables, check=False)
    if done.returncode:
        raise Failure(f"`sam {command[0]}` failed; its output above says why")
