"""The tables: generated once from a seed, split once, and written for Evergreen and for the peers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris, make_classification
from sklearn.model_selection import train_test_split

SEED = 7
TARGET = "y"
# Number of rows that are turned into text together: few enough to save memory, enough to be fast.
CHUNK = 20_000


@dataclass(frozen=True)
class Table:
    """A table: its name, the function that makes columns and classes from a seed, and the number of held-out rows."""

    name: str
    make: Callable[[int], tuple[np.ndarray, np.ndarray]]
    holdout: int = 30


@dataclass(frozen=True)
class Files:
    """The files of a table's two parts, as CSV for Evergreen and as arrays for the peers."""

    folder: Path

    def csv(self, part: str) -> Path:
        """Returns the path of a part as CSV."""
        return self.folder / f"{part}.csv"

    def arrays(self, part: str) -> Path:
        """Returns the path of a part as arrays."""
        return self.folder / f"{part}.npz"


def iris(_seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns Iris from scikit-learn, for every seed."""
    return load_iris(return_X_y=True)


def generated(
    rows: int, columns: int, informative: int, seed: int, flipped: float = 0.01
) -> tuple[np.ndarray, np.ndarray]:
    """Generates two classes.

    If there is room, five columns are sums of the informative ones. The others are noise.
    """
    redundant = min(5, columns - informative)
    return make_classification(
        rows, columns, n_informative=informative, n_redundant=redundant, flip_y=flipped, random_state=seed
    )


def prepare(table: Table, folder: Path, seed: int = SEED) -> Files:
    """Returns the table's files, and writes them if they are missing.

    A mark is written last, so that a half-written folder is never used.
    """
    files = Files(folder / (table.name if seed == SEED else f"{table.name}-{seed}"))
    ready = files.folder / "ready"
    if ready.exists():
        return files
    files.folder.mkdir(parents=True, exist_ok=True)
    values, classes = table.make(seed)
    # All libraries read the same numbers: four decimals, in single precision.
    values = np.round(values, 4).astype(np.float32)
    parts = train_test_split(values, classes, test_size=table.holdout, stratify=classes, random_state=seed)
    for part, rows, labels in (("train", parts[0], parts[2]), ("test", parts[1], parts[3])):
        np.savez(files.arrays(part), x=rows, y=labels)
        _write_csv(files.csv(part), rows, labels)
    ready.touch()
    return files


def _write_csv(path: Path, rows: np.ndarray, labels: np.ndarray) -> None:
    """Writes a CSV file with a header; the last column is the class, a name like `c0`."""
    width = rows.shape[1]
    line = "%.4f," * width + "c%d\n"
    with path.open("w") as file:
        file.write(",".join(f"x{column}" for column in range(width)) + f",{TARGET}\n")
        for start in range(0, len(rows), CHUNK):
            block = np.column_stack([rows[start : start + CHUNK], labels[start : start + CHUNK]])
            file.write(line * len(block) % tuple(block.ravel().tolist()))
