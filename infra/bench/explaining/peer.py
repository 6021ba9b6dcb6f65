"""Explains rows with another library, in a separate process.

`peer.py lightgbm|shap CSV ROWS COLUMNS` fits LightGBM with 100 trees of 31 leaves to the table. It explains the rows
with LightGBM's own `pred_contrib`, or with `shap`. Both use one thread. It prints an empty list. Then it reads lines
with `one` or `batch`, and prints the seconds per row of a round for each.
"""

import json
import sys
from itertools import cycle
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import shap

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scoring.peer import timed

SETTINGS = {"n_estimators": 100, "num_leaves": 31, "learning_rate": 0.1, "min_child_samples": 20, "verbose": -1}


def main() -> None:
    """Explains in the way that the command line asks for."""
    kind, csv, path, columns = sys.argv[1:]
    rows = np.fromfile(path, "<f4").reshape(-1, int(columns)).astype(np.float64)
    table = pd.read_csv(csv)
    # As many rows as Evergreen trains on.
    table = table.sample(frac=0.8, random_state=0)
    model = lightgbm.LGBMClassifier(**SETTINGS, n_jobs=1).fit(table.iloc[:, :-1].to_numpy(), table.iloc[:, -1])
    if kind == "shap":
        explainer = shap.TreeExplainer(model)

        def explain(some: np.ndarray) -> None:
            explainer.shap_values(some, check_additivity=False)
    else:

        def explain(some: np.ndarray) -> None:
            model.booster_.predict(some, pred_contrib=True, num_threads=1)

    explain(rows[:1])
    print(json.dumps([]), flush=True)
    lone = cycle([rows[row : row + 1] for row in range(len(rows))])
    for line in sys.stdin:
        if line.strip() == "one":
            print(timed(lambda: explain(next(lone)), 1), flush=True)
        else:
            print(timed(lambda: explain(rows), len(rows)), flush=True)


if __name__ == "__main__":
    main()
