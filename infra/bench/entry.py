"""The rows that a benchmark writes for the table of all benchmarks; whole.py describes their format."""

from typing import Any


def entry(
    group: str,
    name: str,
    unit: str,
    value: float,
    goal: dict[str, float] | None = None,
    peers: dict[str, float] | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Returns a row; without `goal` the value is only shown, and `peers` are the values of others by name."""
    named = {"group": group, "name": name, "unit": unit, "value": value}
    return named | {"goal": goal, "peers": peers or {}, "note": note}
