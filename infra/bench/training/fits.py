"""Runs one fit in a separate process, with a time limit, and measures it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import machine
from .cases import Case
from .data import TARGET, Files

PEER = Path(__file__).with_name("peer.py")


class Broken(Exception):
    """A fit failed, so nothing can be compared."""


@dataclass(frozen=True)
class Fit:
    """The output and the resources of one process. `said` is None if the time limit stopped it."""

    said: dict[str, Any] | None
    # From the start to the end of the process, reading included.
    seconds: float
    cpu_seconds: float
    # Maximum resident memory.
    peak_bytes: int
    # Processor seconds of other processes during the fit.
    others_seconds: float


def evergreen(case: Case, files: Files, binary: Path) -> Fit:
    """Runs Evergreen's fit, from the CSV files."""
    settings = [word for name, value in case.parameters.items() for word in ("--set", f"{name}={value}")]
    parts = ["--train", str(files.csv("train")), "--test", str(files.csv("test")), "--target", TARGET]
    return _run([str(binary), *parts, "--family", case.family, *settings], case.limit)


def peer(name: str, case: Case, files: Files) -> Fit:
    """Runs a peer's fit, from arrays: its reading is not compared."""
    work = {
        "peer": name,
        "family": case.family,
        "parameters": case.parameters,
        "threads": machine.THREADS,
        "train": str(files.arrays("train")),
        "test": str(files.arrays("test")),
    }
    return _run([sys.executable, str(PEER), json.dumps(work)], case.limit)


def _run(command: list[str], limit: float) -> Fit:
    """Runs the command until it ends or reaches the limit. `wait4` reports the resources of this child alone."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began, busy = time.monotonic(), machine.busy_seconds()
        child = subprocess.Popen(command, stdout=output, stderr=errors, env=machine.environment())
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(limit, end)
        timer.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        finally:
            timer.cancel()
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        said = None if late.is_set() else _answer(command, child.returncode, _text(output), _text(errors))
    used = usage.ru_utime + usage.ru_stime
    # The system's value includes this parent process, from which the child started. The value of the child itself does
    # not.
    peak = (said or {}).get("peak_rss_bytes") or usage.ru_maxrss * machine.RSS_UNIT
    now = machine.busy_seconds()
    others = 0.0 if busy is None or now is None else max(0.0, now - busy - used)
    return Fit(said, seconds, used, peak, others)


def _answer(command: list[str], code: int, output: str, errors: str) -> dict[str, Any]:
    """Returns the JSON object that the process printed."""
    if code != 0:
        raise Broken(f"{Path(command[0]).name} ended with {code}:\n{errors.strip()[-2000:] or output[-2000:]}")
    try:
        return json.loads(output)
    except ValueError as error:
        raise Broken(f"{Path(command[0]).name} printed a text that is not JSON ({error}): {output[:500]!r}") from error


def _text(file: Any) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
