"""Trains LightGBM on a Parquet file, and prints JSON. Arguments: train, test, target, rounds, leaves, threads."""

import json
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np
from pyarrow import parquet
from sklearn.metrics import accuracy_score, log_loss


def main() -> None:
    """Reads the files, and fits with the same settings as Evergreen."""
    train, test, target, rounds, leaves, threads = sys.argv[1:]
    began = time.perf_counter()
    values, labels = _read(train, target)
    read = time.perf_counter()
    parameters = {
        "objective": "binary",
        "num_leaves": int(leaves),
        "learning_rate": 0.1,
        "min_data_in_leaf": 20,
        "lambda_l2": 1.0,
        "num_threads": int(threads),
        "seed": 0,
        "verbose": -1,
    }
    data = lightgbm.Dataset(values, labels, params=parameters, free_raw_data=True).construct()
    rows = len(labels)
    del values, labels
    binned = time.perf_counter()
    model = lightgbm.train(parameters, data, num_boost_round=int(rounds))
    fitted = time.perf_counter()
    peak = _peak_rss_bytes()
    values, labels = _read(test, target)
    probabilities = model.predict(values, num_threads=int(threads))
    said = {
        "rows": rows,
        "read_seconds": read - began,
        "bin_seconds": binned - read,
        "round_seconds": (fitted - binned) / int(rounds),
        "total_seconds": fitted - began,
        "log_loss": log_loss(labels, probabilities),
        "accuracy": accuracy_score(labels, probabilities > 0.5),
        "peak_rss_bytes": peak,
    }
    print(json.dumps(said))


def _read(path: str, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads row group by row group into an array, so that the table is in memory once."""
    source = parquet.ParquetFile(path)
    names = [name for name in source.schema_arrow.names if name != target]
    values = np.empty((source.metadata.num_rows, len(names)), dtype=np.float32)
    labels = np.empty(source.metadata.num_rows, dtype=np.float32)
    start = 0
    for group in range(source.num_row_groups):
        table = source.read_row_group(group)
        end = start + table.num_rows
        for place, name in enumerate(names):
            values[start:end, place] = table[name].to_numpy()
        labels[start:end] = table[target].to_numpy()
        start = end
    return values, labels


def _peak_rss_bytes() -> int:
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
