"""Runs a program during other work: starts it in its own process group, and stops the whole group at the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .console import Failure, tail, until, waiting

# Environment variables that the program gets. All others would make its runs differ between machines.
INHERITED = ("PATH", "HOME", "LANG", "JAVA_HOME")


@contextmanager
def running(
    name: str,
    command: Sequence[str | Path],
    variables: Mapping[str, str],
    log: Path,
    answers: Callable[[], bool],
    seconds: float = 120,
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs `command` until the work inside is done. The work begins when `answers` returns true.

    Raises Failure, with the end of `log`, if the program ends early or is not ready in time.
    """
    inherited = {key: os.environ[key] for key in INHERITED if key in os.environ}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=inherited | dict(variables),
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # A plain `kill` ends the program in the same way as Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with waiting(name):
            until(lambda: _alive(process, name, log) and answers(), seconds, f"the first answer of {name}")
        yield process
    finally:
        _end(process)


def _alive(process: subprocess.Popen[bytes], name: str, log: Path) -> bool:
    if process.poll() is not None:
        raise Failure(f"{name} ended before it was ready; the end of {log}:\n{tail(log)}")
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Gives the program ten seconds to clean up, then kills the rest of its group."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
