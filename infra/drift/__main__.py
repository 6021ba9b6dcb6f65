"""Simulates the drift test, compares it with Evidently and NannyML, and writes the tables of docs/WATCHING.md.

`make drift-proof` calls it. The results of each step are kept in target/drift. `--go-on` takes kept results.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import page

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/drift"
DOCUMENT = ROOT / "docs/WATCHING.md"

# Rows a day, and rows of the table. One run of the example simulates a part of the years, so a stopped proof can go on.
YEARS = [(8, 200), (1000, 10_000), (1_000_000, 10_000)]
PART = 2000
ALL_YEARS = 10_000

# Rows a day, rows of the table, days, and by how many standard deviations one column moves after half of the days.
STREAMS = [
    (8, 200, 120, 0.0),
    (100, 1000, 60, 0.0),
    (1000, 10_000, 60, 0.0),
    (50_000, 10_000, 6, 0.0),
    (8, 200, 120, 0.5),
    (100, 1000, 40, 0.5),
    (1000, 10_000, 20, 0.2),
    (1000, 10_000, 20, 0.5),
]

# Evidently and NannyML call these two columns drifted nearly every day: they have 200 and 1,000 categories.
MANY_CATEGORIES = ["c25", "c26"]
MOVED = "c0"


def main() -> int:
    """Runs all steps and writes the tables."""
    parser = argparse.ArgumentParser(prog="drift")
    parser.add_argument("--binary", required=True, type=Path, help="the built example `drift`")
    parser.add_argument("--go-on", action="store_true", help="take the kept results of earlier steps")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not arguments.go_on:
        for kept in FOLDER.glob("*.jsonl"):
            kept.unlink()
    binary = str(arguments.binary.resolve())
    tables = {
        "power": page.power(_simulated(binary, "power")),
        "delay": page.delay(_simulated(binary, "delay")),
        "years": page.years(list(_years(binary))),
        "peers": page.peers(list(_streams(binary))),
    }
    page.write(DOCUMENT, tables)
    print(f"written: {DOCUMENT.relative_to(ROOT)}")
    return 0


def _simulated(binary: str, command: str) -> list[page.Result]:
    kept = FOLDER / f"{command}.jsonl"
    if not kept.exists():
        kept.write_text(_run(binary, command))
    return _read(kept)


def _years(binary: str) -> Iterator[page.Result]:
    kept = FOLDER / "years.jsonl"
    parts = _read(kept) if kept.exists() else []
    have = {(part["rows_a_day"], part["table_rows"], part["first"]) for part in parts}
    yield from parts
    for first in range(0, ALL_YEARS, PART):
        for rows, table in YEARS:
            if (rows, table, first) not in have:
                line = _run(binary, "years", rows, table, first, first + PART)
                with kept.open("a") as file:
                    file.write(line)
                yield json.loads(line)


def _streams(binary: str) -> Iterator[page.Result]:
    kept = FOLDER / "streams.jsonl"
    results = _read(kept) if kept.exists() else []
    have = {tuple(result["stream"]) for result in results}
    yield from results
    for seed, stream in enumerate(STREAMS):
        if stream in have:
            continue
        result = _compared(binary, stream, seed)
        with kept.open("a") as file:
            file.write(json.dumps(result) + "\n")
        print(result, flush=True)
        yield result


def _compared(binary: str, stream: tuple[int, int, int, float], seed: int) -> page.Result:
    # pandas takes a second to load.
    import peers

    rows, table_rows, days, shift = stream
    path = FOLDER / "stream.csv"
    ours = json.loads(_run(binary, "stream", path, rows, table_rows, days, shift, seed))
    table, served = peers.read(str(path))
    path.unlink()
    found = {
        "Evergreen": {entry["day"]: set(entry["columns"]) for entry in ours["drifted"]},
        "Evidently": peers.evidently(table, served),
        "NannyML": peers.nannyml(table, served, rows),
    }
    moves_at = days // 2 if shift else days
    programs = {name: _summary(columns, moves_at, days) for name, columns in found.items()}
    return {"stream": list(stream), "programs": programs}


def _summary(columns: dict[int, set[str]], moves_at: int, days: int) -> page.Result:
    """Counts the days with a false alarm before the change, and those with the moved column after it."""
    quiet = [columns.get(day, set()) for day in range(moves_at)]
    later = [MOVED in columns.get(day, set()) for day in range(moves_at, days)]
    return {
        "quiet_days": len(quiet),
        "false_days": sum(1 for names in quiet if names - set(MANY_CATEGORIES)),
        "false_days_of_many_categories": sum(1 for names in quiet if names & set(MANY_CATEGORIES)),
        "half_of_columns": sum(1 for names in quiet if len(names) >= page.HALF_OF_COLUMNS),
        "moved_days": len(later),
        "found_days": sum(later),
        "first_found": later.index(True) + 1 if any(later) else None,
    }


def _run(binary: str, *arguments: object) -> str:
    return subprocess.run([binary, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def _read(path: Path) -> list[page.Result]:
    return [json.loads(line) for line in path.read_text().splitlines()]


if __name__ == "__main__":
    sys.exit(main())
