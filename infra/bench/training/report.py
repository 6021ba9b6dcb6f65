"""Formats the results as a table and as JSON."""

from typing import Any

from entry import entry

from .cases import BOOSTING_PEERS
from .rounds import Result, Side

GIGABYTE = 1024**3
# Number of cores used by other processes from which the report warns.
DISTURBED = 0.2
HEADINGS = ("", "Evergreen", *BOOSTING_PEERS, "goal")
METRICS = (
    ("fit, s", "fit_seconds", "time", 3),
    ("hold-out log loss", "log_loss", "log_loss", 4),
    ("hold-out accuracy", "accuracy", None, 4),
)


def text(start: dict[str, Any], results: list[Result]) -> str:
    """Returns the machine, then a block of lines for each case."""
    lines: list[tuple[str, ...]] = [HEADINGS]
    for result in results:
        lines += [(heading(result),), *rows(result)]
    widths = [max(len(line[column]) for line in lines if len(line) > column > 0) for column in range(1, len(HEADINGS))]
    widths.insert(0, max(len(line[0]) for line in lines if len(line) > 1))
    body = ["  ".join(_cells(line, widths)).rstrip() for line in lines]
    return "\n".join(["", machine_line(start), "", *body, "", *notes(), *doubts(results)])


def machine_line(start: dict[str, Any]) -> str:
    """Returns the machine and the versions of the peers."""
    gigabytes = start["memory_bytes"] / GIGABYTE
    peers = ", ".join(f"{peer} {version}" for peer, version in start["peers"].items())
    return (
        f"{start['processor']}, {start['cores']} cores, {gigabytes:.0f} GB, {start['system']}; "
        f"{start['threads']} threads; {peers}"
    )


def doubts(results: list[Result]) -> list[str]:
    """Returns a warning if other processes were busy.

    They slow down threads that wait for each other more than single threads.
    """
    others = max((side.others() for result in results for side in result.sides()), default=0.0)
    if others < DISTURBED:
        return []
    return [f"*** Other processes used up to {others:.1f} cores: the seconds and the ratios of time are not reliable."]


def heading(result: Result) -> str:
    """Returns the case, its number of rows, and how often it ran."""
    first = next(iter(result.peers.values()))
    rows_, times = first.middle("rows"), len(first.fits)
    fitted = f"{int(rows_):,} rows to train" if rows_ else "not finished"
    each = " tables" if result.case.fresh else ""
    return f"{result.case.title} ({fitted}, {f'median of {times}{each}' if times > 1 else 'once'})"


def rows(result: Result) -> list[tuple[str, ...]]:
    """Returns a case's lines: the values that the processes printed, then time and memory of the processes."""
    goals = result.case.goals
    lines: list[tuple[str, ...]] = []
    for title, name, goal, digits in METRICS:
        limit = getattr(goals, goal) if goal else None
        values = (_beside(result, peer, name, digits) for peer in BOOSTING_PEERS)
        ours = _number(_middle(result.evergreen, name), digits)
        lines.append((f"  {title}", ours, *values, _at_most(limit, "ratio ")))
    if any(result.difference("log_loss", peer) for peer in result.peers):
        differences = (_difference(result, peer) for peer in BOOSTING_PEERS)
        lines.append(("  Evergreen's log loss, more by", "", *differences, ""))
    lines.append(("  reading, s", *(_number(_middle(side, "read_seconds"), 3) for side in _all(result)), ""))
    whole = _at_most(goals.seconds, unit=" s", digits=0)
    lines.append(("  whole process, s", *(_whole(side, result) for side in _all(result)), whole))
    peaks = (f"{side.peak_bytes() / GIGABYTE:.2f}" if side else "-" for side in _all(result))
    lines.append(("  peak memory, GB", *peaks, _at_most(goals.gigabytes, unit=" GB", digits=0)))
    return lines


def notes() -> list[str]:
    """Returns how to read the table."""
    return [
        "Fit: from rows in memory to a fitted model. In brackets: Evergreen's value divided by that one.",
        "If each repetition has its own table, brackets contain the mean of the tables' ratios, and the difference of",
        "the log losses has its standard error beside it. The losses of one table differ by about 1 % by chance.",
        "Each fit is a separate process, and Evergreen and the peers alternate.",
        "Evergreen reads CSV, the others arrays: reading is not compared.",
        "Goals are for comparison. A missed goal is not a failure.",
    ]


def record(start: dict[str, Any], results: list[Result]) -> dict[str, Any]:
    """Returns the same as JSON, and as rows for the report of all benchmarks."""
    cases = [_case(result) for result in results]
    return {"machine": start, "cases": cases, "rows": [row for result in results for row in _summary(result)]}


def _summary(result: Result) -> list[dict[str, Any]]:
    """Returns fit seconds and log loss of a case beside the peers.

    A goal is a ratio to every peer, so it is multiplied with the lowest peer's value.
    """
    goals, lines = result.case.goals, []
    for title, name, ratio in (("fit", "fit_seconds", goals.time), ("log loss", "log_loss", goals.log_loss)):
        value = _middle(result.evergreen, name)
        found = {peer: side.middle(name) for peer, side in result.peers.items()}
        peers = {peer: known for peer, known in found.items() if known is not None}
        if value is None:
            continue
        goal = {"at_most": ratio * min(peers.values())} if ratio and peers else None
        unit = "s" if name == "fit_seconds" else ""
        lines.append(entry("training", f"{result.case.name}, {title}", unit, value, goal, peers))
    return lines


def _case(result: Result) -> dict[str, Any]:
    case = result.case
    return {
        "name": case.name,
        "family": case.family,
        "parameters": case.parameters,
        "tables": len(next(iter(result.peers.values())).fits) if case.fresh else 1,
        "goals": {name: value for name, value in vars(case.goals).items() if value is not None},
        "evergreen": _side(result.evergreen) if result.evergreen else None,
        "peers": {peer: _side(side) | _compared(result, peer) for peer, side in result.peers.items()},
    }


def _compared(result: Result, peer: str) -> dict[str, Any]:
    """Returns the ratios of Evergreen's values to the peer's.

    With several tables it also returns the difference of the log losses.
    """
    ratios = {name: result.ratio(name, peer) for _, name, _, _ in METRICS}
    difference = result.difference("log_loss", peer)
    said: dict[str, Any] = {"ratios": {name: ratio for name, ratio in ratios.items() if ratio is not None}}
    return said | ({"log_loss_difference": vars(difference)} if difference else {})


def _side(side: Side) -> dict[str, Any]:
    names = ("rows", "columns", "read_seconds", "fit_seconds", "predict_seconds", "accuracy", "log_loss")
    medians = {name: side.middle(name) for name in names}
    return {
        **{name: value for name, value in medians.items() if value is not None},
        "fit_seconds_each": side.all("fit_seconds"),
        "log_loss_each": side.all("log_loss"),
        "process_seconds": side.seconds(),
        "cpu_seconds_each": [fit.cpu_seconds for fit in side.fits],
        "peak_bytes": side.peak_bytes(),
        "cores_busy_with_others": round(side.others(), 2),
        "finished": all(fit.said is not None for fit in side.fits),
    }


def _all(result: Result) -> list[Side | None]:
    """Returns all sides in the order of the headings; None for a side that was not measured."""
    return [result.evergreen, *(result.peers.get(peer) for peer in BOOSTING_PEERS)]


def _middle(side: Side | None, name: str) -> float | None:
    return side.middle(name) if side else None


def _beside(result: Result, peer: str, name: str, digits: int) -> str:
    """Returns a peer's value, and the ratio of Evergreen's value to it."""
    side = result.peers.get(peer)
    if side is None:
        return "-"
    ratio = result.ratio(name, peer)
    return _number(side.middle(name), digits) + (f" ({ratio:.3f})" if ratio is not None else "")


def _difference(result: Result, peer: str) -> str:
    difference = result.difference("log_loss", peer) if peer in result.peers else None
    return f"{difference.mean:+.2%} ± {difference.error:.2%}" if difference else "-"


def _whole(side: Side | None, result: Result) -> str:
    if side is None:
        return "-"
    finished = all(fit.said is not None for fit in side.fits)
    return f"{side.seconds():.2f}" if finished else f"over {result.case.limit:.0f}"


def _at_most(limit: float | None, before: str = "", unit: str = "", digits: int = 3) -> str:
    return "" if limit is None else f"{before}≤ {limit:.{digits}f}{unit}"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _cells(line: tuple[str, ...], widths: list[int]) -> list[str]:
    """Aligns names to the left and values to the right; a heading has its own line."""
    if len(line) == 1:
        return [line[0]]
    return [line[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(line[1:], widths[1:]))]
