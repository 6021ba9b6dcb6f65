"""Formats the lines as a table, for the terminal, for docs/PROOF.md, and as JSON."""

import json
import os
import platform
from datetime import datetime, timezone
from pathlib import Path

from comparison import Line
from driver import console
from driver.settings import ROOT, code_version

PAGE = ROOT / "docs/PROOF.md"
BEGIN, END = "<!-- results: make served -->", "<!-- end of served results -->"
HEADINGS = (
    "Table",
    "Rows",
    "Columns",
    "Hold-out",
    "Model",
    "Metric",
    "Evergreen",
    "scikit-learn",
    "Standard error",
    "Holds",
)


def show(lines: list[Line]) -> None:
    """Prints the table, and below it the answers that differ from their manifest."""
    console.table([heading.upper() for heading in HEADINGS], [_cells(line) for line in lines])
    for line in lines:
        if line.served:
            console.say(f"{line.table}, {line.family}: the answers differ from the manifest: {line.served}")


def write_down(lines: list[Line], path: Path) -> None:
    """Writes the lines as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"made": _made(), "lines": [line.record() for line in lines]}, indent=2) + "\n")


def publish(lines: list[Line]) -> None:
    """Writes the table into docs/PROOF.md, between its marks."""
    text = PAGE.read_text()
    if BEGIN not in text or END not in text:
        raise console.Failure(f"{PAGE} does not contain the marks {BEGIN} and {END}; add them. Nothing was written")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    rows = ["| " + " | ".join(cells) + " |" for cells in (HEADINGS, *(_cells(line) for line in lines))]
    align = "|" + "|".join("---:" if 0 < place < 4 or 5 < place < 9 else "---" for place in range(len(HEADINGS))) + "|"
    made = _made()
    results = f"Commit {made['commit']}, {made['date']}, {made['machine']}.\n\n" + "\n".join(
        [rows[0], align, *rows[1:]]
    )
    PAGE.write_text(f"{before}{BEGIN}\n{results}\n{END}{after}")


def _made() -> dict[str, str]:
    return {
        "commit": code_version(),
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
    }


def _cells(line: Line) -> tuple[str, ...]:
    model = line.family if line.asked == line.family else f"{line.asked}: {line.family}"
    return (
        line.table,
        str(line.rows),
        str(line.columns),
        str(line.holdout),
        model.replace("_", " "),
        "accuracy" if line.task == "classification" else "R²",
        f"{line.evergreen:.4f}",
        f"{line.scikit_learn:.4f}",
        f"{line.standard_error:.4f}",
        "yes" if line.holds else "no",
    )
