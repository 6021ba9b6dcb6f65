"""Prints one table of all benchmarks: every value with its goal and its peers. `make bench` calls it last.

Each benchmark has written target/bench/PART.json: {"machine": {…}, "rows": [{"group", "name", "unit", "value", "goal",
"peers", "note"}]}. A goal is {"at_most": number}, {"at_least": number} or null. Peers are the values of others by name.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("reading", "train", "large", "scoring", "explaining", "batch", "serving", "cost")
HEADINGS = ("", "value", "goal", "", "peers", "note")


def main() -> int:
    """Prints the table and writes report.json; returns 1 if a part is missing. A missed goal is not a failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "target/bench", help="directory of the parts and of the report"
    )
    folder = parser.parse_args().folder
    parts = {name: _read(folder / f"{name}.json") for name in PARTS}
    missing = [name for name, part in parts.items() if part is None]
    found = {name: part for name, part in parts.items() if part is not None}
    rows = [row for part in found.values() for row in part["rows"]]
    print(text(rows))
    for name in missing:
        print(f"*** {name}: not measured, {folder / name}.json does not exist")
    machines = {name: part["machine"] for name, part in found.items()}
    report = {"machine": machines, "rows": [row | {"held": held(row)} for row in rows], "missing": missing}
    written = folder / "report.json"
    written.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    print(f"written: {written}")
    return 1 if missing else 0


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text()) if path.exists() else None


def held(row: dict[str, Any]) -> bool | None:
    """Returns whether the row's goal is met, or None if it has no goal or no value."""
    goal, value = row.get("goal"), row.get("value")
    if not goal or value is None:
        return None
    return value <= goal["at_most"] if "at_most" in goal else value >= goal["at_least"]


def text(rows: list[dict[str, Any]]) -> str:
    """Returns the rows, each group under its name, and how many goals are met."""
    lines: list[tuple[str, ...]] = [HEADINGS]
    group = None
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            lines.append((group,))
        lines.append(_cells(row))
    widths = [max(len(line[column]) for line in lines if len(line) > 1) for column in range(len(HEADINGS))]
    table = "\n".join(_line(line, widths) for line in lines)
    goals = [met for row in rows if (met := held(row)) is not None]
    return f"{table}\n\n{sum(goals)} of {len(goals)} goals held"


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    goal = row.get("goal") or {}
    sign, bound = ("≤", goal["at_most"]) if "at_most" in goal else ("≥", goal.get("at_least"))
    mark = {True: "held", False: "MISSED", None: ""}[held(row)]
    peers = ", ".join(f"{name} {_number(value)}" for name, value in (row.get("peers") or {}).items())
    value = f"{_number(row['value'])} {row['unit']}".rstrip()
    wanted = "" if bound is None else f"{sign} {_number(bound)}"
    return (f"  {row['name']}", value, wanted, mark, peers, row.get("note") or "")


def _line(line: tuple[str, ...], widths: list[int]) -> str:
    """Aligns values to the right and words to the left; a group's name has its own line."""
    if len(line) == 1:
        return f"\n{line[0]}"
    right = {1, 2}
    cells = [
        cell.rjust(width) if at in right else cell.ljust(width) for at, (cell, width) in enumerate(zip(line, widths))
    ]
    return "  ".join(cells).rstrip()


def _number(value: float | None) -> str:
    """Formats a value with about three significant digits."""
    if value is None:
        return "-"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
