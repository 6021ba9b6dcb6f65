"""A stack of one's own: on a free port, with its own files, gone afterwards whatever happens."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

from . import deploy, emulator
from .console import step
from .owntable import OwnTable
from .settings import ROOT, Settings


@contextmanager
def stack(config: str, name: str, table: OwnTable | None = None, proxy: int | None = None):
    """A deployed stack in target/local/`name`, for Iris or for `table`; yields its settings and variables.

    With `proxy` the functions call AWS through that port, and fail until somebody listens there.
    """
    own = {"model": table.model, "given": table.parameters} if table else {}
    settings = Settings(ROOT / "target/local" / name, emulator.free_port(), config, "ministack", proxy=proxy, **own)
    step(f"Isolated stack {settings.stack} at {settings.endpoint}")
    emulator.stop(settings)  # one that an earlier run was killed before it could end
    shutil.rmtree(settings.state, ignore_errors=True)
    # A plain `kill` ends the stack as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        emulator.start(settings)
        yield settings, deploy.deploy(settings)
    finally:
        emulator.stop(settings)


def end_to_end_tests(arguments: list[str]) -> int:
    """Runs the tests of the deployed stack, or those that `arguments` pick; returns their exit status."""
    proxy = emulator.free_port()
    with stack("test", "test", proxy=proxy) as (settings, values):
        step(f"Tests of the deployed stack (emulator's words: {settings.state}/emulator.log)")
        command = ["cargo", "test", "--package", "evergreen-tests", "--locked", *arguments]
        # The tests play the proxy, so that each can say what is to go wrong.
        variables = os.environ | values | {"EVERGREEN_FAULT_PROXY": f"127.0.0.1:{proxy}"}
        return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
