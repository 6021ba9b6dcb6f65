"""Trains and exports every pipeline. Writes the file, its rows, and the answers of the library and of ONNX Runtime.

infra/local/venv foreign
.venv/foreign/bin/pip install catboost==1.2.10
.venv/foreign/bin/python infra/onnx/acceptance/export.py FOLDER [NAME…]
"""

import json
import re
import sys
import warnings
from pathlib import Path

import customers
import numpy as np
import onnxruntime
import pandas as pd
from pipelines import PIPELINES, Pipeline

ROWS = 30
TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(string)": object,
}


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def feed(session: onnxruntime.InferenceSession, rows: pd.DataFrame) -> dict:
    inputs = session.get_inputs()
    if len(inputs) == 1 and rows.shape[1] > 1:
        return {inputs[0].name: rows.to_numpy(TYPES[inputs[0].type])}
    return {i.name: rows[[i.name if i.name in rows else rows.columns[0]]].to_numpy(TYPES[i.type]) for i in inputs}


def of_runtime(content: bytes, rows: pd.DataFrame, labels: list | None) -> dict:
    """Returns the answers of ONNX Runtime, in the form of `of_library`."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, feed(session, rows))
    if labels is None:
        return {"numbers": [float(number) for number in np.ravel(found[0])]}
    answers: dict = {"labels": np.ravel(found[0]).tolist()}
    if len(found) > 1:
        # ZipMap gives a dictionary for each row.
        shares = [list(row.values()) for row in found[1]] if isinstance(found[1], list) else found[1]
        answers["probabilities"] = rounded(np.asarray(shares, float).reshape(len(rows), -1))
    return answers


def of_library(p: Pipeline, rows: pd.DataFrame) -> dict:
    """Returns the answers of the library that trained the model."""
    given = rows if p.export.__name__.startswith("by_column") else rows.to_numpy()
    answers = np.ravel(p.model.predict(given))
    if not p.is_classifier:
        return {"numbers": [float(number) for number in answers]}
    record: dict = {"labels": answers.tolist()}
    if hasattr(p.model, "predict_proba"):
        record["probabilities"] = rounded(p.model.predict_proba(given))
    return record


def rounded(shares) -> list:
    return np.asarray(shares, float).round(9).tolist()


def raw(value):
    """Returns a value as a request contains it; a missing value is null."""
    if isinstance(value, str):
        return value.strip() or None
    return None if np.isnan(value) else int(value) if float(value).is_integer() else float(value)


def write(folder: Path, name: str, p: Pipeline) -> str:
    given = p.rows if p.export.__name__.startswith("by_column") else p.rows.to_numpy()
    p.model.fit(given, p.target)
    labels = sorted(set(p.target.tolist())) if p.is_classifier else None
    rows = p.rows.head(ROWS)
    record: dict = {"name": name, "signature": customers.signature(p.rows, labels)}
    record["rows"] = [[raw(value) for value in row] for row in rows.itertuples(index=False)]
    record["library"] = of_library(p, rows)
    try:
        content = p.export(p).SerializeToString()
    except Exception as error:
        return f"is not exported: {type(error).__name__}: {str(error)[:120]}"
    try:
        record["runtime"] = of_runtime(content, rows, labels)
    except Exception as error:
        return f"does not run: {type(error).__name__}: {str(error)[:120]}"
    (folder / f"{slug(name)}.onnx").write_bytes(content)
    (folder / f"{slug(name)}.json").write_text(json.dumps(record) + "\n")
    return f"{len(content)} bytes"


def main(folder: Path, names: list[str]) -> None:
    warnings.simplefilter("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PIPELINES.items():
        if not names or name in names:
            print(f"{name}: {write(folder, name, make())}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
