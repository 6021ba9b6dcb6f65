"""A program that runs while something else is done: started in a process group of its own, ended with all of the group."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .console import Failure, tail, until, waiting

# What a program may know of this environment. Everything else would make its runs differ from machine to machine.
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
    """Runs `command` until the work inside is done. It begins when `answers` says that the program is ready.

    Raises Failure, with the end of `log`, when the program ends early or is not ready in time.
    """
    inherited = {key: os.environ[key] for key in INHERITED if key in os.environ}
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            env=inherited | dict(variables),
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # A plain `kill` ends the program as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with waiting(name):
            until(lambda: _alive(process, name, log) and answers(), seconds, f"the first answer of {name}")
        yield process
    finally:
        _end(process)


def _alive(process: subprocess.Popen[bytes], name: str, log: Path) -> bool:
    if process.poll() is not None:
        raise Failure(f"{name} ended early; the end of {log}:\n{tail(log)}")
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Lets the program tidy up for ten seconds, then ends whatever is left of its group."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
