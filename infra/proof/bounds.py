"""A dozen tables of the proof, trained on for a few seconds each. `make proof-test` calls it in .venv/onnx.

A line holds where Evergreen is no worse than the constant by more than one standard error, and loses no more than `FACTOR`
times what bounds.json has, plus `SLACK` times what the constant loses. `--write` renews that file.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import contest
import tables

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/proof/bounds"
BOUNDS = Path(__file__).with_name("bounds.json")
# A slow machine cuts the search short. Where nothing is lost, a single row that is answered less surely is many times as much.
FACTOR = 1.5
SLACK = 0.02
SECONDS = 5


def main() -> int:
    """Trains on each table and prints a line for it; 1 where a line does not hold."""
    parser = argparse.ArgumentParser(prog="make proof-test", description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True, help="shared/learning/examples/proof.rs, built")
    parser.add_argument("--write", action="store_true", help="keep what is reached now as the bounds")
    arguments = parser.parse_args()
    rules = contest.Rules(arguments.binary, SECONDS, flaml_seconds=0, peers=[])
    lines, failed = [], []
    for entry in json.loads(BOUNDS.read_text()):
        table = tables.Table(**entry["table"])
        tables.write(FOLDER, table)
        found = contest.hold(rules, FOLDER, table)
        if problem := found.failed.get(contest.EVERGREEN):
            failed.append(f"{table.name} is not trained on: {problem}")
            continue
        figure, constant = found.figure(contest.EVERGREEN), found.figure(contest.CONSTANT)
        lines.append({"table": asdict(table), "bound": float(f"{figure:.4g}")})
        print(
            f"  {table.name:32} {figure:10.4g}   constant {constant:10.4g}   bound {entry['bound']:10.4g}", flush=True
        )
        advantage, error = found.advantage(contest.CONSTANT)
        if advantage < -error:
            failed.append(f"{table.name}: the constant is better: {constant:.4g}, and {figure:.4g} is reached")
        elif figure > FACTOR * entry["bound"] + SLACK * constant and not arguments.write:
            failed.append(
                f"{table.name}: {figure:.4g} is reached; the limit is {FACTOR} times {entry['bound']:.4g} and {SLACK} times "
                f"the constant's {constant:.4g}"
            )
    if arguments.write:
        BOUNDS.write_text("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n")
    for problem in failed:
        print(f"*** {problem}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
