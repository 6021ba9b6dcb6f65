"""Checks the words of this project. `make words` calls it.

It reports phrases of words.toml in comments, texts and documents, types of Rust with an old word in their name, public
types that share a name, and comments of constants that repeat the name. It exits with 1 if it reports anything.
"""

import argparse
import subprocess
import sys
from collections import Counter
from pathlib import Path

import declarations
import phrases
import prose

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("words.toml")
# Patterns of the checked files for `git ls-files`, where `*` also matches "/".
FILES = ("*.rs", "*.py", "*.md", "*.html", "infra/mail/*.txt", "template.yaml", "Makefile")


def main() -> int:
    """Reports every finding; returns 1 if there is one."""
    parser = argparse.ArgumentParser(prog="make words", description=__doc__)
    parser.add_argument("--counts", action="store_true", help="print how often each phrase occurs, and no places")
    arguments = parser.parse_args()
    words = phrases.read(LIST)
    files = {path: (ROOT / path).read_text(encoding="utf-8") for path in _tracked()}
    pairs = [
        pair for path, text in files.items() for pair in phrases.find(words.phrases, path, prose.of(Path(path), text))
    ]
    if arguments.counts:
        for pattern, count in Counter(phrase.pattern for phrase, _ in pairs).most_common():
            print(f"{count:5} {pattern}")
        return int(bool(pairs))
    rust = {path: text for path, text in files.items() if path.endswith(".rs")}
    findings = [finding for _, finding in pairs]
    findings += declarations.shared_names(rust, words.shared_names)
    findings += declarations.old_names(rust.items(), words.old_names)
    findings += declarations.repeated_names(rust.items())
    for finding in sorted(findings, key=lambda finding: (finding.path, finding.line)):
        print(finding)
    if findings:
        print(f"words: {len(findings)} places to change; infra/words/words.toml has the list", file=sys.stderr)
    return int(bool(findings))


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *FILES], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


if __name__ == "__main__":
    sys.exit(main())
