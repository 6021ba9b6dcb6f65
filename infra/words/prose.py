"""Reads the prose of a file: comments and texts of code, and documents without their code.

`of` returns a text of the same length as the file. Prose and line ends stay in their places, the mark of a comment
becomes a blank, and everything else becomes the character GAP. So a phrase that continues in the next line of a comment
is found, and its line is known.
"""

import re
from collections.abc import Callable
from pathlib import Path

# A character in place of everything that is not prose. No phrase matches it.
GAP = "\x00"

_RUST = re.compile(
    r"""
      (?P<comment>//[^\n]*)
    | (?P<block>/\*.*?\*/)
    | (?P<raw>[bc]?r(?P<hashes>\#*)".*?"(?P=hashes))
    | (?P<text>[bc]?"(?:\\.|[^"\\])*")
    | (?P<sign>b?'(?:\\[^\n]+?|[^'\\\n])')
    | (?P<name>\w+)
    """,
    re.VERBOSE | re.DOTALL,
)
_PYTHON = re.compile(
    r"""
      (?P<comment>\#[^\n]*)
    | (?P<text>[A-Za-z]{0,2}
        (?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      )
    | (?P<name>\w+)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK = re.compile(r"^(?://[/!]?|/\*[*!]?|#+!?)")
_QUOTES = re.compile(r"^\w*\#*(?:\"{3}|'{3}|[\"'])|(?:\"{3}|'{3}|[\"'])\#*$")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_CONTINUATION = re.compile(r"\\(?=\n)")
_QUOTED_CODE = re.compile(r"```.*?```|(`+)[^`\n]+?\1|`[^`]*`", re.DOTALL)
_MARKDOWN_LINK = re.compile(r"(?<=\])\([^)\s]*\)")
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def of(path: Path, text: str) -> str:
    """Returns the prose of the file in a text of the same length."""
    reader = _READERS.get(path.suffix, _document)
    return reader(text)


def rust_code(text: str) -> str:
    """Returns the code of a Rust file in a text of the same length: comments and texts are blanks."""
    pieces = []
    end = 0
    for found in _RUST.finditer(text):
        kind = found.lastgroup
        pieces.append(text[end : found.start()])
        pieces.append(found[0] if kind == "name" else _filled(found[0], " "))
        end = found.end()
    return "".join([*pieces, text[end:]])


def _rust(text: str) -> str:
    return _code(text, _RUST)


def _python(text: str) -> str:
    return _code(text, _PYTHON)


def _code(text: str, grammar: re.Pattern[str]) -> str:
    pieces = []
    end = 0
    for found in grammar.finditer(text):
        # White space between two lines of a comment belongs to the prose, so that a phrase may cross it.
        between = text[end : found.start()]
        pieces.append(between if between.isspace() else _filled(between, GAP))
        pieces.append(_token(found))
        end = found.end()
    pieces.append(_filled(text[end:], GAP))
    return _without_quoted_code("".join(pieces))


def _token(found: re.Match[str]) -> str:
    token = found[0]
    if found["comment"] is not None or found.groupdict().get("block") is not None:
        return _COMMENT_MARK.sub(lambda mark: " " * len(mark[0]), token)
    is_text = any(found.groupdict().get(kind) is not None for kind in ("text", "raw"))
    # A text without a blank is a key, a path or a name.
    if not is_text or not re.search(r"\s", token.strip("\"'# \n")):
        return _filled(token, GAP)
    token = _CONTINUATION.sub(" ", token)
    # Placeholders are code, and so are the objects of JSON.
    token = _PLACEHOLDER.sub(lambda code: _filled(code[0], GAP), token)
    # The quotes become gaps, which keep a text apart from the prose around it.
    return _QUOTES.sub(lambda quotes: _filled(quotes[0], GAP), token)


def _document(text: str) -> str:
    return _MARKDOWN_LINK.sub(lambda link: _filled(link[0], GAP), _without_quoted_code(text))


def _html(text: str) -> str:
    return _TAG.sub(lambda tag: _filled(tag[0], GAP), text)


def _without_quoted_code(text: str) -> str:
    return _QUOTED_CODE.sub(lambda code: _filled(code[0], GAP), text)


def _filled(text: str, sign: str) -> str:
    """Returns the text with the sign in place of every character except line ends."""
    return re.sub(r"[^\n]", sign, text)


_READERS: dict[str, Callable[[str], str]] = {".rs": _rust, ".py": _python, ".html": _html}
