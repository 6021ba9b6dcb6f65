"""Checks Rust declarations: names of public types are unique, and comments of numbers say more than their names."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import prose
from phrases import Finding

_TYPE = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|trait|type|union)\s+(\w+)", re.MULTILINE)
_PUBLIC_TYPE = re.compile(r"^[ \t]*pub(?:\([^)]*\))?\s+(?:struct|enum|trait|type|union)\s+(\w+)", re.MULTILINE)
# A comment of one line, attributes, and a constant number.
_NUMBER = re.compile(
    r"^(?P<before>.*)\n[ \t]*///(?P<comment>.*)\n"
    r"(?:[ \t]*#\[.*\]\n)*[ \t]*(?:pub(?:\([^)]*\))?\s+)?const (?P<name>\w+): (?:[iuf]\d+|[iu]size)\b",
    re.MULTILINE,
)
# Words that add nothing to a name.
_FILLERS = frozenset(
    re.findall(r"\w+", "a an and as at by for from in is it its number of on one or that the their this to with")
)
_LONG_FORMS = {"max": "maximum", "most": "maximum", "min": "minimum", "least": "minimum", "ms": "millisecond"}
# The folder `compatibility` tests records that earlier releases wrote.
_TEST_FOLDERS = frozenset(["tests", "benches", "examples", "compatibility"])


def shared_names(files: Mapping[str, str], allowed: Mapping[str, str]) -> Iterator[Finding]:
    """Yields public types that share a name, and allowed names that are no longer shared."""
    places: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for path, text in sorted(files.items()):
        if _is_test(path):
            continue
        code = prose.rust_code(text)
        for found in _PUBLIC_TYPE.finditer(code):
            places[found[1]].append((path, code.count("\n", 0, found.start(1)) + 1))
    for name, declared in sorted(places.items()):
        if len(declared) > 1 and name not in allowed:
            first, *others = declared
            also = ", ".join(f"{path}:{line}" for path, line in others)
            yield Finding(*first, f"the public type {name} has the name of another one, at {also}: rename one of them")
    for name in sorted(allowed):
        if len(places[name]) < 2:
            yield Finding("infra/words/words.toml", 1, f"shared_names: {name} is not shared any more: remove the entry")


def old_names(files: Iterable[tuple[str, str]], words: Mapping[str, str]) -> Iterator[Finding]:
    """Yields types whose name contains an old word."""
    for path, text in files:
        code = prose.rust_code(text)
        for found in _TYPE.finditer(code):
            for word, instead in words.items():
                if re.search(rf"(?<![A-Z]){word}(?![a-z])", found[1]):
                    line = code.count("\n", 0, found.start(1)) + 1
                    yield Finding(path, line, f"the type {found[1]} has the word {word} in its name: write {instead}")


def repeated_names(files: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Yields constant numbers whose comment only repeats the name."""
    for path, text in files:
        for found in _NUMBER.finditer(text):
            in_longer_comment = found["before"].lstrip().startswith("///")
            if not in_longer_comment and not _words(found["comment"]) - _words(found["name"].replace("_", " ")):
                line = text.count("\n", 0, found.start("name")) + 1
                yield Finding(path, line, f"the comment of {found['name']} repeats its name: say what the number means")


def _words(text: str) -> set[str]:
    found = (_LONG_FORMS.get(word, word) for word in re.findall(r"[a-z0-9]+", text.lower()))
    return {word.rstrip("s") for word in found} - _FILLERS


def _is_test(path: str) -> bool:
    folders = PurePosixPath(path)
    return folders.name == "tests.rs" or not _TEST_FOLDERS.isdisjoint(folders.parts)
