"""Measures scoring beside smartcore, ONNX Runtime and scikit-learn. `make bench-scoring` calls it."""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "infra/bench"))

import onnxruntime  # noqa: E402
from training import machine  # noqa: E402

from scoring import report  # noqa: E402
from scoring.cases import CASES, prepare  # noqa: E402
from scoring.rounds import measure  # noqa: E402


def main() -> None:
    """Measures, prints the table and writes it to a file. A missed goal is not a failure."""
    parser = argparse.ArgumentParser(prog="make bench-scoring", description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="the built example `score`")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/bench", help="directory of data and results")
    parser.add_argument(
        "--only", nargs="+", choices=[case.name for case in CASES], metavar="CASE", help="only these cases"
    )
    parser.add_argument("--rounds", type=int, default=9, help="number of rounds")
    arguments = parser.parse_args()
    start = {**machine.describe(), "onnxruntime": onnxruntime.__version__}
    results = []
    for case in CASES:
        if not arguments.only or case.name in arguments.only:
            print(f"    {case.title}", file=sys.stderr, flush=True)
            files = prepare(case, arguments.folder / "scoring")
            results.append(measure(case, files, arguments.binary, arguments.rounds))
    print(report.text(results))
    written = arguments.folder / "scoring.json"
    content = {"machine": start, "rows": report.rows(results)}
    written.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    print(f"\nwritten: {written}")


if __name__ == "__main__":
    main()
