"""One table: Evergreen trains on it as a user would, and every peer on the same rows.

What a peer lost is kept: a later build of Evergreen that holds out the same rows is compared with it as it is.
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
    """What came of a table: the loss of each held-out row, by who answered. `failed` says why the others did not."""

    table: tables.Table
    losses: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    family: str = ""
    # Tells which rows were held out.
    holdout: str = ""
    # Seconds that FLAML had.
    flaml_seconds: float = 0.0

    def figure(self, who: str) -> float:
        """Log loss, or root mean squared error: the smaller, the better."""
        mean = float(np.mean(self.losses[who]))
        return mean if self.table.task == "classification" else float(np.sqrt(mean))

    def advantage(self, other: str) -> tuple[float, float]:
        """By how much Evergreen's mean loss is below that of another on the same rows, and the standard error of that."""
        paired = np.subtract(self.losses[other], self.losses[EVERGREEN])
        return float(paired.mean()), float(paired.std(ddof=1) / np.sqrt(len(paired)))

    def take_over(self, name: str, kept: "Contest") -> bool:
        """Takes over what a peer came to in an earlier contest, if it had the same rows and the same time."""
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
    """Who takes part beside Evergreen, and how many seconds those have that search."""

    binary: Path
    seconds: float
    flaml_seconds: float
    peers: list[str]


def hold(rules: Rules, folder: Path, table: tables.Table, kept: Contest | None = None) -> Contest:
    """Has Evergreen train on the table, and every peer of which nothing is `kept` that still holds."""
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
    # Whatever a library stumbles over, the others go on.
    except Exception as error:
        contest.failed[name] = f"{type(error).__name__}: {error}"[:200]
    contest.seconds[name] = time.monotonic() - began


def _evergreen(contest: Contest, binary: Path, file: Path, seconds: float) -> list[int] | None:
    """Trains without any setting but the target; returns the rows of the file that are held out."""
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
    """Keeps the contests for programs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(contest) for contest in contests]) + "\n")


def load(path: Path) -> list[Contest]:
    """The contests that were kept; none where there is no file."""
    if not path.exists():
        return []
    return [Contest(**{**entry, "table": tables.Table(**entry["table"])}) for entry in json.loads(path.read_text())]
