"""Trains a few seconds on each of twelve tables of the proof. `make proof-test` calls it in .venv/onnx.

A table passes under two conditions. Evergreen is not worse than the constant answer by more than one standard error.
And its loss is at most `FACTOR` times the bound in bounds.json plus `SLACK` times the loss of the constant answer.
`--write` updates bounds.json.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path

import contest
import tables

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/proof/bounds"
BOUNDS = Path(__file__).with_name("bounds.json")
# FACTOR allows for a slow machine, which stops the search early. SLACK allows for losses near zero, where one less
# certain answer multiplies the loss.
FACTOR = 1.5
SLACK = 0.02
SECONDS = 5


def main() -> int:
    """Trains on each table and prints a line for it; returns 1 if a table fails."""
    parser = argparse.ArgumentParser(prog="make proof-test", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--binary", type=Path, required=True, help="the built example shared/learning/examples/proof.rs"
    )
    parser.add_argument("--write", action="store_true", help="write the current losses as the new bounds")
    arguments = parser.parse_args()
    rules = contest.Rules(arguments.binary, SECONDS, flaml_seconds=0, peers=[])
    lines, failed = [], []
    for entry in json.loads(BOUNDS.read_text()):
        table = tables.Table(**entry["table"])
        tables.write(FOLDER, table)
        found = contest.hold(rules, FOLDER, table)
        if reason := found.failed.get(contest.EVERGREEN):
            failed.append(f"{table.name}: Evergreen did not train: {reason}")
            continue
        loss, constant = found.loss(contest.EVERGREEN), found.loss(contest.CONSTANT)
        lines.append({"table": asdict(table), "bound": float(f"{loss:.4g}")})
        print(f"  {table.name:32} {loss:10.4g}   constant {constant:10.4g}   bound {entry['bound']:10.4g}", flush=True)
        bound = math.inf if arguments.write else entry["bound"]
        if why := problem(table.name, loss, constant, bound, found.advantage(contest.CONSTANT)):
            failed.append(why)
    if arguments.write:
        BOUNDS.write_text("[\n" + ",\n".join(json.dumps(line) for line in lines) + "\n]\n")
    for why in failed:
        print(f"*** {why}", file=sys.stderr)
    return 1 if failed else 0


def problem(name: str, loss: float, constant: float, bound: float, advantage: tuple[float, float]) -> str | None:
    """Returns why a table fails, or None if it passes.

    `constant` is the loss of the constant answer. `advantage` is by how much the loss is lower, and its standard
    error.
    """
    mean, error = advantage
    if mean < -error:
        return f"{name}: the loss is {loss:.4g}, but the constant answer has {constant:.4g}"
    if loss > FACTOR * bound + SLACK * constant:
        return (
            f"{name}: the loss is {loss:.4g}; expected at most {FACTOR} times the bound {bound:.4g} "
            f"plus {SLACK} times the constant's {constant:.4g}"
        )
    return None


if __name__ == "__main__":
    sys.exit(main())
