"""Sixty real tables, each trained as a user would, beside what people would train instead. `make proof` calls it."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import contest
import page
import peers
import tables

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/proof"


def main() -> int:
    """Holds a contest for each table and prints the figures; writes docs/PROOF.md when all tables took part."""
    arguments = _parser().parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Libraries write files of their own where they run.
    os.chdir(FOLDER)
    folder = FOLDER / ("next" if arguments.next else "tables")
    kept_in = FOLDER / ("next.json" if arguments.next else "contests.json")
    chosen = tables.choose(folder, arguments.count, arguments.next)
    if unknown := set(arguments.tables) - {table.name for table in chosen}:
        raise SystemExit(f"make proof: no such table: {', '.join(sorted(unknown))}")
    earlier = {entry.table: entry for entry in contest.load(kept_in)}
    rules = _rules(arguments)
    contests: list[contest.Contest] = []
    for table in chosen:
        kept = earlier.get(table)
        if arguments.tables and table.name not in arguments.tables:
            continue
        if kept and arguments.go_on:
            contests.append(kept)
            continue
        found = contest.hold(rules, folder, table, kept if arguments.again else None)
        contests.append(found)
        earlier[table] = found
        contest.write(list(earlier.values()), kept_in)
        print(_said(found), flush=True)
    _show(page.summary(contests))
    _show(page.ranking(contests))
    if not (arguments.tables or arguments.next or arguments.peers):
        page.publish(ROOT / "docs/PROOF.md", contests, page.made(_commit(), rules, contests))
        print("written: docs/PROOF.md")
    return 0


def _rules(arguments: argparse.Namespace) -> contest.Rules:
    flaml_seconds = arguments.seconds if arguments.flaml_seconds is None else arguments.flaml_seconds
    return contest.Rules(arguments.binary, arguments.seconds, flaml_seconds, arguments.peers or list(peers.PEERS))


def _said(found: contest.Contest) -> str:
    name, task = found.table.name, page.FIGURE[found.table.task]
    if problem := found.failed.get(contest.EVERGREEN):
        return f"{name}: not trained: {problem}"
    figures = ", ".join(f"{who} {found.figure(who):.4g}" for who in found.losses)
    failed = "".join(f"; {who} failed: {why}" for who, why in found.failed.items())
    return f"{name} ({task}): {figures}; {found.seconds[contest.EVERGREEN]:.1f} s{failed}"


def _show(lines: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines)]
    print()
    for line in lines:
        print("   " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _absolute(path: str) -> Path:
    return Path(path).resolve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="some of the tables by name, such as ISLR/Auto")
    parser.add_argument("--binary", type=_absolute, required=True, help="shared/learning/examples/proof.rs, built")
    parser.add_argument("--seconds", type=float, default=60, help="for each training of Evergreen and of FLAML")
    parser.add_argument("--count", type=int, default=tables.TABLES_OF_A_TASK, help="tables of each task")
    parser.add_argument("--flaml-seconds", type=float, help="for each training of FLAML, if not those of Evergreen")
    parser.add_argument("--peers", nargs="+", choices=list(peers.PEERS), help="some of the libraries; not published")
    parser.add_argument("--next", action="store_true", help="the tables after those of the proof, to try changes on")
    parser.add_argument("--go-on", action="store_true", help="keep what an earlier run has come to")
    parser.add_argument("--again", action="store_true", help="have Evergreen train anew; keep what the libraries lost")
    return parser


if __name__ == "__main__":
    sys.exit(main())
