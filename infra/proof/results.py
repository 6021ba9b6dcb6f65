"""Computes from the contests the values that the goals limit."""

from dataclasses import dataclass

import numpy as np
import peers
from contest import CONSTANT, EVERGREEN, Contest

# FLAML searches as long as Evergreen, so it is compared separately, not as one of the libraries.
LIBRARIES = [name for name in peers.PEERS if name != "FLAML"]
SIX = [EVERGREEN, *LIBRARIES]


@dataclass(frozen=True)
class Against:
    """On how many tables Evergreen is better or worse than a library by more than one standard error, or neither."""

    wins: int
    losses: int
    ties: int


def taking_part(contests: list[Contest]) -> list[str]:
    """Returns the libraries that were asked to train."""
    return [name for name in peers.PEERS if any(name in contest.seconds for contest in contests)]


def trained(contests: list[Contest]) -> int:
    """Returns the number of tables on which Evergreen trained successfully."""
    return sum(EVERGREEN in contest.losses for contest in contests)


def of_task(contests: list[Contest], task: str) -> list[Contest]:
    """Returns the contests of a task in which Evergreen trained successfully."""
    return [contest for contest in contests if contest.table.task == task and EVERGREEN in contest.losses]


def mean_ranks(contests: list[Contest]) -> dict[str, float]:
    """Returns the mean rank of each of the six; 1 is best. A failure ranks last, and equal values share their ranks."""
    ranks: dict[str, list[float]] = {name: [] for name in SIX}
    for contest in contests:
        losses = {name: contest.loss(name) if name in contest.losses else np.inf for name in SIX}
        for name, own in losses.items():
            better = sum(other < own for other in losses.values())
            equal = sum(other == own for other in losses.values())
            ranks[name].append(better + (equal + 1) / 2)
    return {name: float(np.mean(values)) for name, values in ranks.items()}


def against(contests: list[Contest], peer: str) -> Against:
    """Counts wins and losses against a library on the tables on which it was asked to train.

    A failed library has lost.
    """
    wins = losses = ties = 0
    for contest in (contest for contest in contests if peer in contest.seconds):
        advantage, error = contest.advantage(peer) if peer in contest.losses else (1.0, 0.0)
        wins += advantage > error
        losses += advantage < -error
        ties += abs(advantage) <= error
    return Against(wins, losses, ties)


def median_gap(contests: list[Contest]) -> float:
    """Returns the median of `gap` over the contests."""
    return float(np.median([gap(contest) for contest in contests]))


def gap(contest: Contest) -> float:
    """Returns how much Evergreen's loss exceeds that of the best of the five libraries, as a share of it.

    A negative value means that Evergreen is better.
    """
    best = min(contest.loss(name) for name in LIBRARIES if name in contest.losses)
    return contest.loss(EVERGREEN) / best - 1 if best > 0 else 0.0


def worse_than_constant(contests: list[Contest]) -> list[str]:
    """Returns the tables on which the constant answer is better by more than one standard error."""
    return [contest.table.name for contest in contests if _is_worse(contest)]


def _is_worse(contest: Contest) -> bool:
    advantage, error = contest.advantage(CONSTANT)
    return advantage < -error
