"""Measures training beside scikit-learn, LightGBM, XGBoost and CatBoost. `make bench-train` calls it."""

import argparse
import json
import sys
from pathlib import Path

from training import machine, report
from training.cases import CASES
from training.fits import Broken
from training.rounds import measure

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measures, prints the table and writes it to a file; returns 1 only if a fit broke.

    A missed goal is not a failure.
    """
    arguments = _parser().parse_args()
    chosen = [case for case in CASES if not arguments.only or case.name in arguments.only]
    arguments.folder.mkdir(parents=True, exist_ok=True)
    machine.two_cores()
    start = machine.describe()
    try:
        results = [measure(case, arguments.binary, arguments.folder, arguments.repeat) for case in chosen]
    except Broken as broken:
        print(f"\n*** {broken}", file=sys.stderr)
        return 1
    print(report.text(start, results))
    written = arguments.folder / "train.json"
    written.write_text(json.dumps(report.record(start, results), indent=2) + "\n")
    print(f"\nwritten: {written}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-train", description=__doc__)
    parser.add_argument("--binary", type=Path, help="the built example `fit`; without it only the peers are measured")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/bench", help="directory of data and results")
    parser.add_argument(
        "--only", nargs="+", choices=[case.name for case in CASES], metavar="CASE", help="only these cases"
    )
    parser.add_argument("--repeat", type=int, help="number of repetitions of every case")
    return parser


if __name__ == "__main__":
    sys.exit(main())
