"""Calls the prediction API of a separate stack with the clients of MLflow, Triton and SageMaker, and with a browser."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from . import deploy, emulator, isolated, training
from .console import Failure, step
from .environment import Clients
from .settings import ROOT

PROGRAM = ROOT / "infra/clients"
PYTHON = ROOT / ".venv/clients/bin/python"
# The browser is driven by the same packages as in the tests of the pages.
BROWSER = ROOT / ".venv/browser/bin/python"


def tests(arguments: list[str]) -> int:
    """Runs the tests, or those that `arguments` select; returns their exit status."""
    step("Building the command line")
    subprocess.run([*deploy.BUILD, "--quiet"], cwd=ROOT, check=True)
    port = emulator.free_port()
    given = {"CorsOrigin": f"http://127.0.0.1:{port}", "ThrottleRate": "1000", "ThrottleBurst": "1000"}
    with isolated.stack("test", "clients", given=given) as (settings, values):
        event = {"id": "clients", "seed": 42, "hyperparameters": {"n_estimators": 60}}
        training.invoke(Clients(values), values["EVERGREEN_TRAIN_FUNCTION"], event)
        with _proxy(values) as address:
            step(f"Real clients (emulator's log: {settings.state}/emulator.log)")
            variables = os.environ | values | {"EVERGREEN_PROXY": address, "EVERGREEN_PAGE_PORT": str(port)}
            ended = [
                subprocess.run([python, program, *words], cwd=ROOT, env=variables, check=False).returncode
                for python, program, words in ((PYTHON, PROGRAM, arguments), (BROWSER, PROGRAM / "page.py", []))
            ]
    return max(ended)


@contextmanager
def _proxy(values: dict[str, str]) -> Iterator[str]:
    """Runs `evergreen proxy` for the stack; yields its host and port."""
    program = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug/evergreen"
    command = [str(program), "proxy", "--port", "0"]
    with subprocess.Popen(command, env=os.environ | values, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("http://"):
                raise Failure(f"`evergreen proxy` did not start: {line.strip() or 'it printed nothing'}")
            yield line.split()[0].removeprefix("http://")
        finally:
            process.terminate()
