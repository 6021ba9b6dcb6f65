"""Opens the console of a deployed stack in a real browser, and checks each page.

`python infra/browser --link URL --out target/browser` needs a link of the console, and Chromium on this machine.
"""

import argparse
import sys
from pathlib import Path

import chromium
from visit import Visitor

# The pages of the console, relative to its root.
PAGES = ("", "runs", "versions", "dataset", "try", "audit", "alarms", "schedule")


def main() -> int:
    """Visits every page; returns 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--link", required=True, help="link that opens a session, as `evergreen console` prints it")
    parser.add_argument("--out", type=Path, default=Path("target/browser"), help="directory of the screenshots")
    arguments = parser.parse_args()
    path = chromium.find()
    if not path:
        print(f"*** {chromium.MISSING}", file=sys.stderr)
        return 1
    with chromium.started(path) as browser:
        visitor = Visitor(browser, arguments.out)
        visitor.open_link(arguments.link)
        for page in PAGES:
            visitor.visit(page)
        visitor.close()
    for problem in visitor.problems:
        print(f"*** {problem}", file=sys.stderr)
    return 1 if visitor.problems else 0


if __name__ == "__main__":
    sys.exit(main())
