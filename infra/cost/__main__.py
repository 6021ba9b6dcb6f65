"""What Evergreen costs, from the template, the published prices and what calls last. `make cost` calls it.

Prints the three tables of the README, and writes target/bench/cost.json; `--check` says whether the README still quotes them,
`--write` puts them there.
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
    """Prints, writes or checks; 1 when the README says something else."""
    parser = argparse.ArgumentParser(prog="make cost", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare the README and do no more")
    parser.add_argument("--write", action="store_true", help="put the tables into the README")
    arguments = parser.parse_args()
    found, kept, rates = stack.read(), bill.durations(), bill.Rates()
    tables = [
        ("A month in which nobody predicts", bill.idle(found, kept, rates)),
        ("A million predictions, one row each", bill.predictions(found, kept, rates)),
        ("The most that a stranger can cause in a month", bill.stranger(found, kept, rates)),
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
        print("cost: the README quotes what the template costs")
        return 0
    print("cost: the README differs; `make cost ARGS=--write` renews it", file=sys.stderr)
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
