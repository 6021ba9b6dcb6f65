"""Checks DATASET, TARGET and MODEL, which describe the user's table, before anything is started."""

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from . import rows
from .console import Failure

SETTINGS = "dataset.toml"
FORMATS = (
    *(".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".xlsx", ".xlsm", ".zip"),
    *(".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz"),
)
EXPECTED = ".csv, .tsv, .jsonl, .csv.gz, .parquet, .xlsx or .zip"
# The template's rule for ModelName. A stack's name contains the model's name and must be short.
MODEL_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class OwnTable:
    """A table to train on: `files` are its parts, `said` is the content of its dataset.toml."""

    model: str
    target: str
    files: tuple[Path, ...]
    settings_file: Path | None
    said: dict[str, Any]

    @property
    def parameters(self) -> dict[str, str]:
        """Returns the template's parameters for the table."""
        return {"ModelName": self.model, "TargetColumn": self.target, "TrainMemory": str(_train_memory())}

    @property
    def uploads(self) -> tuple[Path, ...]:
        """Returns all files that belong in the bucket."""
        return self.files + ((self.settings_file,) if self.settings_file else ())


def find(dataset: str, target: str, model: str) -> OwnTable | None:
    """Returns the table that the command line describes; None means Iris. An empty text is a missing argument.

    Raises Failure if the table or its target does not exist.
    """
    if not dataset:
        if target:
            raise Failure(f'TARGET={target} needs a table with this column: set DATASET="table.csv" too')
        if model:
            raise Failure(f'MODEL={model} needs a table: set DATASET="table.csv" too')
        return None
    path = Path(dataset).expanduser()
    files = _files(path)
    folder = path if path.is_dir() else path.parent
    settings_file = folder / SETTINGS if (folder / SETTINGS).is_file() else None
    said = _settings(settings_file)
    columns = rows.header(files[0])
    return OwnTable(_model(model, path), _target(target, said, columns, files[0]), files, settings_file, said)


def is_data(path: Path) -> bool:
    """Returns whether the file's name shows that it is part of a table."""
    return path.name.lower().endswith(FORMATS) and not path.name.startswith(".")


def _train_memory() -> int:
    """Returns the memory for training in MB: three quarters of this machine's memory, within Lambda's limits."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(512, min(10_240, physical * 3 // 4))


def _files(path: Path) -> tuple[Path, ...]:
    if path.is_dir():
        files = tuple(sorted(file for file in path.iterdir() if file.is_file() and is_data(file)))
        if not files:
            raise Failure(f"DATASET: the directory {path} has no table; expected a file that ends in {EXPECTED}")
        return files
    if not path.exists():
        raise Failure(f"DATASET: the file or directory {path} does not exist{_near(path.name, _siblings(path))}")
    if not is_data(path):
        raise Failure(
            f"DATASET: the format of {path.name} is not supported; expected a file that ends in {EXPECTED}, "
            "or a directory of such files. Databases can export CSV."
        )
    return (path,)


def _siblings(path: Path) -> list[str]:
    return [file.name for file in path.parent.iterdir() if is_data(file)] if path.parent.is_dir() else []


def _settings(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomli.loads(file.read_text(encoding="utf-8-sig"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: {error}") from error


def _target(given: str, said: dict[str, Any], columns: list[str], file: Path) -> str:
    written = said.get("target")
    if given and written and given != written:
        raise Failure(f'TARGET={given}, but {SETTINGS} has target = "{written}": leave out one of them')
    target = given or written
    if target not in columns and rows.look_like_values(columns):
        raise Failure(
            f"DATASET: {file.name} has no header row: its first line has values. Add a line with the columns' names"
        )
    listed = f"The columns of {file.name}: {', '.join(columns)}"
    if not target:
        example = f'TARGET="{columns[-1]}"'
        raise Failure(f"TARGET is not set: name the column to predict, for example {example}\n    {listed}")
    if target not in columns:
        raise Failure(f"TARGET: {file.name} has no column {target}{_near(target, columns)}\n    {listed}")
    return target


def _near(name: str, others: list[str]) -> str:
    found = difflib.get_close_matches(name, others, 1)
    return f"; did you mean {found[0]}?" if found else ""


def _model(given: str, path: Path) -> str:
    if given:
        if MODEL_NAME.fullmatch(given):
            return given
        raise Failure(
            f"MODEL={given} is not a valid model name; expected lower-case letters, digits and hyphens, "
            "with a letter first, at most 40 characters"
        )
    stem = path.resolve().name
    for ending in sorted(FORMATS, key=len, reverse=True):
        stem = stem[: -len(ending)] if stem.lower().endswith(ending) else stem
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    # A name must begin with a letter, also that of "2024 sales.csv".
    name = name if name[:1].isalpha() else f"table-{name}".rstrip("-")
    return name[:40].rstrip("-")
