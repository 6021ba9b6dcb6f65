"""Compares the deployed stack with scikit-learn on eight tables, and with its own manifests. `make served` calls it."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

import paper
from comparison import HERE, SCIENCE, compare
from driver.console import Failure, say, step
from driver.settings import ROOT

FOLDER = ROOT / "target/served"


def main() -> int:
    """Writes the tables, compares on each and prints the results; returns 1 if a line fails."""
    arguments = _parser().parse_args()
    try:
        return _prove(arguments.tables)
    except Failure as failure:
        print(f"\n*** {failure}", file=sys.stderr)
        return 1


def _prove(chosen: list[str]) -> int:
    step("Tables")
    tables = FOLDER / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    subprocess.run([SCIENCE, HERE / "tables.py", tables], check=True)
    index = json.loads((tables / "index.json").read_text())
    names = [entry["name"] for entry in index]
    if unknown := [name for name in chosen if name not in names]:
        raise Failure(f"no table {unknown[0]}; expected some of {', '.join(names)}")
    say(", ".join(names))
    lines = [line for entry in index if not chosen or entry["name"] in chosen for line in compare(entry, tables)]
    step("Proof: at most one standard error worse than scikit-learn on the same hold-out, as in the manifest")
    paper.show(lines)
    paper.write_down(lines, FOLDER / "report.json")
    say(f"written: {FOLDER / 'report.json'}")
    if not chosen:
        paper.publish(lines)
        say(f"written: {paper.PAGE}")
    missed = sum(not line.holds for line in lines)
    say(f"{len(lines) - missed} of {len(lines)} lines pass")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make served", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="only these tables")
    return parser


if __name__ == "__main__":
    sys.exit(main())
