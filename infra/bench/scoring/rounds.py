"""Measures the libraries of a case alternately, each in a separate process."""

import json
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .cases import TARGET, Case, Files

PEER = Path(__file__).with_name("peer.py")
MODES = ("one", "batch")
# Titles of the libraries that score the same artifact.
EVERGREEN, ONNX, ONNX_2 = "Evergreen", "ONNX Runtime", "ONNX Runtime, 2 threads"


class Contestant:
    """A process that scores on request."""

    def __init__(self, command: list[str]):
        self._command = command
        self._process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self._process.stdin or not self._process.stdout:
            raise RuntimeError("the process has no pipes, so it cannot get requests")
        self._to, self._from = self._process.stdin, self._process.stdout
        self.labels = json.loads(self._answer())
        self.seconds: dict[str, list[float]] = {mode: [] for mode in MODES}

    def play(self, mode: str) -> None:
        """Runs one round and records its seconds per row."""
        self._to.write(mode + "\n")
        self._to.flush()
        self.seconds[mode].append(float(self._answer()))

    def end(self) -> None:
        """Ends the process."""
        self._to.close()
        self._process.wait()

    def _answer(self) -> str:
        line = self._from.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command[:3])} ended with {self._process.wait()}")
        return line


def play(contestants: Collection[Contestant], rounds: int) -> None:
    """Lets the processes take turns in each round, and ends them."""
    for _ in range(rounds):
        for mode in MODES:
            for contestant in contestants:
                contestant.play(mode)
    for contestant in contestants:
        contestant.end()


@dataclass(frozen=True)
class Result:
    """Microseconds per row of a case: the median and the minimum of the rounds, for each mode and library."""

    case: Case
    nodes: int
    median: dict[str, dict[str, float]]
    least: dict[str, dict[str, float]]
    # Number of rows for which ONNX Runtime answers another class than Evergreen.
    differing: int


def measure(case: Case, files: Files, binary: Path, rounds: int) -> Result:
    """Trains, starts all processes, and runs their rounds alternately.

    So other load on the machine affects all of them.
    """
    train: list[str | Path] = [binary, "train", "--csv", files.csv, "--target", TARGET, "--artifact", files.artifact]
    trained = json.loads(subprocess.run(train, check=True, capture_output=True, text=True).stdout)
    table, rows, columns = str(files.csv), str(files.rows), str(files.columns)
    peer = [sys.executable, str(PEER)]
    onnx = [*peer, "onnx", str(files.artifact), rows, columns]
    commands = {
        EVERGREEN: [str(binary), "evergreen", "--artifact", str(files.artifact), "--rows", rows],
        "smartcore": [str(binary), "smartcore", "--csv", table, "--target", TARGET, "--rows", rows],
        ONNX: [*onnx, "1"],
        ONNX_2: [*onnx, "2"],
        "scikit-learn": [*peer, "scikit-learn", table, rows, columns],
    }
    contestants = {title: Contestant(command) for title, command in commands.items()}
    play(contestants.values(), rounds)
    ours, theirs = contestants[EVERGREEN].labels, [contestants[title].labels for title in (ONNX, ONNX_2)]
    differing = sum(len(set(labels)) > 1 for labels in zip(ours, *theirs, strict=True))
    middle, lowest = (
        {mode: {title: of(it.seconds[mode]) * 1e6 for title, it in contestants.items()} for mode in MODES}
        for of in (median, min)
    )
    return Result(case, trained["nodes"], middle, lowest, differing)
