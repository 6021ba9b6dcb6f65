"""The list of phrases that this project does not write, and the places where a text has them."""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from prose import GAP

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Phrase:
    """A phrase to avoid, and what to write instead.

    `pattern` is a regular expression without regard to case. A blank in it also matches the end of a line. `only` lists
    endings of files, `allow` files and folders where the phrase is allowed.
    """

    pattern: str
    write: str
    only: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    expression: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compiles the pattern."""
        object.__setattr__(self, "expression", re.compile(self.pattern, re.IGNORECASE))

    def concerns(self, path: str) -> bool:
        """Checks whether the file with this path must not have the phrase."""
        allowed = any(path == place or path.startswith(place.rstrip("/") + "/") for place in self.allow)
        return not allowed and (not self.only or PurePosixPath(path).suffix in self.only)


@dataclass(frozen=True)
class Finding:
    """A place to change and the reason; places are sorted by path and line."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        """Returns the line that is printed."""
        return f"{self.path}:{self.line}: {self.reason}"


@dataclass(frozen=True)
class WordList:
    """The content of words.toml.

    `shared_names` contains names that several public types may share, each with the reason. `old_names` contains words
    that names of types must not contain, each with the word to use.
    """

    phrases: tuple[Phrase, ...]
    shared_names: dict[str, str]
    old_names: dict[str, str]


def read(path: Path) -> WordList:
    """Reads the list."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    phrases = tuple(
        Phrase(entry["pattern"], entry["write"], tuple(entry.get("only", ())), tuple(entry.get("allow", ())))
        for entry in content["phrase"]
    )
    return WordList(phrases, dict(content.get("shared_names", {})), dict(content.get("old_names", {})))


def find(phrases: tuple[Phrase, ...], path: str, prose: str) -> Iterator[tuple[Phrase, Finding]]:
    """Yields each place where the prose of a file has a phrase that it should not have."""
    text, starts = _on_one_line(prose)
    for phrase in phrases:
        if not phrase.concerns(path):
            continue
        for found in phrase.expression.finditer(text):
            said = found[0].strip(GAP + " ")
            yield phrase, Finding(path, bisect_right(starts, found.start()), f'"{said}": write {phrase.write}')


def _on_one_line(prose: str) -> tuple[str, list[int]]:
    """Returns the prose with one blank for each white space, and the place where each of its lines starts.

    An empty line is a gap, so that no phrase crosses it.
    """
    pieces: list[str] = []
    starts = [0]
    length = 0
    for part in re.findall(r"\s+|\S+", prose):
        ends = part.count("\n")
        piece = part if not part.isspace() else GAP if ends > 1 else " "
        pieces.append(piece)
        length += len(piece)
        starts += [length] * ends
    return "".join(pieces), starts
