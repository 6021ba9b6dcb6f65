"""Scores rows with another library, in a separate process.

`peer.py onnx ARTIFACT ROWS COLUMNS THREADS` loads Evergreen's artifact into ONNX Runtime. `peer.py scikit-learn CSV
ROWS COLUMNS` fits a scikit-learn forest with the same settings. It prints the class of each row as JSON. Then it reads
lines with `one` or `batch`, and prints the seconds per row of a round for each.
"""

import json
import sys
from itertools import cycle
from time import perf_counter
from typing import Any

import numpy as np

# Minimum number of seconds of a round.
ROUND = 0.1


def main() -> None:
    """Scores in the way that the command line asks for."""
    kind, source, path, columns, *threads = sys.argv[1:]
    rows = np.fromfile(path, "<f4").reshape(-1, int(columns))
    score = onnx(source, int(threads[0])) if kind == "onnx" else scikit_learn(source)
    print(json.dumps(np.asarray(score(rows)[0]).tolist()), flush=True)
    # The rows are cut before the measurement, because only scoring is compared.
    lone = cycle([rows[row : row + 1] for row in range(len(rows))])
    for line in sys.stdin:
        if line.strip() == "one":
            print(timed(lambda: score(next(lone)), 1), flush=True)
        else:
            print(timed(lambda: score(rows), len(rows)), flush=True)


def timed(call: Any, rows: int) -> float:
    """Returns the seconds per row of calls with `rows` rows each."""
    began, calls = perf_counter(), 0
    while (taken := perf_counter() - began) < ROUND or not calls:
        call()
        calls += 1
    return taken / calls / rows


def onnx(artifact: str, threads: int) -> Any:
    """Returns a function that computes classes and probabilities with ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(artifact, options, providers=["CPUExecutionProvider"])
    return lambda rows: session.run(None, {"numbers": rows})


def scikit_learn(csv: str) -> Any:
    """Returns a function that computes classes and probabilities with scikit-learn, with one thread."""
    from sklearn.ensemble import RandomForestClassifier

    table = np.loadtxt(csv, delimiter=",", skiprows=1, dtype=str)
    # As many rows as Evergreen trains on.
    table = np.random.default_rng(0).permutation(table)[: len(table) * 4 // 5]
    forest = RandomForestClassifier(n_estimators=100, random_state=0, n_jobs=1)
    forest.fit(table[:, :-1].astype(np.float32), table[:, -1])

    def score(rows: Any) -> Any:
        probabilities = forest.predict_proba(rows)
        return probabilities.argmax(axis=1), probabilities

    return score


if __name__ == "__main__":
    main()
