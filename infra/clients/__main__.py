"""Tests the protocols of the prediction API of a deployed stack with the real clients of other servers.

`infra/local clients` deploys a stack, trains a version, starts `evergreen proxy`, and calls this program with the
variables of that stack.
"""

import sys
import unittest
from pathlib import Path

import stack

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Runs the tests, or those whose names contain one of the arguments; returns 0 if all of them passed."""
    if missing := stack.missing():
        print(f"*** not set: {', '.join(missing)}; `make clients-test` sets them", file=sys.stderr)
        return 1
    loader = unittest.TestLoader()
    if len(sys.argv) > 1:
        loader.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]]
    suite = loader.discover(str(HERE / "tests"), top_level_dir=str(HERE))
    return 0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
