"""Trains Evergreen and six libraries on sixty real tables and compares them. `make proof` calls it."""

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
    """Compares on each table and prints the results; writes docs/PROOF.md if all tables took part."""
    arguments = _parser().parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Some libraries write files into the working directory.
    os.chdir(FOLDER)
    folder = FOLDER / ("next" if arguments.next else "tables")
    kept_in = FOLDER / ("next.json" if arguments.next else "contests.json")
    chosen = tables.choose(folder, arguments.count, arguments.next)
    if unknown := set(arguments.tables) - {table.name for table in chosen}:
        raise SystemExit(f"make proof: the proof has no table {', '.join(sorted(unknown))}")
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
    name, task = found.table.name, page.METRIC[found.table.task]
    if problem := found.failed.get(contest.EVERGREEN):
        return f"{name}: Evergreen did not train: {problem}"
    losses = ", ".join(f"{who} {found.loss(who):.4g}" for who in found.losses)
    failed = "".join(f"; {who} failed: {why}" for who, why in found.failed.items())
    return f"{name} ({task}): {losses}; {found.seconds[contest.EVERGREEN]:.1f} s{failed}"


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
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="only these tables, for example ISLR/Auto")
    parser.add_argument(
        "--binary", type=_absolute, required=True, help="the built example shared/learning/examples/proof.rs"
    )
    parser.add_argument(
        "--seconds", type=float, default=60, help="maximum seconds of each training of Evergreen and FLAML"
    )
    parser.add_argument("--count", type=int, default=tables.TABLES_OF_A_TASK, help="number of tables of each task")
    parser.add_argument("--flaml-seconds", type=float, help="maximum seconds of each training of FLAML, if they differ")
    parser.add_argument(
        "--peers", nargs="+", choices=list(peers.PEERS), help="only these libraries; docs/PROOF.md is not written"
    )
    parser.add_argument("--next", action="store_true", help="use the tables after those of the proof, to try changes")
    parser.add_argument("--go-on", action="store_true", help="keep the results of an earlier run, and continue")
    parser.add_argument("--again", action="store_true", help="train only Evergreen again; keep the libraries' losses")
    return parser


if __name__ == "__main__":
    sys.exit(main())
