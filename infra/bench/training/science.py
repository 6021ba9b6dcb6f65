"""One fit by scikit-learn: reads arrays, fits, scores the hold-out, prints JSON. Started anew for every repetition."""

import json
import sys
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import accuracy_score, log_loss


def main() -> None:
    """The only argument is the work as JSON: family, parameters, threads, train, test."""
    work = json.loads(sys.argv[1])
    model = _model(work["family"], work["parameters"], work["threads"])
    # Each model gets the type that it computes with, so that no conversion counts as fitting.
    width = np.float32 if work["family"] == "random_forest" else np.float64
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
    """The most memory that was resident at a time, where the system tells."""
    try:
        with open("/proc/self/status") as file:
            peaks = [line.split()[1] for line in file if line.startswith("VmHWM:")]
    except OSError:
        return None
    return int(peaks[0]) * 1024 if peaks else None


def _load(path: str, width) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        return file["x"].astype(width, copy=False), file["y"]


def _model(family: str, parameters: dict, threads: int):
    """The estimator that these parameters, by Evergreen's names, mean. Boosting takes OMP_NUM_THREADS instead of jobs."""
    if family == "random_forest":
        return RandomForestClassifier(**parameters, n_jobs=threads, random_state=0)
    return HistGradientBoostingClassifier(
        max_iter=parameters["n_estimators"],
        max_leaf_nodes=parameters["max_leaves"],
        learning_rate=parameters["learning_rate"],
        min_samples_leaf=parameters["min_samples_leaf"],
        l2_regularization=parameters["l2"],
        early_stopping=False,
        random_state=0,
    )


if __name__ == "__main__":
    main()
