"""Writes tests/artifacts/wrong: files in which the exporter wrote another model, with the answers of the library.

It needs the packages of infra/local/foreign.txt. No target runs it: the files are in the repository.
"""

import json
from pathlib import Path

import lightgbm
import numpy as np
import onnxmltools
import pandas
import skl2onnx
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloats
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TunedThresholdClassifierCV

FOLDER = Path(__file__).resolve().parents[2] / "tests/artifacts/wrong"
ROWS = 60

random = np.random.default_rng(1)
rows = pandas.DataFrame(
    {
        "age": random.integers(18, 80, 400).astype("f4"),
        "code": random.integers(0, 8, 400).astype("f4"),
        "fee": random.normal(50, 20, 400).round(2).astype("f4"),
    }
)
values = rows.to_numpy()
leaves = (rows.code.isin([1, 4, 6])) ^ (rows.age > 60) ^ (random.random(400) < 0.1)
labels = np.where(leaves, "yes", "no")


def write(name: str, onnx, model, labels: list) -> None:
    """Writes the exported file, the table's signature, and some rows with the answers of the library."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.onnx").write_bytes(onnx.SerializeToString())
    columns = [{"name": column, "nullable": False, "type": "number"} for column in rows.columns]
    task = {"task": "classification", "labels": labels} if labels else {"task": "regression"}
    (FOLDER / f"{name}.json").write_text(json.dumps({"columns": columns, **task}) + "\n")
    answers = {"prediction": model.predict(values)}
    if labels:
        shares = model.predict_proba(values).T
        answers |= {f"probability_{label}": share for label, share in zip(model.classes_, shares)}
    rows.assign(**answers).head(ROWS).to_csv(FOLDER / f"{name}.expected.csv", index=False)


inputs = [("input", FloatTensorType([None, 3]))]
# The exporter writes a category's split as a comparison of numbers.
model = HistGradientBoostingClassifier(max_iter=8, categorical_features=[1], random_state=1).fit(values, labels)
write("hist-categorical", skl2onnx.convert_sklearn(model, initial_types=inputs), model, ["no", "yes"])
# The exporter leaves out the linear models in the leaves.
target = rows.fee * np.where(rows.age > 40, 2, -1) + rows.code * 3
model = lightgbm.LGBMRegressor(n_estimators=8, num_leaves=6, linear_tree=True, verbose=-1).fit(values, target)
onnx = onnxmltools.convert_lightgbm(model, initial_types=[("input", ToolsFloats([None, 3]))])
write("lightgbm-linear-tree", onnx, model, [])
# The exporter leaves out the threshold.
model = TunedThresholdClassifierCV(LogisticRegression(max_iter=1000), scoring="f1", random_state=1)
model.fit(values, leaves.astype(int))
write("tuned-threshold", skl2onnx.convert_sklearn(model, initial_types=inputs), model, [0, 1])
