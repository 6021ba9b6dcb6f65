"""A case's repetitions, all in turn (Evergreen, a peer, the next, Evergreen …), and what stands in the middle of them."""

import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev

from . import data, fits
from .cases import Case
from .fits import Fit

# The system counts processor time in hundredths of a second.
LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Side:
    """One side's repetitions of a case."""

    fits: list[Fit]

    def middle(self, name: str) -> float | None:
        """The median of a figure that the processes printed; None where it is missing, or none came in time."""
        values = [fit.said.get(name) for fit in self.fits if fit.said]
        known = [value for value in values if value is not None]
        return median(known) if known and len(known) == len(values) else None

    def all(self, name: str) -> list[float]:
        """Every repetition's figure, in the order in which they ran."""
        return [fit.said[name] for fit in self.fits if fit.said and name in fit.said]

    def seconds(self) -> float:
        """The median of the whole process: reading, fitting, scoring."""
        return median(fit.seconds for fit in self.fits)

    def others(self) -> float:
        """Cores that other processes kept busy meanwhile, on average; 0 where it was too short to tell."""
        seconds = sum(fit.seconds for fit in self.fits)
        return sum(fit.others_seconds for fit in self.fits) / seconds if seconds > LEAST_SECONDS else 0.0

    def peak_bytes(self) -> int:
        """The most that any repetition had resident."""
        return max(fit.peak_bytes for fit in self.fits)


@dataclass(frozen=True)
class Difference:
    """By how much of a peer's figure Evergreen's is larger: the mean over the repetitions, and its standard error."""

    mean: float
    error: float


@dataclass(frozen=True)
class Result:
    """All sides of a case; `evergreen` is None where there is no binary."""

    case: Case
    evergreen: Side | None
    peers: dict[str, Side]

    def sides(self) -> list[Side]:
        """Evergreen's, where it was measured, and the peers'."""
        return [side for side in (self.evergreen, *self.peers.values()) if side]

    def ratio(self, name: str, peer: str) -> float | None:
        """Evergreen's figure by the peer's: of medians, or of tables of their own the mean of each table's ratio."""
        if self.case.fresh:
            difference = self.difference(name, peer)
            return difference.mean + 1.0 if difference else None
        ours = self.evergreen.middle(name) if self.evergreen else None
        theirs = self.peers[peer].middle(name)
        return ours / theirs if ours is not None and theirs else None

    def difference(self, name: str, peer: str) -> Difference | None:
        """Table by table, where each repetition has its own and all came to an end."""
        if not self.case.fresh or not self.evergreen:
            return None
        ours, theirs = self.evergreen.all(name), self.peers[peer].all(name)
        if len(ours) != len(theirs) or len(ours) < 2:
            return None
        differences = [our / their - 1.0 for our, their in zip(ours, theirs)]
        return Difference(mean(differences), stdev(differences) / len(differences) ** 0.5)


def measure(case: Case, binary: Path | None, folder: Path, repeat: int | None) -> Result:
    """Runs a case. Turns keep what else the machine does from falling on one side alone."""
    ours: list[Fit] = []
    theirs: dict[str, list[Fit]] = {peer: [] for peer in case.peers}
    times = repeat or case.repeat
    for turn in range(1, times + 1):
        _say(f"{case.title}: data, {turn} of {times}")
        files = data.prepare(case.table, folder, data.SEED + (turn - 1 if case.fresh else 0))
        if binary:
            _say(f"{case.title}: Evergreen, {turn} of {times}")
            ours.append(fits.evergreen(case, files, binary))
        for peer, done in theirs.items():
            _say(f"{case.title}: {peer}, {turn} of {times}")
            done.append(fits.peer(peer, case, files))
    return Result(case, Side(ours) if binary else None, {peer: Side(done) for peer, done in theirs.items()})


def _say(text: str) -> None:
    """Progress goes beside the table, not into it."""
    print(f"    {text}", file=sys.stderr, flush=True)
