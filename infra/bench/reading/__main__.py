"""Measures reading a CSV and a Parquet file beside polars, PyArrow and pandas. `make bench-reading` calls it.

In every round, each library reads the file once, in a separate process with two threads. Evergreen's time includes
inferring the types of the columns and the profile. The others infer types and build their table.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from entry import entry

from .table import ROWS, TARGETS, file

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "target/bench/reading"
PEER = Path(__file__).with_name("peer.py")
PEERS = ("polars", "pyarrow", "pandas")
THREADS = {
    "RAYON_NUM_THREADS": "2",
    "POLARS_MAX_THREADS": "2",
    "OMP_NUM_THREADS": "2",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
}
MEGABYTE = 1_000_000
# Goals: at most twice the time of polars, and twice the file's size in memory.
TIME, MEMORY = 2.0, 2.0


def main() -> int:
    """Measures, prints the results and writes them to a file."""
    arguments = _parser().parse_args()
    rows = [
        row
        for name in TARGETS
        for ending in (".csv", ".parquet")
        for row in _measure(name, file(FOLDER, name, arguments.rows, ending), arguments)
    ]
    machine = {"cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}"}
    written = FOLDER.parent / "reading.json"
    written.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")
    print(f"written: {written}")
    return 0


def _measure(table: str, path: Path, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    commands = {"evergreen": [str(arguments.binary), str(path), TARGETS[table]]}
    commands |= {name: [sys.executable, str(PEER), name, str(path)] for name in PEERS}
    said: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            done = subprocess.run(command, env=os.environ | THREADS, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"*** {name}: {done.stderr.strip()[-500:]}")
            said[name].append(json.loads(done.stdout))
    seconds = {name: statistics.median(round_["seconds"] for round_ in rounds) for name, rounds in said.items()}
    cpu = {name: statistics.median(round_["cpu_seconds"] for round_ in rounds) for name, rounds in said.items()}
    memory = {name: max(round_["peak_rss_bytes"] for round_ in rounds) for name, rounds in said.items()}
    size = path.stat().st_size
    kind = f"{table}, {path.suffix.removeprefix('.')}"
    columns = said["polars"][0]["columns"]
    print(
        f"\n{path.name}: {size / MEGABYTE:,.0f} MB, {arguments.rows:,} rows of {columns} columns, "
        f"{arguments.rounds} rounds"
    )
    for name in commands:
        ratio = f"{seconds[name] / seconds['polars']:5.2f} times polars, {cpu[name]:5.2f} s of processors"
        print(f"   {name:<10} {seconds[name]:6.2f} s, {ratio}, {memory[name] / MEGABYTE:7,.0f} MB at most")
    others = {name: seconds[name] for name in PEERS}
    needs_little = table == "numbers" or path.suffix == ".csv"
    return [
        entry("reading", f"{kind}, seconds", "s", seconds["evergreen"], peers=others),
        entry("reading", f"{kind}, times polars", "×", seconds["evergreen"] / seconds["polars"], {"at_most": TIME}),
        entry("reading", f"{kind}, processors, times polars", "×", cpu["evergreen"] / cpu["polars"]),
        entry(
            "reading",
            f"{kind}, peak memory, times the file",
            "×",
            memory["evergreen"] / size,
            {"at_most": MEMORY} if needs_little else None,
        ),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-reading", description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="the built example `read`")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=5)
    return parser


if __name__ == "__main__":
    sys.exit(main())
