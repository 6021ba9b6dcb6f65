"""Ten shapes of table, each generated from a fixed seed.

Narrow and wide ones, with numbers, categories and texts, compressed or not.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

SEED = 7
TARGET = "y"
# Number of rows that are written together.
CHUNK = 20_000


@dataclass(frozen=True)
class Shape:
    """A table: name, rows, number of feature columns, the function that makes a row, and the model family to train."""

    name: str
    title: str
    family: str
    rows: int
    columns: int
    row: Callable[[random.Random, int], str]
    ending: str = ".csv"
    seconds: int = 60

    def file(self, folder: Path) -> Path:
        """Returns the path of the table, and writes the table if it is missing.

        It writes to another name first, so that a half-written file is never used.
        """
        file = folder / f"{self.name}{self.ending}"
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = folder / f"unfinished{self.ending}"
            _WRITERS[self.ending](unfinished, self)
            unfinished.rename(file)
        return file

    def lines(self) -> Iterator[str]:
        """Returns the header, then the rows."""
        draw = random.Random(SEED)  # noqa: S311 - the numbers are not secret
        header = ",".join([*(f"x{column}" for column in range(self.columns)), TARGET])
        return chain([header], (self.row(draw, self.columns) for _ in range(self.rows)))


def _digits(draw: random.Random, columns: int) -> str:
    return ",".join(str(int(draw.random() * 10)) for _ in range(columns)) + f",{int(draw.random() * 2)}"


def _numbers(draw: random.Random, columns: int) -> str:
    return ",".join(f"{draw.random():.4f}" for _ in range(columns)) + f",c{int(draw.random() * 2)}"


def _regression(draw: random.Random, columns: int) -> str:
    return ",".join(f"{draw.random():.3f}" for _ in range(columns)) + f",{draw.random():.6f}"


def _bits(draw: random.Random, columns: int) -> str:
    return ",".join(format(draw.getrandbits(columns + 1), f"0{columns + 1}b"))


def _categories(draw: random.Random, columns: int) -> str:
    return ",".join(f"c{int(draw.random() * 50)}" for _ in range(columns)) + f",k{int(draw.random() * 2)}"


def _classes(draw: random.Random, columns: int) -> str:
    return ",".join(f"{draw.random():.4f}" for _ in range(columns)) + f",k{int(draw.random() * 100)}"


def _texts(draw: random.Random, columns: int) -> str:
    cells = (f"a text of some length, number {int(draw.random() ** 4 * 5000)}" for _ in range(columns))
    return ",".join(f'"{cell}"' for cell in cells) + f",k{int(draw.random() * 2)}"


def _write_text(opened: Callable[..., Any], file: Path, shape: Shape) -> None:
    with opened(file, "wt") as to:
        lines = shape.lines()
        while block := list(islice(lines, CHUNK)):
            to.write("\n".join(block) + "\n")


def _write_csv(file: Path, shape: Shape) -> None:
    _write_text(open, file, shape)


def _write_gzip(file: Path, shape: Shape) -> None:
    _write_text(gzip.open, file, shape)


def _write_parquet(file: Path, shape: Shape) -> None:
    from pyarrow import csv, parquet

    text = file.with_suffix(".csv")
    _write_csv(text, shape)
    parquet.write_table(csv.read_csv(text), file)
    text.unlink()


_WRITERS: dict[str, Callable[[Path, Shape], None]] = {
    ".csv": _write_csv,
    ".csv.gz": _write_gzip,
    ".parquet": _write_parquet,
}

SHAPES = (
    Shape("narrow", "20,000,000×2 digits", "random_forest", 20_000_000, 2, _digits, seconds=120),
    Shape("narrow-boosting", "5,000,000×2 digits, gzip", "gradient_boosting", 5_000_000, 2, _digits, ".csv.gz"),
    Shape("numbers", "200,000×20 numbers", "random_forest", 200_000, 20, _numbers, seconds=240),
    Shape("parquet", "200,000×20 numbers, Parquet", "linear", 200_000, 20, _numbers, ".parquet"),
    Shape("regression", "200,000×10, of numbers", "random_forest", 200_000, 10, _regression, seconds=240),
    Shape("wide", "3,000×2,000 numbers", "gradient_boosting", 3_000, 2_000, _numbers, seconds=120),
    Shape("bits", "5,000×3,000 digits 0 and 1", "random_forest", 5_000, 3_000, _bits),
    Shape("categories", "200,000×8 of 50 categories", "gradient_boosting", 200_000, 8, _categories),
    Shape("classes", "60,000×10, of 100 classes", "random_forest", 60_000, 10, _classes, seconds=240),
    Shape("texts", "100,000×10 of 5,000 texts", "random_forest", 100_000, 10, _texts, seconds=120),
)
