"""Compares the answers of the deployed stack for the hold-out with the metrics in its manifest."""

import math
from typing import Any

from driver import api, rows

BATCH = 100
# Tolerance: answers are sent as 32-bit floats.
CLOSE = 1e-5


class Unequal(Exception):
    """The answers give other metrics than the manifest has."""


def score(url: str, key: str, table: list[dict[str, Any]], manifest: dict[str, Any]) -> float:
    """Returns accuracy or R² of the answers for these rows; raises Unequal if the manifest has other metrics."""
    signature, target = manifest["signature"], manifest["version"]["dataset"]["target"]
    sent = [rows.to_json(row, signature["columns"]) for row in table]
    answers = [api.predict(url, key, sent[begin : begin + BATCH]) for begin in range(0, len(sent), BATCH)]
    truth = [row[target] for row in table]
    evaluation = manifest["version"]["evaluation"]
    if signature.get("task") == "regression":
        return _numbers([value for answer in answers for value in answer["prediction"]], truth, evaluation)
    labels = [_text(label) for label in signature["labels"]]
    return _classes([_text(label) for answer in answers for label in answer["labels"]], truth, labels, evaluation)


def _classes(answered: list[str], truth: list[str], labels: list[str], evaluation: dict[str, Any]) -> float:
    place = {label: number for number, label in enumerate(labels)}
    confusion = [[0] * len(labels) for _ in labels]
    for is_, said in zip(truth, answered, strict=True):
        confusion[place[is_]][place[said]] += 1
    if confusion != evaluation["confusion"]:
        raise Unequal(f"served: {confusion}, manifest: {evaluation['confusion']}")
    accuracy = sum(confusion[number][number] for number in range(len(labels))) / len(truth)
    _same("accuracy", accuracy, evaluation["accuracy"])
    return accuracy


def _numbers(answered: list[float], truth: list[str], evaluation: dict[str, Any]) -> float:
    is_ = [float(text) for text in truth]
    errors = [said - value for said, value in zip(answered, is_, strict=True)]
    mean = sum(is_) / len(is_)
    r2 = 1 - sum(error**2 for error in errors) / sum((value - mean) ** 2 for value in is_)
    _same("R²", r2, evaluation["r2"])
    _same("MAE", sum(map(abs, errors)) / len(errors), evaluation["mae"])
    return r2


def _same(name: str, served: float, recorded: float) -> None:
    if not math.isclose(served, recorded, rel_tol=CLOSE, abs_tol=CLOSE):
        raise Unequal(f"{name}: served {served}, manifest {recorded}")


def _text(label: Any) -> str:
    return str(label).lower() if isinstance(label, bool) else str(label)
