"""Rows of a table's file as texts, and as a client of the API sends them."""

import csv
import gzip
import json
import re
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path

from .console import Failure, tail
from .settings import ROOT

Row = dict[str, object]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

# Spellings of a missing value in a CSV, as training reads them.
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "Null", "<NA>")


def header(file: Path) -> list[str]:
    """The names of the columns; Failure when the file cannot be read."""
    if _is_parquet(file):
        return _parquet(file, 0)["columns"]
    with _csv(file) as reader:
        return _header(reader, file)


def first(file: Path, count: int) -> list[Row]:
    """The first rows, at most `count`: texts of a CSV, values of a Parquet file. What is missing is "" or None.

    Raises Failure when the file cannot be read.
    """
    if _is_parquet(file):
        return _parquet(file, count)["rows"]
    with _csv(file) as reader:
        columns = _header(reader, file)
        return [dict(zip(columns, cells)) for cells in islice((cells for cells in reader if cells), count)]


def to_json(row: Row, columns: list[dict]) -> Row:
    """The row as a client sends it: the columns of a model's signature, each as the type that it has there."""
    return {column["name"]: _value(row.get(column["name"]), column["type"]) for column in columns}


def look_like_values(columns: list[str]) -> bool:
    """Whether what should be names are values: a number, a date or a truth value is among them, or two are alike.

    Numbers alone may be names where they count up, as those that a program gives.
    """
    numbers = [_number(name) for name in columns]
    counted = [number for number in numbers if isinstance(number, int)]
    counts_up = len(counted) > 2 and all(after - before == 1 for before, after in pairwise(counted))
    are_numbers = any(not isinstance(number, str) for number in numbers) and not (
        counts_up and not any(isinstance(number, float) for number in numbers)
    )
    others = any(_DATE.match(name) or name.lower() in ("true", "false") for name in columns)
    named = [name for name in columns if name]
    return are_numbers or others or len(set(named)) < len(named)


def _header(reader: Iterator[list[str]], file: Path) -> list[str]:
    columns = next(reader, None)
    if not columns:
        raise Failure(f"{file} is empty; expected a header that names the columns")
    return [name.strip() for name in columns]


def _value(value, kind: str):
    """Converts a CSV's text, or what a Parquet file has; what cannot be converted stays, for the API to name it."""
    if value is None or value != value:
        return None
    if not isinstance(value, str):
        return str(value) if kind in ("category", "timestamp") else value
    text = value.strip()
    if text in MISSING:
        return None
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    return _number(text) if kind == "number" else text


def _number(text: str) -> int | float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


@contextmanager
def _csv(file: Path):
    """Yields a reader of the file's records; what goes wrong while it is used is a Failure."""
    opened = gzip.open if file.name.lower().endswith(".gz") else open
    try:
        with opened(file, "rt", encoding="utf-8-sig", newline="") as lines:
            yield csv.reader(lines)
    except UnicodeDecodeError as error:
        raise Failure(f"{file} is not UTF-8; save the table in that encoding") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Failure(f"{file} is no gzip file, or is cut off") from error
    except (OSError, csv.Error) as error:
        raise Failure(f"{file} cannot be read: {error}") from error


def _is_parquet(file: Path) -> bool:
    return file.name.lower().endswith(".parquet")


def _parquet(file: Path, count: int) -> dict:
    """Asks the environment that can read it, which is made when it is first needed."""
    python = ROOT / ".venv/parquet/bin/python"
    if not (ROOT / ".venv/parquet/ready").exists():
        made = subprocess.run([ROOT / "infra/local/venv", "parquet"], check=False)
        if made.returncode:
            words = tail(ROOT / ".venv/parquet.log")
            raise Failure(f"{file.name} cannot be looked into; the end of .venv/parquet.log:\n{words}")
    script = Path(__file__).with_name("parquet.py")
    read = subprocess.run([python, script, file, str(count)], capture_output=True, text=True, check=False)
    if read.returncode:
        raise Failure(f"{file} cannot be read: {(read.stderr.strip().splitlines() or ['(no word)'])[-1]}")
    return json.loads(read.stdout)
