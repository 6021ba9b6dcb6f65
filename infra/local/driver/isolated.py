"""Runs a separate stack: on a free port, with its own files, and always removed at the end."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from . import deploy, emulator
from .console import step
from .owntable import OwnTable
from .settings import ROOT, Settings


@contextmanager
def stack(
    config: str,
    name: str,
    table: OwnTable | None = None,
    given: Mapping[str, str] | None = None,
    proxies: Mapping[str, int] | None = None,
) -> Iterator[tuple[Settings, dict[str, str]]]:
    """Deploys a stack in target/local/`name`, for Iris or for `table`, with the parameters `given` over the section's.

    Yields its settings and variables. With `proxies`, each function calls AWS at its own port, and fails until somebody
    listens there.
    """
    model, given = (table.model, table.parameters) if table else (None, given or {})
    state, port = ROOT / "target/local" / name, emulator.free_port()
    settings = Settings(state, port, config, "ministack", model, given, proxies or {})
    step(f"Isolated stack {settings.stack} at {settings.endpoint}")
    emulator.stop(settings)  # an earlier run may have been killed before it could stop its emulator
    shutil.rmtree(settings.state, ignore_errors=True)
    # A plain `kill` ends the stack in the same way as Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        emulator.start(settings)
        yield settings, deploy.deploy(settings)
    finally:
        emulator.stop(settings)


def end_to_end_tests(arguments: list[str]) -> int:
    """Runs the tests of the deployed stack, or those that `arguments` select; returns their exit status."""
    if arguments:
        return _tests(arguments)
    # A rebuild restores what the journal says. Other tests change records by hand, so the upkeep has its own stack.
    return _tests(["--", "--skip", "upkeep::"]) or _tests(["--", "upkeep::"])


def _tests(arguments: list[str]) -> int:
    # The tests run a proxy between each function and the emulator, so that each test can inject faults.
    proxies = {function: emulator.free_port() for function in deploy.functions()}
    # The tests themselves receive the events that the webhook function sends.
    receiver = emulator.free_port()
    given = {"WebhookUrl": f"http://127.0.0.1:{receiver}/events"}
    with stack("test", "test", given=given, proxies=proxies) as (settings, values):
        step(f"Tests of the deployed stack (emulator's log: {settings.state}/emulator.log)")
        command = ["cargo", "test", "--workspace", "--locked", "--test", "stack", "--test", "registry", *arguments]
        listed = ",".join(f"{function}:{port}" for function, port in proxies.items())
        variables = os.environ | values | {"EVERGREEN_FAULT_PROXIES": listed, "EVERGREEN_WEBHOOK_PORT": str(receiver)}
        return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
