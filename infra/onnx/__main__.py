"""Writes models of other libraries for the tests of the import.

NAME.onnx is the model. NAME.json contains the table's signature, some rows and ONNX Runtime's answers to them. Tests do
not run this program: tests/artifacts/foreign/ keeps the files.

    infra/local/venv foreign
    .venv/foreign/bin/python infra/onnx [NAME…]
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
from models import MODELS

TO = Path(__file__).resolve().parents[2] / "tests/artifacts/foreign"


def feed(session: onnxruntime.InferenceSession, rows) -> dict:
    inputs = session.get_inputs()
    if len(inputs) == 1:
        return {inputs[0].name: rows.to_numpy(np.float32)}
    of = {"tensor(float)": np.float32, "tensor(bool)": bool, "tensor(string)": object}
    return {i.name: rows[[i.name]].to_numpy(of[i.type]) for i in inputs}


def answers(content: bytes, rows, labels) -> dict:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, feed(session, rows))
    if labels is None:
        return {"numbers": [float(n) for n in np.ravel(found[0])]}
    probabilities = found[1]
    if isinstance(probabilities, list):
        probabilities = [[row[label] for label in labels] for row in probabilities]
    elif labels != list(range(len(labels))):
        probabilities = np.asarray(probabilities)[:, np.argsort(np.argsort(labels))]
    return {"labels": np.asarray(found[0]).tolist(), "probabilities": np.asarray(probabilities, float).tolist()}


def raw(value):
    """Returns a value as a request contains it; a missing value is null."""
    if isinstance(value, str):
        return value or None
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and np.isnan(value) else value


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    TO.mkdir(parents=True, exist_ok=True)
    for name, (table, train) in MODELS.items():
        if names and name not in names:
            continue
        content = train(table).SerializeToString()
        (TO / f"{name}.onnx").write_bytes(content)
        rows = table.some_rows()
        record: dict = {"signature": table.signature}
        record["rows"] = [[raw(value) for value in row] for row in rows.itertuples(index=False)]
        record |= answers(content, rows, table.signature.get("labels"))
        text = json.dumps(record, separators=(",", ":"))
        (TO / f"{name}.json").write_text(text.replace("],[", "],\n[") + "\n")
        print(f"{name}: {len(content)} bytes", flush=True)


main(sys.argv[1:])
