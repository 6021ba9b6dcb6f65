"""Compares the peak memory of training with the estimate that decides whether a table fits.

`make bench-memory` calls it.

The train function's own code reads each table and trains on it, in a separate process.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .shapes import SHAPES, TARGET, Shape

ROOT = Path(__file__).resolve().parents[3]
# As in the train function: template.yaml sets the threshold, and the smallest functions have two threads.
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": "1048576", "RAYON_NUM_THREADS": "2"}
MEGABYTE = 1_000_000
LINE = "{:<34} {:<18} {:>9} {:>9} {:>9} {:>6}"


def main() -> int:
    """Measures, prints the table and writes it to a file; returns 1 if a table needed more memory than estimated."""
    arguments = _parser().parse_args()
    chosen = [shape for shape in SHAPES if not arguments.only or shape.name in arguments.only]
    print(LINE.format("table", "family", "file, MB", "peak, MB", "estimate", "ratio"))
    rows = [_measure(shape, arguments.binary, arguments.folder) for shape in chosen]
    written = arguments.folder.parent / "memory.json"
    written.write_text(json.dumps({"rows": rows}, indent=2) + "\n")
    print(f"\nwritten: {written}")
    over = [row["name"] for row in rows if row["ratio"] < 1]
    if over:
        print(f"*** more memory than estimated: {', '.join(over)}", file=sys.stderr)
    return 1 if over else 0


def _measure(shape: Shape, binary: Path, folder: Path) -> dict[str, Any]:
    file = shape.file(folder)
    command: list[str | Path] = [binary, file, TARGET, shape.family, str(shape.seconds)]
    done = subprocess.run(command, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"*** {shape.name}: {done.stderr.strip()[-500:]}")
    said = json.loads(done.stdout)
    peak, estimate = said["peak_rss_bytes"], said["foreseen_bytes"]
    # If training needed more memory than reading, its own estimate must have been large enough too.
    if peak > said["read_peak_bytes"]:
        estimate = min(estimate, said["known_bytes"])
    row = {"name": shape.name, "file_bytes": file.stat().st_size, "estimate_bytes": estimate, "ratio": estimate / peak}
    numbers = [f"{number / MEGABYTE:,.0f}" for number in (row["file_bytes"], peak, estimate)]
    print(LINE.format(shape.title, shape.family, *numbers, f"{row['ratio']:.2f}"), flush=True)
    return row | said


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-memory", description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="the built example `memory`")
    parser.add_argument("--folder", type=Path, default=ROOT / "target/bench/memory", help="directory of the tables")
    parser.add_argument(
        "--only", nargs="+", choices=[shape.name for shape in SHAPES], metavar="TABLE", help="only these tables"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
