"""Tables from which Evergreen derives columns: parts of dates, statistics of categories, and words of texts."""

import random
from datetime import datetime, timedelta
from pathlib import Path

ROWS = 1000
START = datetime(2025, 1, 1)


def write(folder: Path) -> list[str]:
    """Writes the tables into `folder`, each in a folder of its own, and returns their names."""
    draw = random.Random(7)  # noqa: S311 - no secret
    tables = {
        "derived sales": ("at,promo,y", [_sale(draw) for _ in range(ROWS)]),
        "derived districts": ("district,x,y", [_customer(draw) for _ in range(ROWS)]),
        "derived reviews": ("review,stars,y", [_review(draw, number) for number in range(ROWS)]),
    }
    for name, (header, rows) in tables.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "table.csv").write_text("\n".join([header, *rows]) + "\n")
        (folder / name / "dataset.toml").write_text('target = "y"\n')
    return list(tables)


def _sale(draw: random.Random) -> str:
    at = START + timedelta(minutes=draw.randrange(200_000))
    # Far from 0, where one rounding would be a large relative difference.
    sales = 100 + 50 * (at.weekday() > 4) + 80 * (at.hour > 17) + draw.random()
    moment = "" if draw.random() < 0.05 else at.isoformat(" ")
    return f"{moment},{draw.randrange(2)},{sales:.2f}"


def _customer(draw: random.Random) -> str:
    district = draw.randrange(150)
    label = (district * 7919 % 3 + (draw.random() < 0.1)) % 3
    text = "" if draw.random() < 0.05 else f"D{district:03}"
    return f"{text},{draw.randrange(7)},{'abc'[label]}"


def _review(draw: random.Random, number: int) -> str:
    is_bad = draw.random() < 0.5
    word = draw.choice(["late", "broken"] if is_bad else ["fast", "kind"])
    return f"the order {number} was {word},{draw.randrange(3)},{'bad' if is_bad else 'good'}"
