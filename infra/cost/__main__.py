"""Computes what Evergreen costs, from the template, published prices and durations. `make cost` calls it.

It prints the three tables of the README and writes target/bench/cost.json. `--check` compares the tables with the
README, `--write` puts them into it.
"""

import argparse
import json
import platform
import sys
from typing import Any

import bill
import stack

PAGE = stack.ROOT / "README.md"
START, END = "<!-- make cost -->\n", "<!-- end -->\n"
WRITTEN = stack.ROOT / "target/bench/cost.json"


def main() -> int:
    """Prints, compares or writes the tables; returns 1 if the README has other ones."""
    parser = argparse.ArgumentParser(prog="make cost", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare the tables with the README")
    parser.add_argument("--write", action="store_true", help="write the tables into the README")
    arguments = parser.parse_args()
    found, kept, rates = stack.read(), bill.durations(), bill.Rates()
    tables = [
        ("A month without predictions", bill.idle(found, kept, rates)),
        ("A million predictions, one row each", bill.predictions(found, kept, rates)),
        ("Maximum costs that a stranger can cause in a month", bill.stranger(found, kept, rates)),
    ]
    text = "\n".join(_table(*table) for table in tables)
    if arguments.check:
        return _check(text)
    print(text)
    _report(tables)
    if arguments.write:
        before, _, rest = PAGE.read_text().partition(START)
        PAGE.write_text(before + START + text + END + rest.partition(END)[2])
    return 0


def _table(name: str, lines: list[bill.Line]) -> str:
    rows = [f"| {name} | $ |", "|---|---|", *(f"| {line.name} | {_cents(line.dollars)} |" for line in lines)]
    return "\n".join([*rows, f"| **Together** | **{_sum(lines):.2f}** |", ""])


def _cents(dollars: float) -> str:
    return f"{dollars:.2f}" if dollars >= 0.005 else "below 0.01"


def _sum(lines: list[bill.Line]) -> float:
    return sum(line.dollars for line in lines)


def _check(text: str) -> int:
    quoted = PAGE.read_text().partition(START)[2].partition(END)[0]
    if quoted == text:
        print("cost: the README has the current costs")
        return 0
    print("cost: the README has other costs than the template; `make cost ARGS=--write` updates it", file=sys.stderr)
    return 1


def _report(tables: list[tuple[str, list[bill.Line]]]) -> None:
    entries = [(f"{name}: {line.name}", line.dollars) for name, lines in tables for line in lines]
    entries += [(name, _sum(lines)) for name, lines in tables]
    rows: list[dict[str, Any]] = [
        {"group": "cost", "name": name, "unit": "$", "value": round(dollars, 4), "goal": None, "peers": {}, "note": ""}
        for name, dollars in entries
    ]
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    report = {"machine": {"system": platform.system()}, "rows": rows}
    WRITTEN.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
