"""Tests the console of a deployed stack in a real browser, or takes the README's pictures of the console.

`infra/local browser` deploys a stack, trains some versions, and calls this program with the variables of that stack.
The pictures need no stack.
"""

import argparse
import sys
import unittest
from pathlib import Path

import chromium
import pictures
import stack

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parents[1] / "docs/images"


def main() -> int:
    """Runs the tests; returns 0 if all of them passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screenshots", action="store_true", help="only write the README's pictures of the console")
    parser.add_argument("--check", action="store_true", help="only say whether there is a browser")
    parser.add_argument("tests", nargs="*", help="parts of the names of tests; default: all tests")
    arguments = parser.parse_args()
    try:
        path = chromium.required()
    except chromium.Missing as problem:
        print(f"*** {problem}", file=sys.stderr)
        return 1
    if arguments.check:
        return 0
    if arguments.screenshots:
        with chromium.started(path) as browser:
            pictures.take(browser, IMAGES)
        return 0
    if missing := stack.missing():
        print(f"*** not set: {', '.join(missing)}; `make browser-test` sets them", file=sys.stderr)
        return 1
    loader = unittest.TestLoader()
    if arguments.tests:
        loader.testNamePatterns = [f"*{name}*" for name in arguments.tests]
    suite = loader.discover(str(HERE / "tests"), top_level_dir=str(HERE))
    return 0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
