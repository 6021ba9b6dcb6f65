"""Reads the records of a table's file as texts, from CSV, JSON lines, a workbook, or one such file in a ZIP.

Training has its own reader. This one serves to check the target's name and to send the first rows to the model.
"""

import codecs
import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

from .console import Failure

_SEPARATORS = (",", ";", "\t", "|")
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def records(file: Path) -> Iterator[list[str]]:
    """Returns the records, the header first; raises Failure if the file cannot be read."""
    try:
        name, content = _unpacked(file.name, file.read_bytes())
        if _is_workbook(content):
            return _sheet(content)
        text = _text(content, file)
        if name.lower().endswith((".jsonl", ".ndjson", ".json")) or text.lstrip().startswith('{"'):
            return _objects(text)
        return _csv(text)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Failure(f"{file} is not a gzip file, or it is incomplete") from error
    except (OSError, csv.Error, zipfile.BadZipFile, KeyError, ElementTree.ParseError) as error:
        raise Failure(f"{file} cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise Failure(f"{file} cannot be read: line {error.lineno} is not a JSON object") from error


def _unpacked(name: str, content: bytes) -> tuple[str, bytes]:
    if name.lower().endswith(".gz") or content.startswith(b"\x1f\x8b"):
        return name.removesuffix(".gz"), gzip.decompress(content)
    if content.startswith(b"PK\x03\x04") and not _is_workbook(content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [one for one in archive.namelist() if not one.endswith("/") and not one.startswith("__MACOSX/")]
            if len(names) != 1:
                raise zipfile.BadZipFile(f"it is an archive of {len(names)} files; expected one table in it")
            return names[0], archive.read(names[0])
    return name, content


def _is_workbook(content: bytes) -> bool:
    if not content.startswith(b"PK\x03\x04"):
        return False
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "xl/workbook.xml" in archive.namelist()


def _text(content: bytes, file: Path) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if content[1:200:2].count(0) > 50:
        return content.decode("utf-16-le", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        if b"\0" in content:
            raise Failure(f"{file} cannot be read as a table: it contains bytes that are not text") from None
        return content.decode("cp1252", errors="replace")


def _csv(text: str) -> Iterator[list[str]]:
    said = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)
    text = text[said.end() :] if said else text
    separator = said[1] if said else max(_SEPARATORS, key=lambda one: _likeness(text, one))
    return (record for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if record)


def _likeness(text: str, separator: str) -> tuple[float, int]:
    """Returns the share of the first records that are as wide as the header, and that width."""
    widths = [
        len(record) for record in islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 200) if record
    ]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


def _objects(text: str) -> Iterator[list[str]]:
    start = text.lstrip()
    objects = (
        json.loads(start) if start.startswith("[") else [json.loads(line) for line in text.splitlines() if line.strip()]
    )
    names = list(dict.fromkeys(name for one in objects for name in one))
    return iter([names, *([_cell(one.get(name)) for name in names] for one in objects)])


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _sheet(content: bytes) -> Iterator[list[str]]:
    """Reads a workbook's first sheet from the first row with two cells; dates stay the numbers that Excel stores."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        shared = []
        if "xl/sharedStrings.xml" in archive.namelist():
            items = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314 - the user's own file
            shared = ["".join(part.text or "" for part in item.iter(f"{_SHEET}t")) for item in items]
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    rows = [_sheet_row(row, shared) for row in sheet.iter(f"{_SHEET}row")]
    start = next((index for index, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    width = max(map(len, rows[start:]), default=0)
    return (row + [""] * (width - len(row)) for row in rows[start:])


def _sheet_row(row: ElementTree.Element, shared: list[str]) -> list[str]:
    cells: list[str] = []
    for cell in row.iter(f"{_SHEET}c"):
        column = 0
        for letter in re.sub(r"\d", "", cell.get("r", "")):
            column = column * 26 + ord(letter) - 64
        cells += [""] * (column - 1 - len(cells))
        value = cell.findtext(f"{_SHEET}v") or "".join(part.text or "" for part in cell.iter(f"{_SHEET}t"))
        kind = cell.get("t")
        cells.append(
            shared[int(value)]
            if kind == "s" and value
            else {"1": "true", "0": "false"}[value]
            if kind == "b"
            else value
        )
    return cells
