"""Reads rows of a table's file as texts, and converts them to what a client of the API sends."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from . import tablefile
from .console import Failure, tail
from .settings import ROOT

Row = dict[str, object]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

# Spellings of a missing value in a CSV, the same as in training.
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "Null", "<NA>")

# Further spellings of a missing value in a column of numbers, dates or truth values.
MARKS = ("?", "-", ".", "none", "None", "#N/A", "#DIV/0!", "inf", "-inf")


def header(file: Path) -> list[str]:
    """Returns the names of the columns; raises Failure if the file cannot be read."""
    if _is_parquet(file):
        return _parquet(file, 0)["columns"]
    return _header(tablefile.records(file), file)


def first(file: Path, count: int) -> list[Row]:
    """Returns the first rows, at most `count`: texts of a CSV, values of a Parquet file.

    A missing value is "" or None. Raises Failure if the file cannot be read.
    """
    if _is_parquet(file):
        return _parquet(file, count)["rows"]
    records = tablefile.records(file)
    columns = _header(records, file)
    return [dict(zip(columns, cells)) for cells in islice(records, count)]


def to_json(row: Row, columns: list[dict[str, Any]]) -> Row:
    """Converts the row to what a client sends: each column of the model's signature, with its type."""
    return {column["name"]: _value(row.get(column["name"]), column["type"]) for column in columns}


def look_like_values(columns: list[str]) -> bool:
    """Returns whether a header looks like values: it has a number, a date, a truth value, or two equal names.

    Numbers that count up may be names, because programs write such headers.
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
    # Training gives the same name to a column without one.
    return [name.strip() or f"Unnamed: {index}" for index, name in enumerate(columns)]


def _value(value: Any, kind: str) -> Any:
    """Converts a CSV's text or a Parquet file's value.

    If it cannot be converted, it is returned unchanged, so that the API reports it.
    """
    if value is None or value != value:
        return None
    if not isinstance(value, str):
        return str(value) if kind in ("category", "timestamp") else value
    text = value.strip()
    if text in MISSING or (kind != "category" and text in MARKS):
        return None
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if kind == "number":
        number = _number(text)
        return _written(text) if isinstance(number, str) else number
    return _moment(text) if kind == "timestamp" else text


def _number(text: str) -> int | float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _written(text: str) -> int | float | str:
    """Reads a number with a currency, a percent sign, or marks between thousands; returns other texts unchanged."""
    bare = re.sub(r"[^0-9.,()+-]", "", text)
    digits = bare.strip("()+-")
    if not re.fullmatch(r"[0-9.,]*[0-9][0-9.,]*", digits) or len(re.findall(r"[A-Za-z]", text)) > 3:
        return text
    decimal = max(digits.rfind(","), digits.rfind("."))
    is_one = digits.count(digits[decimal]) == 1 if decimal >= 0 else False
    if is_one and not ("," in digits and "." in digits) and re.fullmatch(r"\d{1,3}[.,]\d{3}", digits):
        is_one = digits[decimal] == "."
    whole = re.sub(r"[.,]", "", digits[:decimal] if is_one else digits)
    number = _number(f"{whole}.{digits[decimal + 1 :]}" if is_one else whole)
    return -number if not isinstance(number, str) and bare.startswith(("-", "(")) else number


def _moment(text: str) -> str:
    """Converts a date in a known form to the API's form; returns other texts unchanged."""
    forms = (
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%Y/%m/%d",
        "%d-%m-%Y",
        "%b %d %Y",
        "%d %b %Y",
        "%Y-%m",
        "%H:%M",
        "%H:%M:%S",
    )
    for form in forms:
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        return (
            found.replace(year=2000, month=1, day=1).isoformat() if form.startswith("%H") else found.date().isoformat()
        )
    return text.removesuffix(" UTC")


def _is_parquet(file: Path) -> bool:
    return file.name.lower().endswith(".parquet")


def _parquet(file: Path, count: int) -> dict[str, Any]:
    """Reads the file in an environment with pyarrow, which is created when it is first needed."""
    python = ROOT / ".venv/parquet/bin/python"
    if not (ROOT / ".venv/parquet/ready").exists():
        made = subprocess.run([ROOT / "infra/local/venv", "parquet"], check=False)
        if made.returncode:
            words = tail(ROOT / ".venv/parquet.log")
            raise Failure(
                f"{file.name} cannot be read without .venv/parquet, which could not be made; "
                f"the end of .venv/parquet.log:\n{words}"
            )
    script = Path(__file__).with_name("parquet.py")
    read = subprocess.run([python, script, file, str(count)], capture_output=True, text=True, check=False)
    if read.returncode:
        raise Failure(f"{file} cannot be read: {(read.stderr.strip().splitlines() or ['(no message)'])[-1]}")
    return json.loads(read.stdout)
