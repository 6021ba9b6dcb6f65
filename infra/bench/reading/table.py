"""The table that is read: 28 measurements of a collision and its class, as floating-point numbers with many digits."""

from pathlib import Path

import numpy as np
import pyarrow
from pyarrow import csv, parquet

ROWS = 400_000
SEED = 7


def file(folder: Path, rows: int, ending: str) -> Path:
    """Where the table of so many rows is; it is made unless it is there."""
    path = folder / f"numbers-{rows}{ending}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"unfinished{ending}"
        write = csv.write_csv if ending == ".csv" else parquet.write_table
        write(_table(rows), unfinished)
        unfinished.rename(path)
    return path


def _table(rows: int) -> pyarrow.Table:
    draw = np.random.default_rng(SEED)
    columns = {f"x{place}": draw.gamma(2.0, 1.0, rows).astype(np.float32) for place in range(28)}
    return pyarrow.table({"signal": draw.integers(0, 2, rows), **columns})
