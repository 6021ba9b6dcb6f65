"""Runs the repetitions of a case alternately (Evergreen, a peer, the next, Evergreen …) and computes their medians."""

import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev

from . import data, fits
from .cases import Case
from .fits import Fit

# Minimum seconds to measure other load: the system counts processor time in hundredths of a second.
LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Side:
    """The repetitions of a case by one library."""

    fits: list[Fit]

    def middle(self, name: str) -> float | None:
        """Returns the median of a value that the processes printed.

        Returns None if a value is missing, or no process finished in time.
        """
        values = [fit.said.get(name) for fit in self.fits if fit.said]
        known = [value for value in values if value is not None]
        return median(known) if known and len(known) == len(values) else None

    def all(self, name: str) -> list[float]:
        """Returns the value of each repetition, in the order in which they ran."""
        return [fit.said[name] for fit in self.fits if fit.said and name in fit.said]

    def seconds(self) -> float:
        """Returns the median duration of the whole process: reading, fitting, scoring."""
        return median(fit.seconds for fit in self.fits)

    def others(self) -> float:
        """Returns the average number of cores that other processes used; 0 if the time was too short to measure it."""
        seconds = sum(fit.seconds for fit in self.fits)
        return sum(fit.others_seconds for fit in self.fits) / seconds if seconds > LEAST_SECONDS else 0.0

    def peak_bytes(self) -> int:
        """Returns the maximum resident memory of all repetitions."""
        return max(fit.peak_bytes for fit in self.fits)


@dataclass(frozen=True)
class Difference:
    """Evergreen's value minus a peer's, as a share of the peer's: mean and standard error over the repetitions."""

    mean: float
    error: float


@dataclass(frozen=True)
class Result:
    """All sides of a case; `evergreen` is None if there is no binary."""

    case: Case
    evergreen: Side | None
    peers: dict[str, Side]

    def sides(self) -> list[Side]:
        """Returns Evergreen's side, if it was measured, and the peers' sides."""
        return [side for side in (self.evergreen, *self.peers.values()) if side]

    def ratio(self, name: str, peer: str) -> float | None:
        """Returns the ratio of Evergreen's value to the peer's.

        It is the ratio of the medians, or the mean of each table's ratio if each repetition has its own table.
        """
        if self.case.fresh:
            difference = self.difference(name, peer)
            return difference.mean + 1.0 if difference else None
        ours = self.evergreen.middle(name) if self.evergreen else None
        theirs = self.peers[peer].middle(name)
        return ours / theirs if ours is not None and theirs else None

    def difference(self, name: str, peer: str) -> Difference | None:
        """Compares table by table, if each repetition has its own table and all repetitions finished."""
        if not self.case.fresh or not self.evergreen:
            return None
        ours, theirs = self.evergreen.all(name), self.peers[peer].all(name)
        if len(ours) != len(theirs) or len(ours) < 2:
            return None
        differences = [our / their - 1.0 for our, their in zip(ours, theirs)]
        return Difference(mean(differences), stdev(differences) / len(differences) ** 0.5)


def measure(case: Case, binary: Path | None, folder: Path, repeat: int | None) -> Result:
    """Runs a case. The sides alternate, so that other load on the machine does not affect only one of them."""
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
    """Prints progress to standard error, because the table goes to standard output."""
    print(f"    {text}", file=sys.stderr, flush=True)
