"""Sixty real tables, each trained as a user would, beside what people would train instead. `make proof` calls it."""

import argparse
import subprocess
import sys
from pathlib import Path

import contest
import page
import tables

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/proof"
KEPT = FOLDER / "contests.json"


def main() -> int:
    """Holds a contest for each table and prints the figures; writes docs/PROOF.md when all tables took part."""
    arguments = _parser().parse_args()
    chosen = tables.choose(FOLDER / "tables", arguments.count)
    if unknown := set(arguments.tables) - {table.name for table in chosen}:
        raise SystemExit(f"make proof: no such table: {', '.join(sorted(unknown))}")
    contests = contest.load(KEPT) if arguments.go_on else []
    done = {entry.table for entry in contests}
    for table in chosen:
        if table in done or (arguments.tables and table.name not in arguments.tables):
            continue
        found = contest.hold(arguments.binary, FOLDER / "tables", table, arguments.seconds)
        contests.append(found)
        contest.write(contests, KEPT)
        print(_said(found), flush=True)
    _show(page.summary(contests))
    _show(page.ranking(contests))
    if len(contests) == len(chosen) and not arguments.tables:
        page.publish(ROOT / "docs/PROOF.md", contests, page.made(_commit(), arguments.seconds))
        print("written: docs/PROOF.md")
    return 0


def _said(found: contest.Contest) -> str:
    name, task = found.table.name, page.FIGURE[found.table.task]
    if problem := found.failed.get(contest.EVERGREEN):
        return f"{name}: not trained: {problem}"
    figures = ", ".join(f"{who} {found.figure(who):.4g}" for who in found.losses)
    failed = "".join(f"; {who} failed: {why}" for who, why in found.failed.items())
    return f"{name} ({task}): {figures}{failed}"


def _show(lines: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines)]
    print()
    for line in lines:
        print("   " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="some of the tables by name, such as ISLR/Auto")
    parser.add_argument("--binary", type=Path, required=True, help="shared/learning/examples/proof.rs, built")
    parser.add_argument("--seconds", type=float, default=60, help="for each training of Evergreen and of FLAML")
    parser.add_argument("--count", type=int, default=tables.TABLES_OF_A_TASK, help="tables of each task")
    parser.add_argument("--go-on", action="store_true", help="keep what an earlier run has come to")
    return parser


if __name__ == "__main__":
    sys.exit(main())
