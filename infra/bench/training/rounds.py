"""A case's repetitions, in turn (ours, theirs, ours, theirs …), and what stands in the middle of them."""

import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

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
class Result:
    """Both sides of a case; `evergreen` is None where there is no binary."""

    case: Case
    evergreen: Side | None
    scikit_learn: Side


def measure(case: Case, binary: Path | None, folder: Path, repeat: int | None) -> Result:
    """Runs a case. Turns keep what else the machine does from falling on one side alone."""
    _say(f"{case.title}: data")
    files = data.prepare(case.table, folder)
    ours, theirs = [], []
    times = repeat or case.repeat
    for turn in range(1, times + 1):
        if binary:
            _say(f"{case.title}: Evergreen, {turn} of {times}")
            ours.append(fits.evergreen(case, files, binary))
        _say(f"{case.title}: scikit-learn, {turn} of {times}")
        theirs.append(fits.scikit_learn(case, files))
    return Result(case, Side(ours) if binary else None, Side(theirs))


def _say(text: str) -> None:
    """Progress goes beside the table, not into it."""
    print(f"    {text}", file=sys.stderr, flush=True)
