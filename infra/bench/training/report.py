"""The figures as a table for people and as JSON for programs."""

from .cases import Case
from .rounds import Result, Side

GIGABYTE = 1024**3
# Cores busy with something else, from which on figures are doubted.
DISTURBED = 0.2
HEADINGS = ("", "Evergreen", "scikit-learn", "ratio", "goal")
FIGURES = (
    ("fit, s", "fit_seconds", "time", 3),
    ("hold-out log loss", "log_loss", "log_loss", 4),
    ("hold-out accuracy", "accuracy", None, 4),
)


def text(start: dict, results: list[Result]) -> str:
    """The machine, then a block of lines for each case."""
    lines: list[tuple[str, ...]] = [HEADINGS]
    for result in results:
        lines += [(heading(result),), *rows(result)]
    widths = [max(len(line[column]) for line in lines if len(line) > column > 0) for column in range(1, len(HEADINGS))]
    widths.insert(0, max(len(line[0]) for line in lines if len(line) > 1))
    body = ["  ".join(_cells(line, widths)).rstrip() for line in lines]
    return "\n".join(["", machine_line(start), "", *body, "", *notes(), *doubts(results)])


def machine_line(start: dict) -> str:
    """What was measured on."""
    gigabytes = start["memory_bytes"] / GIGABYTE
    return (
        f"{start['processor']}, {start['cores']} cores, {gigabytes:.0f} GB, {start['system']}; "
        f"{start['threads']} threads; scikit-learn {start['scikit_learn']}"
    )


def doubts(results: list[Result]) -> list[str]:
    """A word where something else was running: threads that wait for each other lose far more than their share by it."""
    sides = [side for result in results for side in (result.evergreen, result.scikit_learn) if side]
    others = max((side.others() for side in sides), default=0.0)
    if others < DISTURBED:
        return []
    return [
        f"*** Other processes kept up to {others:.1f} cores busy: neither seconds nor ratios of time can be trusted."
    ]


def heading(result: Result) -> str:
    """The case, its rows, and how often it ran."""
    rows_ = result.scikit_learn.middle("rows")
    times = len(result.scikit_learn.fits)
    fitted = f"{int(rows_):,} rows to train" if rows_ else "not finished"
    return f"{result.case.title} ({fitted}, {'median of ' + str(times) if times > 1 else 'once'})"


def rows(result: Result) -> list[tuple[str, ...]]:
    """A case's lines: what both sides printed, then what their processes took."""
    goals = result.case.goals
    lines: list[tuple[str, ...]] = []
    for title, name, goal, digits in FIGURES:
        our_figure, their_figure = _middle(result.evergreen, name), result.scikit_learn.middle(name)
        limit = getattr(goals, goal) if goal else None
        lines.append(
            (
                f"  {title}",
                _number(our_figure, digits),
                _number(their_figure, digits),
                _ratio(our_figure, their_figure),
                _at_most(limit),
            )
        )
    ours, theirs = result.evergreen, result.scikit_learn
    lines.append(("  reading, s", *(_number(_middle(side, "read_seconds"), 3) for side in (ours, theirs)), "", ""))
    whole = _at_most(goals.seconds, " s", 0)
    lines.append(("  whole process, s", _whole(ours, result.case), _whole(theirs, result.case), "", whole))
    peaks = (f"{side.peak_bytes() / GIGABYTE:.2f}" if side else "-" for side in (ours, theirs))
    lines.append(("  peak memory, GB", *peaks, "", _at_most(goals.gigabytes, " GB", 0)))
    return lines


def notes() -> list[str]:
    """How to read it."""
    return [
        "Fit: from rows in memory to a fitted model. Ratio: Evergreen's figure by scikit-learn's; below 1 is less.",
        "Each fit is a process of its own, in turn. Evergreen reads CSV, scikit-learn arrays: reading is not compared.",
        "Goals are for comparison; nothing fails when one is missed.",
    ]


def record(start: dict, results: list[Result]) -> dict:
    """The same, for programs."""
    return {"machine": start, "cases": [_case(result) for result in results]}


def _case(result: Result) -> dict:
    case, goals = result.case, result.case.goals
    ours, theirs = result.evergreen, result.scikit_learn
    ratios = {name: _quotient(_middle(ours, name), theirs.middle(name)) for _, name, _, _ in FIGURES}
    return {
        "name": case.name,
        "family": case.family,
        "parameters": case.parameters,
        "goals": {name: value for name, value in vars(goals).items() if value is not None},
        "ratios": {name: value for name, value in ratios.items() if value is not None},
        "evergreen": _side(ours) if ours else None,
        "scikit_learn": _side(theirs),
    }


def _side(side: Side) -> dict:
    names = ("rows", "columns", "read_seconds", "fit_seconds", "predict_seconds", "accuracy", "log_loss")
    medians = {name: side.middle(name) for name in names}
    return {
        **{name: value for name, value in medians.items() if value is not None},
        "fit_seconds_each": side.all("fit_seconds"),
        "process_seconds": side.seconds(),
        "cpu_seconds_each": [fit.cpu_seconds for fit in side.fits],
        "peak_bytes": side.peak_bytes(),
        "cores_busy_with_others": round(side.others(), 2),
        "finished": all(fit.said is not None for fit in side.fits),
    }


def _middle(side: Side | None, name: str) -> float | None:
    return side.middle(name) if side else None


def _whole(side: Side | None, case: Case) -> str:
    if side is None:
        return "-"
    finished = all(fit.said is not None for fit in side.fits)
    return f"{side.seconds():.2f}" if finished else f"over {case.limit:.0f}"


def _quotient(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours is not None and theirs else None


def _ratio(ours: float | None, theirs: float | None) -> str:
    return _number(_quotient(ours, theirs), 3)


def _at_most(limit: float | None, unit: str = "", digits: int = 3) -> str:
    return "" if limit is None else f"≤ {limit:.{digits}f}{unit}"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _cells(line: tuple[str, ...], widths: list[int]) -> list[str]:
    """Names to the left, figures to the right; a heading has a line to itself."""
    if len(line) == 1:
        return [line[0]]
    return [line[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(line[1:], widths[1:]))]
