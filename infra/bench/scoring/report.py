"""Formats the results as a table, and as JSON for the report of all benchmarks."""

from typing import Any

from entry import entry

from .rounds import EVERGREEN, MODES, ONNX, Result

MODE_TITLES = {"one": "one row a call", "batch": "10,000 rows a call"}


def text(results: list[Result]) -> str:
    """Returns a block for each case and in it a line for each library.

    A line has the median, the minimum, and the ratio to Evergreen's median.
    """
    lines = [f"{'µs per row: median (least) of the rounds':40}{'one row a call':>28}{'10,000 rows a call':>28}"]
    for result in results:
        lines.append(f"{result.case.title}, {result.nodes:,} nodes; other labels: {result.differing}")
        lines += [
            f"  {title:38}" + "".join(f"{_cell(result, mode, title):>28}" for mode in MODES)
            for title in result.median["one"]
        ]
    return "\n".join(lines)


def _cell(result: Result, mode: str, title: str) -> str:
    value, least = result.median[mode][title], result.least[mode][title]
    return f"{value:.2f} ({least:.2f}) {value / result.median[mode][EVERGREEN]:7.1f}×"


def rows(results: list[Result]) -> list[dict[str, Any]]:
    """Returns the results as rows with goals and peers, for the report of all benchmarks."""
    found = [row for result in results for mode in MODES for row in _rows(result, mode)]
    for result in results:
        name, note = f"{result.case.title}: labels other than ONNX Runtime's", "of 10,000 rows of the same artifact"
        found.append(entry("scoring", name, "rows", result.differing, {"at_most": 0}, note=note))
    return found


def _rows(result: Result, mode: str) -> list[dict[str, Any]]:
    values = dict(result.median[mode])
    least = ", ".join(f"{title} {value:.3f}" for title, value in result.least[mode].items())
    value = values.pop(EVERGREEN)
    name = f"{result.case.title}, {result.nodes:,} nodes, {MODE_TITLES[mode]}"
    goal = {"at_most": result.case.one} if mode == "one" and result.case.one else None
    ratio, goal_of_ratio = values[ONNX] / value, {"at_least": 4.0 if mode == "one" else 1.0}
    one_thread = "ONNX Runtime with one thread, called from Python"
    return [
        entry("scoring", name, "µs", value, goal, values, f"median per row; least: {least}"),
        entry("scoring", f"{name}: ONNX Runtime's time by Evergreen's", "×", ratio, goal_of_ratio, note=one_thread),
    ]
