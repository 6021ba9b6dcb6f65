"""The tables of docs/WATCHING.md."""

import math
from pathlib import Path
from typing import Any

Result = dict[str, Any]

COLUMNS = 30
HALF_OF_COLUMNS = COLUMNS // 2
DAYS_OF_A_YEAR = 365
HOURS_OF_A_DAY = 24

# A rule that rings in this share of half years without a change has no time to state.
MANY_FALSE = 0.5

# The part of the delays that the page shows.
DELAY_TABLE = 10_000
DELAY_SHIFTS = (0, 0.2, 0.5, 1, 2)

# A slow change, in standard deviations a day.
SLOW = 0.01


def write(document: Path, tables: dict[str, str]) -> None:
    """Replaces the text between `<!-- table: NAME -->` and `<!-- end -->`."""
    text = document.read_text()
    for name, table in tables.items():
        start = f"<!-- table: {name} -->\n"
        before, found, rest = text.partition(start)
        if not found:
            raise SystemExit(f"make drift-proof: {document.name} has no place for the table {name}")
        text = before + start + table + "<!-- end -->" + rest.partition("<!-- end -->")[2]
    document.write_text(text)


def years(results: list[Result]) -> str:
    """Returns the table of false alarms in years without drift."""
    lines = []
    sums: dict[tuple[float, int], list[int]] = {}
    for result in results:
        key = (result["rows_a_day"], result["table_rows"])
        found = sums.setdefault(key, [0, 0, 0])
        for place, field in enumerate(("years", "years_beyond_noise", "years_drifted")):
            found[place] += result[field]
    for (rows, table), (count, beyond, drifted) in sorted(sums.items()):
        lines.append([f"{rows:,.0f}", f"{table:,}", f"{count:,}", _rate(beyond, count), _rate(drifted, count)])
    head = ["Rows a day", "Rows of the table", "Years", "With a column beyond noise", "With a false alarm"]
    return _table(head, lines)


def power(results: list[Result]) -> str:
    """Returns the table of changes that one day shows: beyond noise, and as drift."""
    rows = sorted({result["rows"] for result in results})
    lines = []
    for table in sorted({result["table_rows"] for result in results}):
        for change in dict.fromkeys(result["change"] for result in results):
            found = {r["rows"]: r for r in results if (r["change"], r["table_rows"]) == (change, table)}
            cells = [
                f"{_percent(found[count]['beyond_noise'])} / {_percent(found[count]['drifted'])}" for count in rows
            ]
            lines.append([f"{table:,}", change, *cells])
    return _table(["Table", "Change", *(f"{count:,.0f} rows" for count in rows)], lines)


def delay(results: list[Result]) -> str:
    """Returns the table of the time from a change to the alarm, beside the e-process."""
    names = ("drifted", "beyond_noise", "e_process")
    quiet = {
        (r["rows_a_day"], r["table_rows"], name): r[name]["found"] for r in results for name in names if not r["shift"]
    }
    lines = []
    for result in results:
        if result["table_rows"] != DELAY_TABLE or result["shift"] not in (*DELAY_SHIFTS, SLOW):
            continue
        if result["shift"] == 0:
            change, cells = "none", [f"rings in {_percent(result[name]['found'])} %" for name in names]
        else:
            change = f"+{result['shift']} sd" + (" a day" if result["is_slow"] else "")
            false = [quiet[(result["rows_a_day"], result["table_rows"], name)] for name in names]
            cells = [_time(result[name]) if share < MANY_FALSE else "–" for name, share in zip(names, false)]
        lines.append([f"{result['rows_a_day']:,.0f}", change, *cells])
    return _table(["Rows a day", "Change", "Drift", "Beyond noise", "E-process"], lines)


def peers(results: list[Result]) -> str:
    """Returns the table of the three programs on the same rows."""
    lines = []
    for result in results:
        rows, table, _, shift = result["stream"]
        for name, found in result["programs"].items():
            a_year = DAYS_OF_A_YEAR * found["false_days"] / found["quiet_days"]
            moved = "" if not shift else f"{found['found_days']} of {found['moved_days']}"
            change = "none" if not shift else f"+{shift} sd"
            false = f"{found['false_days']} of {found['quiet_days']}"
            lines.append([f"{rows:,}", f"{table:,}", change, name, false, f"{a_year:.0f}", moved])
    head = [
        "Rows a day",
        "Table",
        "Change",
        "Program",
        "Days with a false alarm",
        "A year",
        "Days on which the change is found",
    ]
    return _table(head, lines)


def _rate(found: int, count: int) -> str:
    """Returns a share with its 95 % interval (Wilson, 1927)."""
    z = 1.96
    share = found / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return f"{share:.4f} ({max(0.0, middle - half):.4f}–{middle + half:.4f})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _time(found: Result) -> str:
    """Returns the median time of one rule, or how often it finds the change."""
    if found["found"] == 0:
        return "never"
    hours = found["median_hours"]
    if hours is None:
        return f"{_percent(found['found'])} %"
    text = f"{hours} h" if hours < 2 * HOURS_OF_A_DAY else f"{hours / HOURS_OF_A_DAY:.0f} days"
    return text if found["found"] == 1 else f"{text} ({_percent(found['found'])} %)"


def _table(head: list[str], lines: list[list[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
