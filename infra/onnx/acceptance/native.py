"""Writes tests/artifacts/native: files that XGBoost and LightGBM save themselves, with the answers of the library.

.venv/foreign/bin/python infra/onnx/acceptance/native.py
"""

import json
from pathlib import Path

import customers as c
import lightgbm
import numpy as np
import xgboost
from export import ROWS, raw, rounded
from sklearn import datasets

FOLDER = Path(__file__).resolve().parents[3] / "tests/artifacts/native"
numbers = c.frame[c.NUMBERS]
gaps = c.with_gaps(["age", "tenure"], np.nan)[c.NUMBERS]
XGB = {"n_estimators": 8, "max_depth": 3, "random_state": 1}
LGBM = {"n_estimators": 8, "num_leaves": 6, "random_state": 1, "verbose": -1}

MODELS = {
    "xgboost-binary.json": (xgboost.XGBClassifier(**XGB), numbers, c.codes),
    "xgboost-binary-missing.ubj": (xgboost.XGBClassifier(**XGB), gaps, c.codes),
    "xgboost-multi.ubj": (xgboost.XGBClassifier(**XGB), numbers, c.SEGMENTS),
    "xgboost-forest.json": (xgboost.XGBRFClassifier(**XGB), numbers, c.codes),
    "xgboost-dart.json": (xgboost.XGBRegressor(booster="dart", rate_drop=0.3, **XGB), numbers, c.VALUE),
    "xgboost-regression.ubj": (xgboost.XGBRegressor(**XGB), gaps, c.VALUE),
    "xgboost-poisson.json": (xgboost.XGBRegressor(objective="count:poisson", **XGB), numbers, c.VISITS),
    "xgboost-share.json": (xgboost.XGBRegressor(objective="reg:logistic", **XGB), numbers, c.codes.astype(float)),
    "iris.xgboost.json": (xgboost.XGBClassifier(**XGB), *datasets.load_iris(return_X_y=True, as_frame=True)),
    "lightgbm-binary.txt": (lightgbm.LGBMClassifier(**LGBM), numbers, c.codes),
    "lightgbm-binary-missing.txt": (lightgbm.LGBMClassifier(**LGBM), gaps, c.codes),
    "lightgbm-multi.txt": (lightgbm.LGBMClassifier(**LGBM), numbers, c.SEGMENTS),
    "lightgbm-forest.txt": (
        lightgbm.LGBMRegressor(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **LGBM),
        numbers,
        c.VALUE,
    ),
    "lightgbm-regression.txt": (lightgbm.LGBMRegressor(**LGBM), gaps, c.VALUE),
    "lightgbm-tweedie.txt": (lightgbm.LGBMRegressor(objective="tweedie", **LGBM), numbers, c.VISITS),
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, (model, rows, truth) in MODELS.items():
        target = np.asarray(truth)
        model.fit(rows, target)
        path = FOLDER / name
        getattr(model, "booster_", model).save_model(path)
        some = rows.head(ROWS)
        is_classifier = target.dtype.kind == "i"
        labels = sorted(set(target.tolist())) if is_classifier else None
        record: dict = {"name": name, "signature": c.signature(rows, labels)}
        record["rows"] = [[raw(value) for value in row] for row in some.itertuples(index=False)]
        if is_classifier:
            answers = {"labels": model.predict(some).tolist(), "probabilities": rounded(model.predict_proba(some))}
        else:
            answers = {"numbers": [float(number) for number in model.predict(some)]}
        record |= {"library": answers, "runtime": answers}
        path.with_name(name + ".answers").write_text(json.dumps(record) + "\n")
    only = lightgbm.LGBMRegressor(n_estimators=1, num_leaves=3, random_state=1, verbose=-1)
    only.fit(numbers[["age"]], c.VALUE).booster_.save_model(FOLDER / "lightgbm-one-column.txt")


main()
