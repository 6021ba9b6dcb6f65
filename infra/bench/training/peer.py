"""Runs one fit of a peer: reads arrays, fits, scores the hold-out, prints JSON. Each repetition is a new process."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, log_loss


def main() -> None:
    """Runs the fit. The only argument is the work as JSON: peer, family, parameters, threads, train, test."""
    work = json.loads(sys.argv[1])
    name, parameters, threads = work["peer"], work["parameters"], work["threads"]
    model = _forest(parameters, threads) if work["family"] == "random_forest" else BOOSTING[name](parameters, threads)
    # Each model gets the type that it computes with, so that the fit contains no conversion.
    width = np.float64 if (name, work["family"]) == ("scikit-learn", "gradient_boosting") else np.float32
    began = time.perf_counter()
    train, test = (_load(work[part], width) for part in ("train", "test"))
    read = time.perf_counter()
    model.fit(*train)
    fitted = time.perf_counter()
    probabilities = model.predict_proba(test[0])
    scored = time.perf_counter()
    said = {
        "rows": len(train[0]),
        "columns": train[0].shape[1],
        "read_seconds": read - began,
        "fit_seconds": fitted - read,
        "predict_seconds": scored - fitted,
        "accuracy": accuracy_score(test[1], model.classes_[probabilities.argmax(axis=1)]),
        "log_loss": log_loss(test[1], probabilities),
        "peak_rss_bytes": _peak_rss_bytes(),
    }
    print(json.dumps(said))


def _peak_rss_bytes() -> int | None:
    """Returns the maximum resident memory, if the system reports it."""
    try:
        with Path("/proc/self/status").open() as file:
            peaks = [line.split()[1] for line in file if line.startswith("VmHWM:")]
    except OSError:
        return None
    return int(peaks[0]) * 1024 if peaks else None


def _load(path: str, width: Any) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        return file["x"].astype(width, copy=False), file["y"]


def _forest(parameters: dict[str, Any], threads: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(**parameters, n_jobs=threads, random_state=0)


def _scikit_learn(parameters: dict[str, Any], _threads: int) -> Any:
    """Makes the model. Its number of threads comes from OMP_NUM_THREADS."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=parameters["n_estimators"],
        max_leaf_nodes=parameters["max_leaves"],
        learning_rate=parameters["learning_rate"],
        min_samples_leaf=parameters["min_samples_leaf"],
        l2_regularization=parameters["l2"],
        early_stopping=False,
        random_state=0,
    )


def _lightgbm(parameters: dict[str, Any], threads: int) -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(
        n_estimators=parameters["n_estimators"],
        num_leaves=parameters["max_leaves"],
        learning_rate=parameters["learning_rate"],
        min_child_samples=parameters["min_samples_leaf"],
        reg_lambda=parameters["l2"],
        n_jobs=threads,
        random_state=0,
        verbose=-1,
    )


def _xgboost(parameters: dict[str, Any], threads: int) -> Any:
    """Makes the model.

    It has no minimum number of rows in a leaf, so its default minimum of second derivatives, 1, applies.
    """
    from xgboost import XGBClassifier

    return XGBClassifier(
        n_estimators=parameters["n_estimators"],
        max_leaves=parameters["max_leaves"],
        max_depth=0,
        grow_policy="lossguide",
        tree_method="hist",
        learning_rate=parameters["learning_rate"],
        reg_lambda=parameters["l2"],
        n_jobs=threads,
        random_state=0,
    )


def _catboost(parameters: dict[str, Any], threads: int) -> Any:
    """Makes the model, with leaves by gain and without random choices, like the others; its maximum depth is 16."""
    from catboost import CatBoostClassifier

    return CatBoostClassifier(
        iterations=parameters["n_estimators"],
        grow_policy="Lossguide",
        max_leaves=parameters["max_leaves"],
        depth=16,
        learning_rate=parameters["learning_rate"],
        min_data_in_leaf=parameters["min_samples_leaf"],
        l2_leaf_reg=parameters["l2"],
        bootstrap_type="No",
        random_strength=0,
        thread_count=threads,
        random_seed=0,
        verbose=False,
        allow_writing_files=False,
    )


BOOSTING = {"scikit-learn": _scikit_learn, "LightGBM": _lightgbm, "XGBoost": _xgboost, "CatBoost": _catboost}


if __name__ == "__main__":
    main()
