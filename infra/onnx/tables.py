"""The tables that the models are trained on: the columns in the form of a signature, the rows and the target."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn import datasets

ROWS = 20


@dataclass(frozen=True)
class Table:
    frame: pd.DataFrame
    target: np.ndarray
    signature: dict

    @property
    def numbers(self) -> np.ndarray:
        return self.frame.to_numpy(np.float32)

    def some_rows(self) -> pd.DataFrame:
        """Returns rows from all parts of the table."""
        return self.frame.iloc[np.linspace(0, len(self.frame) - 1, ROWS).astype(int)]


def column(name: str, kind: str = "number", nullable: bool = False, **more) -> dict:
    return {"name": name, "type": kind, "nullable": nullable, **more}


def signature(columns: list[dict], labels: list | None) -> dict:
    if labels is None:
        return {"columns": columns, "task": "regression"}
    return {"columns": columns, "task": "classification", "labels": labels}


def numeric(load, labels) -> Table:
    """Loads a table of scikit-learn. Its classes get the names in `labels`, or keep their numbers."""
    frame, target = load(return_X_y=True, as_frame=True)
    frame = frame.astype(np.float32)
    columns = [column(name) for name in frame.columns]
    named = list(range(len(set(target)))) if labels is int else labels
    if isinstance(labels, list):
        target = np.array(labels)[target]
    return Table(frame, np.asarray(target), signature(columns, named))


def iris() -> Table:
    return numeric(datasets.load_iris, ["setosa", "versicolor", "virginica"])


def iris_numbered() -> Table:
    """Loads Iris with the classes 0, 1 and 2."""
    return numeric(datasets.load_iris, int)


def cancer() -> Table:
    return numeric(datasets.load_breast_cancer, ["malignant", "benign"])


def cancer_numbered() -> Table:
    return numeric(datasets.load_breast_cancer, int)


def diabetes() -> Table:
    return numeric(datasets.load_diabetes, None)


def customers() -> Table:
    """Makes a table of numbers, a boolean and categories, some with missing values. "yes" means that a customer left."""
    random = np.random.default_rng(7)
    count = 400
    age = np.round(random.uniform(18, 80, count))
    income = np.round(random.lognormal(8, 0.5, count), 2)
    active = random.random(count) < 0.6
    plan = random.choice(["basic", "plus", "pro"], count)
    country = random.choice(["de", "fr", "it", ""], count, p=[0.4, 0.3, 0.2, 0.1])
    score = (age < 35) + 0.5 * (plan == "basic") - active + 0.5 * (country == "fr") + random.normal(0, 0.4, count)
    age[random.random(count) < 0.1] = np.nan
    frame = pd.DataFrame({"age": age, "income": income, "active": active, "plan": plan, "country": country})
    columns = [
        column("age", nullable=True),
        column("income"),
        column("active", "boolean"),
        column("plan", "category", categories=["basic", "plus", "pro"]),
        column("country", "category", True, categories=["de", "fr", "it"]),
    ]
    target = np.where(score > 0.2, "yes", "no")
    return Table(frame.astype({"age": np.float32, "income": np.float32}), target, signature(columns, ["no", "yes"]))
