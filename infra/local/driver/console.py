"""Prints steps, facts and failures as plain lines."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Failure(Exception):
    """A problem that the reader of the message can solve; shown without a traceback."""


def step(text: str) -> None:
    """Prints the heading of a step."""
    print(f"\n==> {text}", flush=True)


def say(text: str) -> None:
    """Prints a fact of the current step."""
    print(f"    {text}", flush=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints rows below their headings, in columns."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        say("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def warn(text: str) -> None:
    """Prints a warning to standard error."""
    print(f"\n*** {text}\n", file=sys.stderr, flush=True)


@contextmanager
def waiting(text: str, every: float = 10.0) -> Iterator[None]:
    """Prints every few seconds that the work inside continues, and at its end how long it took."""
    began = time.monotonic()
    done = threading.Event()

    def tick() -> None:
        while not done.wait(every):
            say(f"{text}: {time.monotonic() - began:.0f} s so far")

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    say(f"{text}: {time.monotonic() - began:.1f} s")


def until(probe: Callable[[], Any], seconds: float, what: str, every: float = 0.25) -> Any:
    """Calls `probe` until its answer is true, and returns that answer; raises Failure with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failure(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(every)


def tail(path: Path, lines: int = 15) -> str:
    """Returns the last lines of a log, for the message of a failure."""
    if not path.exists():
        return "(no log)"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
