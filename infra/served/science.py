"""Fits scikit-learn for one comparison. Runs in .venv/science; reads the work and prints the result as JSON.

The work: the table (a CSV), target, task, the numbers of the held-out rows, and the model family.
"""

import csv
import json
import sys
from pathlib import Path
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

# A forest depends on chance, so its score is the mean over several seeds.
SEEDS = range(5)
RESAMPLES = 2_000


def main() -> None:
    """Fits, scores, and prints the score with its standard error, which depends on the number of rows."""
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
    """Returns the rows without the target, the target, and the places of the number columns and of the text columns."""
    with Path(path).open(newline="", encoding="utf-8") as file:
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
    """Returns the estimator of that family with its defaults; a linear one gets enough steps to converge."""
    if task == "classification":
        return {
            "random_forest": lambda: RandomForestClassifier(random_state=seed, n_jobs=2),
            "gradient_boosting": lambda: HistGradientBoostingClassifier(random_state=seed),
            "linear": lambda: LogisticRegression(max_iter=5_000),
        }[family]()
    return {
        "random_forest": lambda: RandomForestRegressor(random_state=seed, n_jobs=2),
        "gradient_boosting": lambda: HistGradientBoostingRegressor(random_state=seed),
        "linear": Ridge,
    }[family]()


def _standard_error(truth: np.ndarray, answer: np.ndarray, task: str) -> float:
    """Returns the standard error of the score.

    For accuracy it is √(p(1 − p)/n), with two more right and two more wrong rows. For R² it is the standard deviation
    over bootstrap samples of the rows.
    """
    if task == "classification":
        right = float(np.mean(truth == answer))
        # Two more of each (Agresti and Coull, 1998): without them, a few dozen rows without a mistake would have an
        # error of 0.
        rows = len(truth) + 4
        right = (right * len(truth) + 2) / rows
        return float(np.sqrt(right * (1 - right) / rows))
    dice = np.random.default_rng(0)
    picked = dice.integers(0, len(truth), (RESAMPLES, len(truth)))
    return float(np.std([r2_score(truth[rows], answer[rows]) for rows in picked], ddof=1))


if __name__ == "__main__":
    main()
