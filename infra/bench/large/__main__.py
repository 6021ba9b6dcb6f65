"""Measures training on a Parquet file that is read as a stream, beside LightGBM. `make bench-large` calls it."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "infra/bench"))

from entry import entry  # noqa: E402
from training import machine  # noqa: E402

from . import table  # noqa: E402

PEER = Path(__file__).with_name("peer.py")
ROUNDS, LEAVES = 100, 31
# Extrapolation: rows and processors of the largest Lambda function.
GOAL_ROWS, GOAL_CORES, GOAL_SECONDS, GOAL_BYTES = 100_000_000, 6, 900, 10 << 30
LINE = "{:<10} {:>8} {:>8} {:>8} {:>10} {:>9} {:>9} {:>9} {:>8}"


def main() -> None:
    """Measures, prints the table and the extrapolation, and writes both. A missed goal is not a failure."""
    parser = argparse.ArgumentParser(prog="make bench-large", description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="the built example `large`")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/bench", help="directory of data and results")
    parser.add_argument("--rows", type=int, default=20_000_000, help="number of rows of the table")
    parser.add_argument("--peer", default="LightGBM", choices=["LightGBM", "none"], help="what to measure beside it")
    arguments = parser.parse_args()
    machine.two_cores()
    folder = arguments.folder / "large"
    train = table.file(folder, arguments.rows, table.SEED)
    test = table.file(folder, table.TEST_ROWS, table.SEED + 1)
    work = [str(train), str(test), table.TARGET, str(ROUNDS), str(LEAVES)]
    found = {"Evergreen": _run([str(arguments.binary), *work])}
    if arguments.peer == "LightGBM":
        found["LightGBM"] = _run([sys.executable, str(PEER), *work, str(machine.THREADS)])
    size = train.stat().st_size / 1e9
    print(f"{arguments.rows:,} rows of {table.COLUMNS} columns ({size:.1f} GB), {ROUNDS} trees of {LEAVES} leaves")
    print(LINE.format("", "sample,s", "search,s", "read,s", "bin,s", "tree,s", "total,s", "peak,GB", "log loss"))
    for name, said in found.items():
        of = [said.get(f"{step}_seconds") for step in ("sample", "search", "read", "bin", "round", "total")]
        seconds = ["" if value is None else f"{value:.2f}" for value in of]
        print(LINE.format(name, *seconds, f"{said['peak_rss_bytes'] / 1e9:.2f}", f"{said['log_loss']:.4f}"))
    whole = _extrapolated(found["Evergreen"])
    print(
        f"extrapolated to {GOAL_ROWS:,} rows: {whole['seconds_two_cores']:,.0f} s on two cores, "
        f"{whole['seconds']:,.0f} s if {GOAL_CORES} cores are three times as fast; {whole['bytes'] / 1e9:.1f} GB"
    )
    written = arguments.folder / "large.json"
    record = {"machine": machine.describe(), "found": found, "extrapolated": whole, "rows": _entries(found, whole)}
    written.write_text(json.dumps(record, indent=2) + "\n")
    print(f"\nwritten: {written}")


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, env=machine.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"*** {command[0]}: {done.stderr.strip()[-1000:]}")
    return dict(json.loads(done.stdout))


def _extrapolated(said: dict[str, Any]) -> dict[str, float]:
    """Computes time and memory of the goal's table. The search is on a sample, so its time stays the same."""
    by_rows = said["sample_seconds"] + said["bin_seconds"] + ROUNDS * said["round_seconds"]
    two_cores = by_rows * GOAL_ROWS / said["rows"] + said["search_seconds"]
    fixed = said["peak_rss_bytes"] - said["rows_bytes"]
    return {
        "seconds_two_cores": two_cores,
        "seconds": two_cores * machine.THREADS / GOAL_CORES,
        "bytes": fixed + said["rows_bytes"] * GOAL_ROWS / said["rows"],
    }


def _entries(found: dict[str, Any], whole: dict[str, float]) -> list[dict[str, Any]]:
    own = found["Evergreen"]
    peers = {name: said for name, said in found.items() if name != "Evergreen"}

    def million(said: dict[str, Any]) -> float:
        return float(said["round_seconds"] / said["rows"] * 1e6)

    rows = f"{own['rows']:,} rows"
    return [
        entry(
            "large",
            f"{rows}: a tree, a million rows",
            "s",
            million(own),
            None,
            {name: million(said) for name, said in peers.items()},
        ),
        entry(
            "large",
            f"{rows}: peak memory",
            "GB",
            own["peak_rss_bytes"] / 1e9,
            None,
            {name: said["peak_rss_bytes"] / 1e9 for name, said in peers.items()},
        ),
        entry("large", f"{GOAL_ROWS:,} rows, extrapolated", "s", whole["seconds"], {"at_most": GOAL_SECONDS}),
        entry("large", f"{GOAL_ROWS:,} rows, extrapolated", "GB", whole["bytes"] / 1e9, {"at_most": GOAL_BYTES / 1e9}),
    ]


if __name__ == "__main__":
    main()
