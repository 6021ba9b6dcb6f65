"""The tables that are read: one with numbers only, and one with all usual kinds of columns."""

from pathlib import Path

import numpy as np
import pyarrow
from pyarrow import csv, parquet

ROWS = 400_000
SEED = 7
# The target of each table.
TARGETS = {"numbers": "signal", "mixed": "kept"}
WORDS = np.array(["good", "late", "very", "room", "clean", "noisy", "again", "never", "staff", "price"])


def file(folder: Path, name: str, rows: int, ending: str) -> Path:
    """Returns the path of the table with this name and number of rows, and makes the table if it is missing."""
    path = folder / f"{name}-{rows}{ending}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"unfinished{ending}"
        write = csv.write_csv if ending == ".csv" else parquet.write_table
        write(_numbers(rows) if name == "numbers" else _mixed(rows), unfinished)
        unfinished.rename(path)
    return path


def _numbers(rows: int) -> pyarrow.Table:
    """Generates 28 measurements of a collision and its class, as floating-point numbers with many digits."""
    draw = np.random.default_rng(SEED)
    columns = {f"x{place}": draw.gamma(2.0, 1.0, rows).astype(np.float32) for place in range(28)}
    return pyarrow.table({"signal": draw.integers(0, 2, rows), **columns})


def _mixed(rows: int) -> pyarrow.Table:
    """Generates hotel stays: IDs, dates, categories, prices with missing values, comments with commas and more."""
    draw = np.random.default_rng(SEED)
    days = np.datetime64("2022-01-01") + draw.integers(0, 1000, rows)
    prices = np.round(draw.gamma(3.0, 60.0, rows), 2)
    words = WORDS[draw.integers(0, len(WORDS), (rows, 6))]
    return pyarrow.table(
        {
            "booking_id": np.arange(rows) * 3 + 100_000,
            "day": days.astype(str),
            "city": np.array(["Aachen", "Bonn", "Köln", "Zürich", "Ulm"])[draw.integers(0, 5, rows)],
            "hotel": [f"H{hotel:03}" for hotel in draw.integers(0, 400, rows)],
            "nights": draw.integers(1, 15, rows),
            "guests": draw.integers(1, 5, rows),
            "price": pyarrow.array(prices, mask=draw.random(rows) < 0.05),
            "rating": draw.integers(10, 51, rows) / 10,
            "returning": draw.random(rows) < 0.3,
            "comment": [
                f"{' '.join(three)}, {' '.join(rest)}" for three, rest in zip(words[:, :3], words[:, 3:], strict=True)
            ],
            "kept": draw.integers(0, 2, rows),
        }
    )
