"""The scikit-learn side of one comparison. Runs in .venv/science; reads the work as JSON, prints figures as JSON.

The work: the table (a CSV), target, task, the hold-out's row numbers, the family, and Evergreen's answers for these rows.
"""

import csv
import json
import sys
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# A forest is a matter of luck: its mean over some seeds is what it can do.
SEEDS = range(5)
RESAMPLES = 2_000


def main() -> None:
    """Fits, scores, and says by how much a score of so few rows is uncertain."""
    work = json.load(sys.stdin)
    x, y, kinds = _read(work["table"], work["target"], work["task"])
    held_out = np.zeros(len(y), dtype=bool)
    held_out[work["holdout"]] = True
    truth = y[held_out]
    seeds = SEEDS if work["family"] == "random_forest" else range(1)
    answers = [_fit(work, kinds, seed, x[~held_out], y[~held_out]).predict(x[held_out]) for seed in seeds]
    score = accuracy_score if work["task"] == "classification" else r2_score
    theirs = float(np.mean([score(truth, answer) for answer in answers]))
    errors = [_standard_error(truth, answer, work["task"]) for answer in answers]
    print(json.dumps({"score": theirs, "standard_error": float(np.mean(errors)), "columns": x.shape[1]}))


def _read(path: str, target: str, task: str) -> Any:
    """Rows without the target, the target, and the positions of columns of numbers and of texts."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    place = header.index(target)
    y = np.array([row[place] for row in rows], dtype=float if task == "regression" else object)
    cells = [[row[column] for row in rows] for column in range(len(header)) if column != place]
    numbers = [column for column, values in enumerate(cells) if all(map(_is_number, values))]
    texts = [column for column in range(len(cells)) if column not in numbers]
    x = np.empty((len(rows), len(cells)), dtype=object)
    for column, values in enumerate(cells):
        x[:, column] = [float(value) if value else np.nan for value in values] if column in numbers else values
    return x, y.astype(str) if task == "classification" else y, (numbers, texts)


def _is_number(text: str) -> bool:
    try:
        float(text or 0)
    except ValueError:
        return False
    return True


def _fit(work: dict[str, Any], kinds: Any, seed: int, x: np.ndarray, y: np.ndarray) -> Any:
    numbers, texts = kinds
    filled = SimpleImputer(strategy="median", add_indicator=True)
    by_kind = ColumnTransformer(
        [
            ("numbers", make_pipeline(filled, StandardScaler()) if work["family"] == "linear" else filled, numbers),
            ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
        ]
    )
    return make_pipeline(by_kind, _model(work["family"], work["task"], seed)).fit(x, y)


def _model(family: str, task: str, seed: int) -> Any:
    """The estimator of that family, as it is by default; a linear one gets the steps that it needs to converge."""
    if task == "classification":
        return {
            "random_forest": lambda: RandomForestClassifier(random_state=seed, n_jobs=2),
            "gradient_boosting": lambda: HistGradientBoostingClassifier(random_state=seed),
            "linear": lambda: LogisticRegression(max_iter=5_000),
        }[family]()
    return {
        "random_forest": lambda: RandomForestRegressor(random_state=seed, n_jobs=2),
        "gradient_boosting": lambda: HistGradientBoostingRegressor(random_state=seed),
        "linear": lambda: Ridge(),
    }[family]()


def _standard_error(truth: np.ndarray, answer: np.ndarray, task: str) -> float:
    """Of accuracy √(p(1 − p)/n), two right and two wrong rows more; of R² the spread of its bootstrap over the rows."""
    if task == "classification":
        right = float(np.mean(truth == answer))
        # Two more of each (Agresti and Coull, 1998): a few dozen rows without a mistake are no certainty.
        rows = len(truth) + 4
        right = (right * len(truth) + 2) / rows
        return float(np.sqrt(right * (1 - right) / rows))
    dice = np.random.default_rng(0)
    picked = dice.integers(0, len(truth), (RESAMPLES, len(truth)))
    return float(np.std([r2_score(truth[rows], answer[rows]) for rows in picked], ddof=1))


if __name__ == "__main__":
    main()
