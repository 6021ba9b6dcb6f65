"""A made-up table of customers. The pipelines of this folder are trained on it."""

import numpy as np
import pandas as pd

NUMBERS = ["age", "monthly_fee", "calls", "tenure"]
CATEGORIES = ["plan", "city"]
PLANS = ["basic", "max", "plus", "pro"]
CITIES = ["Aachen", "Bonn", "Celle", "Dessau", "Emden"]
COUNT = 600

random = np.random.default_rng(11)
frame = pd.DataFrame(
    {
        "age": random.integers(18, 81, COUNT).astype(float),
        "monthly_fee": random.normal(50, 20, COUNT).round(2),
        "calls": random.integers(0, 6, COUNT).astype(float),
        "tenure": random.exponential(10, COUNT).round(3),
        "plan": random.choice(PLANS, COUNT),
        "city": random.choice(CITIES, COUNT),
    }
)
words = np.array(["late", "refund", "broken", "great", "quick", "support", "invoice", "missing", "parcel", "happy"])
notes = np.array([" ".join(random.choice(words, 6)) for _ in range(COUNT)])

score = (frame.age < 40) * 1.0 + (frame.plan == "basic") - frame.tenure / 15 + random.normal(0, 0.5, COUNT)
score += frame.calls * 0.3 + (frame.city == "Bonn") * 0.4
codes = (score > score.median()).astype(int).to_numpy()
YES_NO = np.where(codes == 1, "yes", "no")
SEGMENTS = np.digitize(score, np.quantile(score, [0.33, 0.66]))
NAMED_SEGMENTS = np.array(["high", "low", "middle"])[SEGMENTS]
VALUE = (frame.monthly_fee * 1.2 + frame.age * 0.5 + 10 * codes + random.normal(0, 4, COUNT)).to_numpy()
POSITIVE = np.exp(score / 3).to_numpy() + 0.01
VISITS = random.poisson(np.exp(score / 3)).astype(float)
NOTED = np.where([("late" in note) or ("broken" in note) for note in notes], "yes", "no")


def with_gaps(columns: list[str], filler) -> pd.DataFrame:
    """Returns the table with missing values in `columns`."""
    gaps = frame.copy()
    for name in columns:
        gaps[name] = gaps[name].where(random.random(COUNT) > 0.15, filler)
    return gaps


def signature(rows: pd.DataFrame, labels: list | None) -> dict:
    """Returns columns and labels as Evergreen knows them after it read the table."""
    columns = []
    for name in rows.columns:
        missing = bool(rows[name].isna().any() or (rows[name] == "").any())
        column: dict = {"name": name, "nullable": missing, "type": "number"}
        if rows[name].dtype == bool:
            column["type"] = "boolean"
        elif not pd.api.types.is_numeric_dtype(rows[name]):
            # Almost all texts are different: the column is a free text.
            if rows[name].nunique() > len(rows) / 2:
                columns.append(column | {"type": "whole_text"})
                continue
            known = sorted({str(text).strip() for text in rows[name].dropna()} - {""})
            column |= {"type": "category", "categories": known}
        columns.append(column)
    if labels is None:
        return {"columns": columns, "task": "regression"}
    return {"columns": columns, "task": "classification", "labels": labels}
