"""Measures explanations beside shap and LightGBM's pred_contrib. `make bench-explaining` calls it."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "infra/bench"))

import lightgbm  # noqa: E402
import numpy as np  # noqa: E402
import shap  # noqa: E402
from entry import entry  # noqa: E402
from scoring.rounds import Contestant, play  # noqa: E402
from sklearn.datasets import make_classification  # noqa: E402
from training import machine  # noqa: E402

PEER = Path(__file__).with_name("peer.py")
TITLES = {"one": "one row a call", "batch": "1,000 rows a call"}
TRAINED, EXPLAINED, COLUMNS, SEED, TARGET = 12_500, 1_000, 20, 7, "y"
EVERGREEN = "Evergreen"
# Goal: maximum microseconds a row.
MOST = 200.0


def main() -> None:
    """Measures, prints the table and writes it to a file. A missed goal is not a failure."""
    parser = argparse.ArgumentParser(prog="make bench-explaining", description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="the built example `score`")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/bench", help="directory of data and results")
    parser.add_argument("--rounds", type=int, default=9, help="number of rounds")
    arguments = parser.parse_args()
    start = {**machine.describe(), "shap": shap.__version__, "lightgbm": lightgbm.__version__}
    nodes, found = _measure(arguments.binary, arguments.folder / "explaining", arguments.rounds)
    print(f"100 trees, {nodes:,} nodes; µs per row: median of the rounds")
    entries = []
    for mode, title in TITLES.items():
        values = {name: median(contestant.seconds[mode]) * 1e6 for name, contestant in found.items()}
        own = values.pop(EVERGREEN)
        peers = ", ".join(f"{name} {value:.1f} ({value / own:.1f}×)" for name, value in values.items())
        print(f"  {title:20} {EVERGREEN} {own:.1f}, {peers}")
        goal = {"at_most": MOST}
        entries.append(entry("explaining", f"100 trees, {nodes:,} nodes, {title}", "µs", own, goal, values))
    written = arguments.folder / "explaining.json"
    written.write_text(json.dumps({"machine": start, "rows": entries}, indent=2, ensure_ascii=False) + "\n")
    print(f"\nwritten: {written}")


def _measure(binary: Path, folder: Path, rounds: int) -> tuple[int, dict[str, Contestant]]:
    """Trains, starts all processes, and runs their rounds alternately. Also returns the nodes of Evergreen's trees."""
    csv, rows, artifact = _table(folder)
    train = [str(binary), "boost", "--csv", csv, "--target", TARGET, "--artifact", artifact]
    trained = json.loads(subprocess.run(train, check=True, capture_output=True, text=True).stdout)
    peer = [sys.executable, str(PEER)]
    commands = {
        EVERGREEN: [str(binary), "explain", "--artifact", artifact, "--rows", rows],
        "LightGBM": [*peer, "lightgbm", csv, rows, str(COLUMNS)],
        "shap": [*peer, "shap", csv, rows, str(COLUMNS)],
    }
    contestants = {name: Contestant(command) for name, command in commands.items()}
    play(contestants.values(), rounds)
    return trained["nodes"], contestants


def _table(folder: Path) -> tuple[str, str, str]:
    """Writes the table and the rows to explain. Returns these files and that of the artifact."""
    folder.mkdir(parents=True, exist_ok=True)
    values, classes = make_classification(
        TRAINED + EXPLAINED, COLUMNS, n_informative=10, n_redundant=5, flip_y=0.29, random_state=SEED
    )
    csv, rows, artifact = (str(folder / f"table.{end}") for end in ("csv", "rows", "onnx"))
    values = np.round(values, 4)
    values[TRAINED:].astype("<f4").tofile(rows)
    header = ",".join([*(f"x{column}" for column in range(COLUMNS)), TARGET])
    lines = [",".join([*map(str, row), f"c{label}"]) for row, label in zip(values[:TRAINED], classes)]
    Path(csv).write_text("\n".join([header, *lines]) + "\n")
    return csv, rows, artifact


if __name__ == "__main__":
    main()
