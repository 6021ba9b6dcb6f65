"""The three tables on which scoring is measured, with their goals."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris, make_classification

SEED = 7
# Number of rows that are scored; the rows of Iris are repeated.
ROWS = 10_000
TARGET = "y"


@dataclass(frozen=True)
class Case:
    """A table: Evergreen trains on four fifths of its rows, and scores others."""

    name: str
    title: str
    # Goal: maximum microseconds for one row in a call; None means no goal.
    one: float | None = None
    # Rows, columns, informative columns, and the share of wrong classes, which makes the trees as large as needed. None
    # for Iris.
    generated: tuple[int, int, int, float] | None = None


CASES = (
    Case("iris", "Iris", one=0.7),
    Case("1000x10", "1,000×10", generated=(1_250, 10, 6, 0.14)),
    Case("10000x20", "10,000×20", one=4.0, generated=(12_500, 20, 10, 0.29)),
)


@dataclass(frozen=True)
class Files:
    """A case's files: the training table as CSV, rows to score as little-endian single precision, the artifact."""

    csv: Path
    rows: Path
    artifact: Path
    columns: int


def prepare(case: Case, folder: Path) -> Files:
    """Writes the table and the rows; they are the same each time."""
    folder.mkdir(parents=True, exist_ok=True)
    if case.generated is None:
        values, classes = load_iris(return_X_y=True)
        rows = np.resize(values, (ROWS, values.shape[1]))
    else:
        count, columns, informative, flipped = case.generated
        redundant = min(5, columns - informative)
        values, classes = make_classification(
            count + ROWS, columns, n_informative=informative, n_redundant=redundant, flip_y=flipped, random_state=SEED
        )
        rows, values, classes = values[count:], values[:count], classes[:count]
    table, scored, artifact = (folder / f"{case.name}.{end}" for end in ("csv", "rows", "onnx"))
    files = Files(table, scored, artifact, values.shape[1])
    np.round(rows, 4).astype("<f4").tofile(files.rows)
    with files.csv.open("w") as file:
        print(",".join(f"x{column}" for column in range(files.columns)), TARGET, sep=",", file=file)
        for row, label in zip(values, classes):
            print(*(f"{value:.4f}" for value in row), f"c{label}", sep=",", file=file)
    return files
