"""Six usual libraries with their default settings, which train on the same rows as Evergreen.

Each gets the table as pandas reads it, without the row names. Texts are categories, dates are days. A library that
accepts neither categories nor missing values gets one-hot columns and medians, as in scikit-learn's documentation.
"""

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from tables import INDEX, Table

SEED = 7
THREADS = 2
# Minimum probability in scikit-learn's log loss, in place of 0.
LEAST = float(np.finfo(np.float64).eps)


def read(file: Path, table: Table) -> tuple[pandas.DataFrame, pandas.Series]:
    """Reads the feature columns and the target."""
    frame = pandas.read_csv(file, low_memory=False).drop(columns=INDEX, errors="ignore")
    target = frame.pop(table.target)
    for name in frame.columns:
        if pandas.api.types.is_numeric_dtype(frame[name]):
            continue
        days = pandas.to_datetime(frame[name], errors="coerce", format="ISO8601")
        if days.notna().sum() == frame[name].notna().sum() > 0:
            frame[name] = (days - pandas.Timestamp("2000-01-01")) / pandas.Timedelta(days=1)
        else:
            # Every library accepts NaN, and nothing else, as a missing text.
            texts = frame[name].astype("string").astype(object)
            frame[name] = texts.where(texts.notna(), np.nan).astype("category")
    return frame, target.astype("string") if table.task == "classification" else target.astype(float)


def usable(target: pandas.Series) -> list[int]:
    """Returns the rows whose label is not missing and occurs more than once: no library can train on the others."""
    rows = target.notna()
    if pandas.api.types.is_string_dtype(target):
        rows &= target.map(target.value_counts()) > 1
    return np.flatnonzero(rows.to_numpy(bool)).tolist()


def losses(name: str, frame: pandas.DataFrame, target: pandas.Series, holdout: list[int], seconds: float) -> np.ndarray:
    """Returns the loss of each held-out row: minus the log of the true label's probability, or the squared error."""
    held = np.zeros(len(frame), bool)
    held[holdout] = True
    classes = pandas.api.types.is_string_dtype(target)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        model = PEERS[name](frame[~held], target[~held], classes, seconds)
        if not classes:
            return (
                np.asarray(model.predict(frame.iloc[holdout]), float).ravel() - target.iloc[holdout].to_numpy()
            ) ** 2
        answers = np.asarray(model.predict_proba(frame.iloc[holdout]), float)
    labels = [str(label) for label in model.classes_]
    places = [labels.index(label) if label in labels else -1 for label in target.iloc[holdout]]
    likely = [row[place] / row.sum() if place >= 0 else 0.0 for row, place in zip(answers, places)]
    return -np.log(np.clip(likely, LEAST, 1.0))


def constant(target: pandas.Series, holdout: list[int]) -> np.ndarray:
    """Returns the losses of the constant answer: the shares of the labels, or the mean, of the training rows."""
    held = np.zeros(len(target), bool)
    held[holdout] = True
    if not pandas.api.types.is_string_dtype(target):
        return (target[held].to_numpy() - target[~held].mean()) ** 2
    shares = target[~held].value_counts(normalize=True)
    return -np.log(np.clip([shares.get(label, 0.0) for label in target.iloc[holdout]], LEAST, 1.0))


def _plain(frame: pandas.DataFrame) -> Any:
    """Fills missing values and makes one-hot columns of categories, for libraries that only accept numbers."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    texts = list(frame.select_dtypes("category").columns)
    numbers = [name for name in frame.columns if name not in texts]
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=2), texts),
    )


def _linear(frame: pandas.DataFrame, target: pandas.Series, classes: bool, _seconds: float) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    return make_pipeline(_plain(frame), LogisticRegression(max_iter=5000) if classes else Ridge()).fit(frame, target)


def _forest(frame: pandas.DataFrame, target: pandas.Series, classes: bool, _seconds: float) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.pipeline import make_pipeline

    kind = RandomForestClassifier if classes else RandomForestRegressor
    return make_pipeline(_plain(frame), kind(random_state=SEED, n_jobs=THREADS)).fit(frame, target)


def _histogram(frame: pandas.DataFrame, target: pandas.Series, classes: bool, _seconds: float) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    # The model accepts at most 255 categories of a column. A column with more is replaced by its codes.
    return _Coded(kind(random_state=SEED), most=255).fit(frame, target)


def _lightgbm(frame: pandas.DataFrame, target: pandas.Series, classes: bool, _seconds: float) -> Any:
    import lightgbm

    kind = lightgbm.LGBMClassifier if classes else lightgbm.LGBMRegressor
    model = kind(random_state=SEED, n_jobs=THREADS, verbose=-1)
    return _Renamed(model).fit(frame, target)


def _catboost(frame: pandas.DataFrame, target: pandas.Series, classes: bool, _seconds: float) -> Any:
    import catboost

    texts = list(frame.select_dtypes("category").columns)
    kind = catboost.CatBoostClassifier if classes else catboost.CatBoostRegressor
    model = kind(random_seed=SEED, thread_count=THREADS, verbose=False, allow_writing_files=False, cat_features=texts)
    return _Filled(model, texts).fit(frame, target)


def _flaml(frame: pandas.DataFrame, target: pandas.Series, classes: bool, seconds: float) -> Any:
    import flaml

    model = flaml.AutoML()
    model.fit(
        frame,
        target.to_numpy(),
        task="classification" if classes else "regression",
        metric="log_loss" if classes else "rmse",
        time_budget=seconds,
        n_jobs=THREADS,
        seed=SEED,
        verbose=0,
        log_file_name=os.devnull,
    )
    return model


class _Wrapped:
    """A model that gets the table in another form."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, frame: pandas.DataFrame, target: pandas.Series) -> Any:
        self.model.fit(self.form(frame), target.to_numpy(object if pandas.api.types.is_string_dtype(target) else float))
        return self

    def form(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        raise NotImplementedError

    def predict(self, frame: pandas.DataFrame) -> Any:
        return self.model.predict(self.form(frame))

    def predict_proba(self, frame: pandas.DataFrame) -> Any:
        return self.model.predict_proba(self.form(frame))

    @property
    def classes_(self) -> Any:
        return self.model.classes_


class _Coded(_Wrapped):
    """Replaces categories by their codes in columns with too many categories."""

    def __init__(self, model: Any, most: int) -> None:
        super().__init__(model)
        self.most = most

    def form(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        wide = [name for name in frame.select_dtypes("category") if len(frame[name].cat.categories) > self.most]
        return frame.assign(**{name: frame[name].cat.codes for name in wide})


class _Renamed(_Wrapped):
    """Numbers the columns: LightGBM does not accept brackets or commas in names."""

    def form(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        return frame.set_axis([f"c{place}" for place in range(frame.shape[1])], axis=1)


class _Filled(_Wrapped):
    """Replaces missing texts by an empty text: CatBoost does not accept missing texts."""

    def __init__(self, model: Any, texts: list[str]) -> None:
        super().__init__(model)
        self.texts = texts

    def form(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        return frame.assign(**{name: frame[name].astype(object).where(frame[name].notna(), "") for name in self.texts})


PEERS: dict[str, Callable[..., Any]] = {
    "HistGradientBoosting": _histogram,
    "LightGBM": _lightgbm,
    "CatBoost": _catboost,
    "Random forest": _forest,
    "Logistic or ridge": _linear,
    "FLAML": _flaml,
}
