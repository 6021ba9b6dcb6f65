"""Trains Evergreen on one table, with default settings, and every other library on the same rows.

The losses of the libraries are stored. A later build of Evergreen with the same hold-out is compared with the stored
losses.
"""

import hashlib
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import peers
import tables

EVERGREEN = "Evergreen"
CONSTANT = "Constant"


@dataclass
class Contest:
    """The results on a table: each library's loss for each held-out row, and why a library failed."""

    table: tables.Table
    losses: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    family: str = ""
    # A hash of the held-out rows.
    holdout: str = ""
    # Seconds that FLAML had for its search.
    flaml_seconds: float = 0.0

    def loss(self, who: str) -> float:
        """Returns log loss or root mean squared error; smaller is better."""
        mean = float(np.mean(self.losses[who]))
        return mean if self.table.task == "classification" else float(np.sqrt(mean))

    def advantage(self, other: str) -> tuple[float, float]:
        """Returns by how much Evergreen's mean loss on the same rows is lower, and the standard error of that."""
        paired = np.subtract(self.losses[other], self.losses[EVERGREEN])
        return float(paired.mean()), float(paired.std(ddof=1) / np.sqrt(len(paired)))

    def take_over(self, name: str, kept: "Contest") -> bool:
        """Copies a library's result from an earlier contest, if rows and time are the same; returns whether it did."""
        same = self.holdout == kept.holdout and (name != "FLAML" or self.flaml_seconds == kept.flaml_seconds)
        if not same or name not in kept.seconds:
            return False
        self.seconds[name] = kept.seconds[name]
        if name in kept.losses:
            self.losses[name] = kept.losses[name]
        else:
            self.failed[name] = kept.failed[name]
        return True


@dataclass(frozen=True)
class Rules:
    """Which libraries are compared, and how many seconds Evergreen and FLAML may search."""

    binary: Path
    seconds: float
    flaml_seconds: float
    peers: list[str]


def hold(rules: Rules, folder: Path, table: tables.Table, kept: Contest | None = None) -> Contest:
    """Trains Evergreen on the table, and every library without a usable result in `kept`."""
    contest = Contest(table, flaml_seconds=rules.flaml_seconds)
    file = tables.path(folder, table)
    holdout = _evergreen(contest, rules.binary, file, rules.seconds)
    frame, target = peers.read(file, table)
    rows = peers.usable(target)
    frame, target = frame.iloc[rows].reset_index(drop=True), target.iloc[rows].reset_index(drop=True)
    if holdout is None:
        return contest
    places = {row: place for place, row in enumerate(rows)}
    holdout = [places[row] for row in holdout]
    contest.losses[CONSTANT] = peers.constant(target, holdout).tolist()
    contest.holdout = hashlib.sha256(json.dumps(holdout).encode()).hexdigest()[:16]
    for name in rules.peers:
        if kept is None or not contest.take_over(name, kept):
            _peer(contest, name, partial(peers.losses, name, frame, target, holdout, rules.flaml_seconds))
    return contest


def _peer(contest: Contest, name: str, losses: Callable[[], np.ndarray]) -> None:
    began = time.monotonic()
    try:
        contest.losses[name] = losses().tolist()
    # If one library fails, the others continue.
    except Exception as error:
        contest.failed[name] = f"{type(error).__name__}: {error}"[:200]
    contest.seconds[name] = time.monotonic() - began


def _evergreen(contest: Contest, binary: Path, file: Path, seconds: float) -> list[int] | None:
    """Trains with no setting except the target; returns the held-out rows by their places in the file."""
    command = [str(binary), str(file), "--target", contest.table.target, "--seconds", str(seconds)]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    contest.seconds[EVERGREEN] = time.monotonic() - began
    if done.returncode:
        contest.failed[EVERGREEN] = done.stderr.strip()
        return None
    said = json.loads(done.stdout)
    contest.family = said["family"]
    contest.losses[EVERGREEN] = said["losses"]
    return said["holdout"]


def write(contests: list[Contest], path: Path) -> None:
    """Stores the contests as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(contest) for contest in contests]) + "\n")


def load(path: Path) -> list[Contest]:
    """Reads the stored contests; returns an empty list if there is no file."""
    if not path.exists():
        return []
    return [Contest(**{**entry, "table": tables.Table(**entry["table"])}) for entry in json.loads(path.read_text())]
