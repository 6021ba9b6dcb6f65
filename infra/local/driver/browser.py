"""Runs the tests of the console's pages in a real browser, on a separate stack with several versions."""

import os
import subprocess

from . import environment, isolated
from .console import say, step, waiting
from .environment import Clients
from .settings import ROOT
from .training import invoke

PROGRAM = ROOT / "infra/browser"
PYTHON = ROOT / ".venv/browser/bin/python"

# Versions to compare. The gate refuses the last ones, which are worse than the champion.
TRAININGS = (
    {"note": "the best that the search finds"},
    {"note": "ten trees", "hyperparameters": {"n_estimators": 10, "max_depth": 5}},
    {"note": "another family", "family": "linear", "seed": 3},
    {"note": "too few trees", "hyperparameters": {"n_estimators": 1, "max_depth": 1}, "seed": 4},
    {"note": "two trees", "hyperparameters": {"n_estimators": 2, "max_depth": 2}, "seed": 5},
)


def tests(arguments: list[str]) -> int:
    """Runs the tests, or those that `arguments` select; returns their exit status.

    Without a browser on this machine it only warns, unless the variable BROWSER is `required`.
    """
    if subprocess.run([PYTHON, PROGRAM, "--check"], cwd=ROOT, check=False).returncode:
        return 1 if os.environ.get("BROWSER") == "required" else 0
    with isolated.stack("test", "browser") as (settings, values):
        step("Training versions to compare")
        _train(Clients(environment.read(settings.environment_file)), values)
        step(f"Tests of the pages in Chromium (emulator's log: {settings.state}/emulator.log)")
        command = [str(PYTHON), str(PROGRAM), *arguments]
        return subprocess.run(command, cwd=ROOT, env=os.environ | values, check=False).returncode


def _train(clients: Clients, values: dict[str, str]) -> None:
    for event in TRAININGS:
        with waiting("training"):
            run = invoke(clients, values["EVERGREEN_TRAIN_FUNCTION"], event)
        say(f"{run['run_id']}: {run['status']}, version {run['version']}: {run.get('reason') or ''}")
