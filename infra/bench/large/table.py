"""The table of the benchmark: 28 numbers and a label, in row groups of a million rows."""

from pathlib import Path

import numpy as np
import pyarrow
from pyarrow import parquet

COLUMNS, GROUP, SEED, TARGET = 28, 1_000_000, 7, "signal"
TEST_ROWS = 200_000


def file(folder: Path, rows: int, seed: int) -> Path:
    """Returns the path of the table with this number of rows, and makes the table if it is missing."""
    path = folder / f"{rows}-{seed}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / "unfinished.parquet"
        draw = np.random.default_rng(seed)
        with parquet.ParquetWriter(unfinished, _block(draw, 1).schema, use_dictionary=False) as writer:
            for start in range(0, rows, GROUP):
                writer.write_table(_block(draw, min(GROUP, rows - start)), row_group_size=GROUP)
        unfinished.rename(path)
    return path


def _block(draw: np.random.Generator, rows: int) -> pyarrow.Table:
    """Generates rows. The label depends on products, thresholds and sums of columns, and on chance."""
    values = draw.standard_normal((rows, COLUMNS), dtype=np.float32)
    # Some columns are skewed, as measurements are.
    values[:, ::3] = np.exp(values[:, ::3])
    x = values.T
    score = x[1] * x[2] + np.where(x[4] > 0.5, x[5], -x[7]) + 0.5 * np.log(x[0] + x[3]) - 0.3 * x[8] ** 2
    score += 0.4 * (x[10] > 0) * (x[11] > 0) - 0.2 * x[6] + 0.3 * draw.standard_normal(rows)
    labels = (draw.random(rows) < 1 / (1 + np.exp(-score))).astype(np.int8)
    return pyarrow.table({TARGET: labels, **{f"x{place}": values[:, place] for place in range(COLUMNS)}})
