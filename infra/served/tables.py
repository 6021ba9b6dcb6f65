"""Writes the tables of the proof: five from scikit-learn, three synthetic ones. Runs in .venv/science.

The only argument is the directory. Each table gets a subdirectory, and index.json lists all of them.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets

SEED = 20_240_501
ROWS = 2_000
# Time limit of each training: a search over three families would otherwise use all the time that it gets.
SETTINGS = 'target = "{target}"\ntime_budget_seconds = 60\n'


def main() -> None:
    """Writes all tables."""
    folder = Path(sys.argv[1])
    tables = [*_shipped(), *_made_up()]
    for table in tables:
        _write(folder / table["name"], table)
    index = [{key: table[key] for key in ("name", "title", "target", "task")} for table in tables]
    (folder / "index.json").write_text(json.dumps(index, indent=2) + "\n")


def _write(folder: Path, table: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{table['name']}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*table["columns"], table["target"]])
        writer.writerows(
            [_text(value) for value in (*row, label)] for row, label in zip(table["rows"], table["labels"])
        )
    (folder / "dataset.toml").write_text(SETTINGS.format(target=table["target"]))


def _text(value: Any) -> str:
    """Returns a value as CSV text; a missing value is empty."""
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else repr(float(value))
    return str(value)


def _shipped() -> list[dict[str, Any]]:
    classes = {
        "iris": ("Iris", datasets.load_iris(), "species"),
        "breast-cancer": ("Breast cancer", datasets.load_breast_cancer(), "diagnosis"),
        "wine": ("Wine", datasets.load_wine(), "cultivar"),
        "digits": ("Digits", datasets.load_digits(), "digit"),
    }
    tables = [
        _table(name, title, target, "classification", found.feature_names, found.data, found.target_names[found.target])
        for name, (title, found, target) in classes.items()
    ]
    found = datasets.load_diabetes()
    tables.append(
        _table("diabetes", "Diabetes", "progression", "regression", found.feature_names, found.data, found.target)
    )
    return tables


def _table(name: Any, title: Any, target: Any, task: Any, columns: Any, rows: Any, labels: Any) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "target": target,
        "task": task,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "labels": list(labels),
    }


def _made_up() -> list[dict[str, Any]]:
    return [_subscribers(), _orders(), _flats()]


def _subscribers() -> dict[str, Any]:
    """Generates two classes of different size: who leaves, by age, fee, contract, country and complaint."""
    dice = np.random.default_rng(SEED)
    age, fee = dice.normal(45, 15, ROWS).round(), dice.gamma(4, 12, ROWS).round(2)
    contract = dice.choice(["monthly", "yearly", "two years"], ROWS, p=[0.5, 0.3, 0.2])
    country = dice.choice(["DE", "FR", "IT", "PL", "ES"], ROWS)
    complained = dice.random(ROWS) < 0.25
    score = 0.05 * (fee - 48) - 0.03 * (age - 45) + 1.6 * complained + 1.2 * (contract == "monthly") - 2.0
    left = dice.random(ROWS) < 1 / (1 + np.exp(-1.5 * (score + 0.5 * np.isin(country, ["IT", "ES"]))))
    columns = {
        "age": _holes(dice, age, 0.1),
        "fee": _holes(dice, fee, 0.05),
        "contract": _holes(dice, contract, 0.08),
        "country": _holes(dice, country, 0.05),
        "complained": complained,
    }
    return _named(
        "subscribers", "Subscribers (made up)", "left", "classification", columns, np.where(left, "yes", "no")
    )


def _orders() -> dict[str, Any]:
    """Generates four classes: the carrier of an order. There are many cities, some of them rare."""
    dice = np.random.default_rng(SEED + 1)
    weight, value = dice.gamma(2, 3, ROWS).round(2), dice.gamma(3, 40, ROWS).round(2)
    cities = np.array([f"city {number:02}" for number in range(40)])
    likely = 1 / np.arange(1, 41) ** 1.3
    place = dice.choice(40, ROWS, p=likely / likely.sum())
    urgent = dice.choice(["no", "yes", "very"], ROWS, p=[0.6, 0.3, 0.1])
    noise = dice.gumbel(0, 0.8, (ROWS, 4))
    pull = np.stack(
        [
            0.9 * (weight < 4) + 0.8 * (urgent == "no"),
            0.35 * (weight - 5) - 0.5 * (urgent == "very"),
            1.8 * (urgent == "very") + 0.01 * (value - 100),
            1.5 * (place % 4 == 1) - 0.2,
        ],
        axis=1,
    )
    carrier = np.array(["bike", "truck", "express", "local"])[(2 * pull + noise).argmax(axis=1)]
    columns = {
        "weight": _holes(dice, weight, 0.1),
        "value": _holes(dice, value, 0.1),
        "city": _holes(dice, cities[place], 0.05),
        "urgent": _holes(dice, urgent, 0.15),
        "gift": dice.random(ROWS) < 0.2,
    }
    return _named("orders", "Orders (made up)", "carrier", "classification", columns, carrier)


def _flats() -> dict[str, Any]:
    """Generates a number: the rent of a flat, by area, age, floor, district and heating, with noise."""
    dice = np.random.default_rng(SEED + 2)
    area, year = dice.gamma(6, 12, ROWS).round(1), dice.integers(1900, 2024, ROWS).astype(float)
    level = dice.integers(0, 8, ROWS).astype(float)
    districts = np.array(["centre", "north", "south", "east", "west", "harbour", "hills"])
    worth = np.array([5.0, 0.5, 1.0, -1.0, 0.0, 2.5, 3.5])
    place = dice.choice(7, ROWS, p=[0.2, 0.2, 0.2, 0.2, 0.15, 0.03, 0.02])
    heating = dice.choice(["gas", "oil", "district"], ROWS, p=[0.5, 0.2, 0.3])
    per_metre = 9 + worth[place] + 0.02 * np.abs(year - 1960) + 0.2 * level - 0.8 * (heating == "oil")
    rent = (area * per_metre + 60 * dice.normal(0, 1, ROWS)).round(2)
    columns = {
        "area": area,
        "year": _holes(dice, year, 0.15),
        "level": _holes(dice, level, 0.1),
        "district": _holes(dice, districts[place], 0.05),
        "heating": _holes(dice, heating, 0.1),
    }
    return _named("flats", "Flats (made up)", "rent", "regression", columns, rent)


def _named(name: Any, title: Any, target: Any, task: Any, columns: dict[str, Any], labels: Any) -> dict[str, Any]:
    return _table(name, title, target, task, columns, zip(*(list(values) for values in columns.values())), labels)


def _holes(dice: Any, values: np.ndarray, share: float) -> list[Any]:
    """Returns the values with a share of them missing."""
    return [None if hole else value for value, hole in zip(values, dice.random(len(values)) < share)]


if __name__ == "__main__":
    main()
