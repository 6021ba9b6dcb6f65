"""Building for an account of AWS and deploying to it: `make deploy`."""

import os
import subprocess

from .console import Failure
from .settings import ROOT, SAM, code_version, overrides


def deploy(config: str, given: list[str], words: list[str]) -> None:
    """Builds and deploys with the parameters of the section `config`, those of `given` (NAME=VALUE) over them.

    Parameters on the SAM CLI's command line replace a section's list as a whole, so the two are merged here. The code's
    version is added unless one of them says it. `words` go to `sam deploy` as they are; it may ask for confirmation.
    """
    if wrong := [pair for pair in given if "=" not in pair]:
        raise Failure(f"expected NAME=VALUE, got {wrong[0]}")
    parameters = {"CodeVersion": code_version()} | overrides(config) | dict(pair.split("=", 1) for pair in given)
    # Quoted for the SAM CLI, which splits values at spaces.
    merged = [f'{name}="{value}"' for name, value in parameters.items()]
    common = ["--config-env", config, "--parameter-overrides", *merged]
    # A build needs a Region though none matters to it; a deployment takes the one of the shell or of the profile.
    _sam(["build", *common], {"AWS_DEFAULT_REGION": "us-east-1"})
    _sam(["deploy", *words, *common], {})


def _sam(command: list[str], extra: dict[str, str]) -> None:
    # It finds cargo-lambda and zig on the path.
    variables = os.environ | extra | {"PATH": f"{SAM}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run([SAM / "sam", *command], cwd=ROOT, env=variables, check=False)
    if done.returncode:
        raise Failure(f"`sam {command[0]}` failed")
