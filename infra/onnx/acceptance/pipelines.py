"""The pipelines: what people train with scikit-learn, XGBoost, LightGBM and CatBoost, and export today."""

from collections.abc import Callable
from dataclasses import dataclass, field
from tempfile import NamedTemporaryFile
from typing import Any

import catboost
import customers as c
import lightgbm
import numpy as np
import onnx
import onnxmltools
import pandas as pd
import skl2onnx
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloats
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes as classes_shape
from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes as numbers_shape
from sklearn import (
    calibration,
    cluster,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_selection,
    gaussian_process,
    impute,
    kernel_approximation,
    linear_model,
    multiclass,
    naive_bayes,
    neighbors,
    neural_network,
    preprocessing,
    svm,
    tree,
)
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.feature_extraction import text
from sklearn.pipeline import FeatureUnion, make_pipeline

__all__ = ["PIPELINES", "Pipeline"]

# onnxmltools cannot write a later version of the operators of machine learning.
OPERATORS = {"": 21, "ai.onnx.ml": 3}
FLOATS = {"float": FloatTensorType, "double": DoubleTensorType}


@dataclass
class Pipeline:
    """One pipeline: the model, its table and its target, and how it is exported."""

    model: Any
    rows: pd.DataFrame
    target: np.ndarray
    export: Callable
    options: dict = field(default_factory=dict)

    @property
    def is_classifier(self) -> bool:
        return self.target.dtype.kind in "iUO"


def one_tensor(p: Pipeline, kind: str = "float"):
    inputs = [("input", FLOATS[kind]([None, p.rows.shape[1]]))]
    return skl2onnx.convert_sklearn(p.model, initial_types=inputs, options=options(p), target_opset=OPERATORS)


def in_doubles(p: Pipeline):
    return one_tensor(p, "double")


def by_column(p: Pipeline, kind: str = "float"):
    of = {"f": FLOATS[kind], "i": Int64TensorType}
    types = {name: of.get(dtype.kind, StringTensorType) for name, dtype in p.rows.dtypes.items()}
    inputs = [(name, of_column([None, 1])) for name, of_column in types.items()]
    return skl2onnx.convert_sklearn(p.model, initial_types=inputs, options=options(p), target_opset=OPERATORS)


def by_column_in_doubles(p: Pipeline):
    return by_column(p, "double")


def texts(p: Pipeline):
    inputs = [("input", StringTensorType([None, p.rows.shape[1]]))]
    return skl2onnx.convert_sklearn(p.model, initial_types=inputs, options=options(p), target_opset=OPERATORS)


def options(p: Pipeline) -> dict:
    """Returns the options of the exporter: `zipmap` belongs to a classifier, the others to the step that has them."""
    zipmap = {id(p.model): {"zipmap": False}} if p.options.get("zipmap") is False and p.is_classifier else {}
    rest = {key: value for key, value in p.options.items() if key != "zipmap"}
    return zipmap | ({id(p.model): zipmap.get(id(p.model), {}) | rest} if rest else {})


def of_xgboost(p: Pipeline):
    return onnxmltools.convert_xgboost(p.model, initial_types=[("input", ToolsFloats([None, p.rows.shape[1]]))])


def of_lightgbm(p: Pipeline):
    inputs = [("input", ToolsFloats([None, p.rows.shape[1]]))]
    more = {"zipmap": p.options["zipmap"]} if "zipmap" in p.options else {}
    return onnxmltools.convert_lightgbm(p.model, initial_types=inputs, **more)


def of_catboost(p: Pipeline):
    with NamedTemporaryFile(suffix=".onnx") as file:
        p.model.save_model(file.name, format="onnx")
        return onnx.load(file.name)


def register() -> None:
    """Lets skl2onnx write models of XGBoost and LightGBM inside its own pipelines, as its documentation shows."""
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

    probabilities = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    for model, convert in ((lightgbm.LGBMClassifier, convert_lightgbm), (xgboost.XGBClassifier, convert_xgboost)):
        update_registered_converter(model, model.__name__, classes_shape, convert, options=probabilities)
    for model, convert in ((lightgbm.LGBMRegressor, convert_lightgbm), (xgboost.XGBRegressor, convert_xgboost)):
        update_registered_converter(model, model.__name__, numbers_shape, convert, options={"split": None})


register()

FEW = {"n_estimators": 12, "random_state": 1}
TREES = {**FEW, "max_depth": 5}
XGB = {"n_estimators": 12, "max_depth": 3, "random_state": 1}
LGBM = {"n_estimators": 12, "num_leaves": 7, "random_state": 1, "verbose": -1}
CAT = {"iterations": 12, "depth": 4, "random_seed": 1, "verbose": False, "allow_writing_files": False}

numbers, mixed = c.frame[c.NUMBERS], c.frame
gaps = c.with_gaps(["age", "tenure"], np.nan)[c.NUMBERS]
text_gaps = c.with_gaps(["city"], "")
whole = numbers.assign(calls=numbers.calls.astype("int64"), age=numbers.age.astype("int64"))
blanks = mixed.assign(plan=" " + mixed.plan, city=" " + mixed.city)
# 1.7e9 seconds need more digits than a single-precision number has.
seconds = numbers.assign(age=1.7e9 + numbers.age * 86_400)
notes = pd.DataFrame({"note": c.notes})
shouted = pd.DataFrame(
    {"note": [note.upper() if place % 3 == 0 else f"{note}, Größe!" for place, note in enumerate(c.notes)]}
)
text_holes = pd.DataFrame({"note": ["" if place % 7 == 0 else note for place, note in enumerate(c.notes)]})
texts_only = mixed[c.CATEGORIES]


def yes_no(model, rows=numbers, export=one_tensor, **options) -> Pipeline:
    return Pipeline(model, rows, c.YES_NO, export, options)


def binary(model, rows=numbers, export=one_tensor, **options) -> Pipeline:
    """Returns a pipeline for the labels 0 and 1."""
    return Pipeline(model, rows, c.codes, export, options)


def segments(model, rows=numbers, export=one_tensor, **options) -> Pipeline:
    return Pipeline(model, rows, c.NAMED_SEGMENTS, export, options)


def numbered(model, rows=numbers, export=one_tensor, **options) -> Pipeline:
    """Returns a pipeline for the labels 0, 1 and 2."""
    return Pipeline(model, rows, c.SEGMENTS, export, options)


def value(model, rows=numbers, export=one_tensor, target=c.VALUE, **options) -> Pipeline:
    return Pipeline(model, rows, target, export, options)


def scaled(model):
    return make_pipeline(preprocessing.StandardScaler(), model)


def columns(estimator, *, encoder=None, numeric=None):
    """Encodes the categories, changes the numbers, and puts the estimator behind them."""
    encoder = encoder or preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    numeric = numeric or preprocessing.StandardScaler()
    changed = make_column_transformer((numeric, c.NUMBERS), (encoder, c.CATEGORIES))
    return make_pipeline(changed, estimator)


def coded(estimator, encoder):
    """Encodes the column `calls`, whose numbers are codes."""
    changed = make_column_transformer((encoder, ["calls"]), remainder=preprocessing.StandardScaler())
    return make_pipeline(changed, estimator)


def logistic(**more):
    return linear_model.LogisticRegression(max_iter=1000, **more)


def forest(**more):
    return ensemble.RandomForestClassifier(**TREES, **more)


def noted(vectorizer, rows=notes, estimator=None) -> Pipeline:
    """Returns a pipeline that reads the words of a free text."""
    changed = make_column_transformer((vectorizer, "note"))
    if estimator is None:
        estimator = logistic()
    return Pipeline(make_pipeline(changed, estimator), rows, c.NOTED, by_column)


ordinal = preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)

PIPELINES: dict[str, Callable[[], Pipeline]] = {
    # Linear models
    "logistic": lambda: yes_no(scaled(logistic())),
    "logistic arrays": lambda: yes_no(scaled(logistic()), zipmap=False),
    "logistic 3 labels": lambda: segments(scaled(logistic())),
    "logistic one-vs-rest": lambda: segments(multiclass.OneVsRestClassifier(scaled(logistic()))),
    "logistic doubles": lambda: yes_no(scaled(logistic()), export=in_doubles),
    "logistic large numbers doubles": lambda: yes_no(scaled(logistic()), seconds, in_doubles),
    "logistic CV": lambda: yes_no(scaled(linear_model.LogisticRegressionCV(cv=3))),
    "SGD log loss": lambda: yes_no(scaled(linear_model.SGDClassifier(loss="log_loss", random_state=1))),
    "SGD modified huber": lambda: segments(scaled(linear_model.SGDClassifier(loss="modified_huber", random_state=1))),
    "SGD hinge": lambda: yes_no(scaled(linear_model.SGDClassifier(random_state=1)), zipmap=False),
    "ridge classifier": lambda: yes_no(scaled(linear_model.RidgeClassifier()), zipmap=False),
    "perceptron": lambda: yes_no(scaled(linear_model.Perceptron(random_state=1)), zipmap=False),
    "linear": lambda: value(linear_model.LinearRegression()),
    "linear doubles": lambda: value(linear_model.LinearRegression(), export=in_doubles),
    "linear large numbers doubles": lambda: value(scaled(linear_model.LinearRegression()), seconds, in_doubles),
    "ridge": lambda: value(scaled(linear_model.Ridge())),
    "lasso": lambda: value(scaled(linear_model.Lasso(0.1))),
    "elastic net": lambda: value(scaled(linear_model.ElasticNet(0.1))),
    "Bayesian ridge": lambda: value(scaled(linear_model.BayesianRidge())),
    "huber": lambda: value(scaled(linear_model.HuberRegressor())),
    "SGD regressor": lambda: value(scaled(linear_model.SGDRegressor(random_state=1))),
    "ARD": lambda: value(scaled(linear_model.ARDRegression())),
    "RANSAC": lambda: value(linear_model.RANSACRegressor(random_state=1)),
    "Theil-Sen": lambda: value(linear_model.TheilSenRegressor(random_state=1, max_subpopulation=500)),
    "quantile": lambda: value(scaled(linear_model.QuantileRegressor(alpha=0.01))),
    "Poisson": lambda: value(scaled(linear_model.PoissonRegressor()), target=c.VISITS),
    "gamma": lambda: value(scaled(linear_model.GammaRegressor()), target=c.POSITIVE),
    "Tweedie": lambda: value(scaled(linear_model.TweedieRegressor(power=1.5)), target=c.VISITS),
    # Trees of scikit-learn
    "tree": lambda: yes_no(tree.DecisionTreeClassifier(max_depth=5, random_state=1)),
    "tree regression": lambda: value(tree.DecisionTreeRegressor(max_depth=5, random_state=1)),
    "extra tree": lambda: segments(tree.ExtraTreeClassifier(max_depth=5, random_state=1)),
    "forest": lambda: yes_no(forest()),
    "forest 3 labels arrays": lambda: segments(forest(), zipmap=False),
    "forest doubles": lambda: yes_no(forest(), export=in_doubles),
    "forest of scaled doubles": lambda: yes_no(scaled(forest()), export=in_doubles),
    "forest missing": lambda: yes_no(forest(), gaps),
    "forest regression": lambda: value(ensemble.RandomForestRegressor(**TREES)),
    "forest regression missing": lambda: value(ensemble.RandomForestRegressor(**TREES), gaps),
    "extra trees": lambda: segments(ensemble.ExtraTreesClassifier(**TREES)),
    "extra trees regression": lambda: value(ensemble.ExtraTreesRegressor(**TREES)),
    "gradient boosting": lambda: yes_no(ensemble.GradientBoostingClassifier(**FEW)),
    "gradient boosting exponential": lambda: yes_no(ensemble.GradientBoostingClassifier(loss="exponential", **FEW)),
    "gradient boosting 3 labels": lambda: segments(ensemble.GradientBoostingClassifier(**FEW)),
    "gradient boosting regression": lambda: value(ensemble.GradientBoostingRegressor(**FEW)),
    "gradient boosting quantile": lambda: value(ensemble.GradientBoostingRegressor(loss="quantile", **FEW)),
    "hist boosting": lambda: yes_no(ensemble.HistGradientBoostingClassifier(max_iter=12)),
    "hist boosting missing": lambda: yes_no(ensemble.HistGradientBoostingClassifier(max_iter=12), gaps),
    "hist boosting 3 labels": lambda: segments(ensemble.HistGradientBoostingClassifier(max_iter=12)),
    "hist boosting regression": lambda: value(ensemble.HistGradientBoostingRegressor(max_iter=12)),
    "hist boosting Poisson": lambda: value(
        ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=12), target=c.VISITS
    ),
    "isolated AdaBoost": lambda: yes_no(ensemble.AdaBoostClassifier(**FEW)),
    "AdaBoost 3 labels": lambda: segments(ensemble.AdaBoostClassifier(**FEW)),
    "AdaBoost regression": lambda: value(ensemble.AdaBoostRegressor(**FEW)),
    "bagging": lambda: yes_no(ensemble.BaggingClassifier(tree.DecisionTreeClassifier(max_depth=4), **FEW)),
    "bagging regression": lambda: value(ensemble.BaggingRegressor(tree.DecisionTreeRegressor(max_depth=4), **FEW)),
    # Combinations
    "voting soft": lambda: yes_no(
        ensemble.VotingClassifier([("a", scaled(logistic())), ("b", forest())], voting="soft", flatten_transform=False)
    ),
    "voting hard": lambda: yes_no(
        ensemble.VotingClassifier([("a", scaled(logistic())), ("b", forest())], voting="hard", flatten_transform=False),
        zipmap=False,
    ),
    "voting regression": lambda: value(
        ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", ensemble.RandomForestRegressor(**TREES))])
    ),
    "stacking": lambda: yes_no(ensemble.StackingClassifier([("a", scaled(logistic())), ("b", forest())], logistic())),
    "stacking 3 labels": lambda: segments(
        ensemble.StackingClassifier([("a", scaled(logistic())), ("b", forest())], logistic())
    ),
    "stacking regression": lambda: value(
        ensemble.StackingRegressor([("a", linear_model.Ridge()), ("b", ensemble.RandomForestRegressor(**TREES))])
    ),
    "calibrated sigmoid": lambda: yes_no(calibration.CalibratedClassifierCV(forest(), cv=3)),
    "calibrated isotonic": lambda: yes_no(calibration.CalibratedClassifierCV(forest(), cv=3, method="isotonic")),
    "calibrated SVC": lambda: yes_no(calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=3)),
    "calibrated 3 labels": lambda: segments(calibration.CalibratedClassifierCV(forest(), cv=3)),
    "one-vs-rest forest": lambda: segments(multiclass.OneVsRestClassifier(forest())),
    "one-vs-one": lambda: numbered(multiclass.OneVsOneClassifier(scaled(logistic())), zipmap=False),
    "output codes": lambda: segments(multiclass.OutputCodeClassifier(scaled(logistic()), random_state=1)),
    "target log": lambda: value(
        TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1), target=c.POSITIVE
    ),
    # Neural networks, support vectors, neighbours, naive Bayes, discriminants, Gaussian processes
    "MLP": lambda: yes_no(scaled(neural_network.MLPClassifier((8,), random_state=1, max_iter=300))),
    "MLP tanh 3 labels": lambda: segments(
        scaled(neural_network.MLPClassifier((8, 4), activation="tanh", random_state=1, max_iter=300))
    ),
    "MLP logistic": lambda: yes_no(
        scaled(neural_network.MLPClassifier((8,), activation="logistic", random_state=1, max_iter=300))
    ),
    "MLP regression": lambda: value(
        scaled(neural_network.MLPRegressor(hidden_layer_sizes=(8,), random_state=1, max_iter=300))
    ),
    "SVC": lambda: yes_no(scaled(svm.SVC(probability=True, random_state=1)), zipmap=False),
    "SVC 3 labels": lambda: segments(scaled(svm.SVC(probability=True, random_state=1)), zipmap=False),
    "SVC linear": lambda: yes_no(scaled(svm.SVC(kernel="linear", probability=True, random_state=1)), zipmap=False),
    "SVC poly": lambda: yes_no(scaled(svm.SVC(kernel="poly", probability=True, random_state=1)), zipmap=False),
    "SVC without probabilities": lambda: yes_no(scaled(svm.SVC()), zipmap=False),
    "NuSVC": lambda: yes_no(scaled(svm.NuSVC(probability=True, random_state=1)), zipmap=False),
    "SVR": lambda: value(scaled(svm.SVR())),
    "NuSVR": lambda: value(scaled(svm.NuSVR())),
    "linear SVC": lambda: yes_no(svm.LinearSVC(), raw_scores=True),
    "linear SVC 3 labels": lambda: segments(svm.LinearSVC(), raw_scores=True),
    "linear SVR": lambda: value(scaled(svm.LinearSVR(max_iter=10_000))),
    "neighbours": lambda: yes_no(scaled(neighbors.KNeighborsClassifier(5))),
    "neighbours by distance": lambda: yes_no(scaled(neighbors.KNeighborsClassifier(5, weights="distance"))),
    "neighbours cdist": lambda: yes_no(neighbors.KNeighborsClassifier(5), optim="cdist", zipmap=False),
    "neighbours regression": lambda: value(scaled(neighbors.KNeighborsRegressor(5))),
    "nearest centroid": lambda: yes_no(neighbors.NearestCentroid()),
    "radius neighbours": lambda: value(scaled(neighbors.RadiusNeighborsRegressor(2.0))),
    "Gaussian naive Bayes": lambda: segments(naive_bayes.GaussianNB()),
    "Bernoulli naive Bayes": lambda: yes_no(scaled(naive_bayes.BernoulliNB())),
    "multinomial naive Bayes": lambda: yes_no(make_pipeline(preprocessing.MinMaxScaler(), naive_bayes.MultinomialNB())),
    "complement naive Bayes": lambda: yes_no(make_pipeline(preprocessing.MinMaxScaler(), naive_bayes.ComplementNB())),
    "categorical naive Bayes": lambda: yes_no(naive_bayes.CategoricalNB(), numbers[["calls"]]),
    "linear discriminant": lambda: yes_no(discriminant_analysis.LinearDiscriminantAnalysis()),
    "quadratic discriminant": lambda: segments(discriminant_analysis.QuadraticDiscriminantAnalysis()),
    "Gaussian process regression": lambda: value(
        scaled(gaussian_process.GaussianProcessRegressor(alpha=1.0)), numbers.head(600)
    ),
    "isotonic-like quantile transform": lambda: value(
        make_pipeline(preprocessing.QuantileTransformer(n_quantiles=50), linear_model.Ridge())
    ),
    # Preprocessing
    "min-max": lambda: yes_no(make_pipeline(preprocessing.MinMaxScaler(), logistic())),
    "min-max clipped": lambda: yes_no(make_pipeline(preprocessing.MinMaxScaler(clip=True), logistic())),
    "max-abs": lambda: yes_no(make_pipeline(preprocessing.MaxAbsScaler(), logistic())),
    "robust": lambda: yes_no(make_pipeline(preprocessing.RobustScaler(), logistic())),
    "normalizer": lambda: yes_no(make_pipeline(preprocessing.Normalizer(), logistic())),
    "power": lambda: yes_no(make_pipeline(preprocessing.PowerTransformer(), logistic())),
    "bins": lambda: yes_no(make_pipeline(preprocessing.KBinsDiscretizer(4, encode="onehot-dense"), logistic())),
    "bins ordinal": lambda: yes_no(make_pipeline(preprocessing.KBinsDiscretizer(4, encode="ordinal"), forest())),
    "binarizer": lambda: yes_no(make_pipeline(preprocessing.Binarizer(threshold=20), logistic())),
    "polynomial": lambda: value(make_pipeline(preprocessing.PolynomialFeatures(2), scaled(linear_model.Ridge()))),
    "polynomial logistic": lambda: yes_no(
        make_pipeline(preprocessing.StandardScaler(), preprocessing.PolynomialFeatures(2), logistic())
    ),
    "PCA": lambda: yes_no(make_pipeline(preprocessing.StandardScaler(), decomposition.PCA(3), logistic())),
    "incremental PCA": lambda: yes_no(scaled(make_pipeline(decomposition.IncrementalPCA(2), logistic()))),
    "truncated SVD": lambda: yes_no(scaled(make_pipeline(decomposition.TruncatedSVD(3), logistic()))),
    "feature union": lambda: yes_no(
        make_pipeline(FeatureUnion([("a", preprocessing.StandardScaler()), ("b", decomposition.PCA(2))]), logistic())
    ),
    "select best": lambda: yes_no(make_pipeline(feature_selection.SelectKBest(k=2), forest())),
    "variance threshold": lambda: yes_no(make_pipeline(feature_selection.VarianceThreshold(), forest())),
    "k-means distances": lambda: yes_no(scaled(make_pipeline(cluster.KMeans(4, random_state=1), logistic()))),
    "Nystroem": lambda: yes_no(scaled(make_pipeline(kernel_approximation.RBFSampler(random_state=1), logistic()))),
    "imputed mean": lambda: yes_no(make_pipeline(impute.SimpleImputer(), scaled(logistic())), gaps),
    "imputed median forest": lambda: yes_no(make_pipeline(impute.SimpleImputer(strategy="median"), forest()), gaps),
    "imputed indicator": lambda: yes_no(make_pipeline(impute.SimpleImputer(add_indicator=True), logistic()), gaps),
    "imputed neighbours": lambda: yes_no(make_pipeline(impute.KNNImputer(), scaled(logistic())), gaps),
    # Tables with categories
    "mixed logistic": lambda: yes_no(columns(logistic()), mixed, by_column),
    "mixed forest": lambda: yes_no(columns(forest()), mixed, by_column),
    "mixed forest doubles": lambda: yes_no(columns(forest()), mixed, by_column_in_doubles),
    "mixed logistic doubles": lambda: yes_no(columns(logistic()), mixed, by_column_in_doubles),
    "mixed drop first": lambda: yes_no(
        columns(logistic(), encoder=preprocessing.OneHotEncoder(drop="first", sparse_output=False)), mixed, by_column
    ),
    "mixed infrequent": lambda: yes_no(
        columns(
            logistic(), encoder=preprocessing.OneHotEncoder(min_frequency=100, handle_unknown="infrequent_if_exist")
        ),
        mixed,
        by_column,
    ),
    "mixed ordinal": lambda: yes_no(columns(forest(), encoder=ordinal), mixed, by_column),
    "mixed ordinal boosting": lambda: yes_no(
        columns(ensemble.GradientBoostingClassifier(**FEW), encoder=ordinal), mixed, by_column
    ),
    "mixed target encoder": lambda: yes_no(
        columns(logistic(), encoder=preprocessing.TargetEncoder(random_state=1)), mixed, by_column
    ),
    "mixed imputed": lambda: yes_no(
        columns(
            logistic(),
            encoder=make_pipeline(
                impute.SimpleImputer(strategy="most_frequent", missing_values=""),
                preprocessing.OneHotEncoder(handle_unknown="ignore"),
            ),
        ),
        text_gaps,
        by_column,
    ),
    "mixed missing as text": lambda: yes_no(columns(logistic()), text_gaps, by_column),
    "mixed blanks": lambda: yes_no(columns(logistic()), blanks, by_column),
    "mixed regression": lambda: value(columns(linear_model.Ridge()), mixed, by_column),
    "mixed MLP": lambda: segments(
        columns(neural_network.MLPClassifier((8,), random_state=1, max_iter=300)), mixed, by_column
    ),
    "mixed SVC": lambda: yes_no(columns(svm.SVC(probability=True, random_state=1)), mixed, by_column, zipmap=False),
    "texts only": lambda: yes_no(
        make_pipeline(preprocessing.OneHotEncoder(handle_unknown="ignore"), logistic()), texts_only, texts
    ),
    "codes one-hot": lambda: yes_no(coded(logistic(), preprocessing.OneHotEncoder()), numbers, by_column),
    "codes one-hot forest": lambda: yes_no(coded(forest(), preprocessing.OneHotEncoder()), numbers, by_column),
    "codes one-hot whole": lambda: yes_no(coded(logistic(), preprocessing.OneHotEncoder()), whole, by_column),
    "codes ordinal": lambda: yes_no(coded(forest(), preprocessing.OrdinalEncoder()), whole, by_column),
    "codes target": lambda: yes_no(coded(forest(), preprocessing.TargetEncoder(random_state=1)), whole, by_column),
    "whole numbers": lambda: yes_no(scaled(logistic()), whole, by_column),
    # Free texts
    "tf-idf": lambda: noted(text.TfidfVectorizer()),
    "tf-idf L1": lambda: noted(text.TfidfVectorizer(norm="l1")),
    "tf-idf no norm": lambda: noted(text.TfidfVectorizer(norm=None)),
    "tf-idf sublinear": lambda: noted(text.TfidfVectorizer(sublinear_tf=True)),
    "tf-idf no idf": lambda: noted(text.TfidfVectorizer(use_idf=False)),
    "tf-idf not smooth": lambda: noted(text.TfidfVectorizer(smooth_idf=False)),
    "tf-idf pairs": lambda: noted(text.TfidfVectorizer(ngram_range=(1, 2), min_df=10)),
    "tf-idf letters": lambda: noted(text.TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=20)),
    "tf-idf case": lambda: noted(text.TfidfVectorizer(lowercase=False), shouted),
    "tf-idf capitals": lambda: noted(text.TfidfVectorizer(), shouted),
    "tf-idf stop words": lambda: noted(text.TfidfVectorizer(stop_words=["late", "great"])),
    "tf-idf pattern": lambda: noted(text.TfidfVectorizer(token_pattern=r"[a-zA-Z]{5,}")),  # noqa: S106
    "tf-idf missing": lambda: noted(text.TfidfVectorizer(), text_holes),
    "tf-idf forest": lambda: noted(text.TfidfVectorizer(), estimator=forest()),
    "tf-idf regression": lambda: Pipeline(
        make_pipeline(make_column_transformer((text.TfidfVectorizer(), "note")), linear_model.Ridge()),
        notes,
        c.VALUE,
        by_column,
    ),
    "tf-idf beside columns": lambda: Pipeline(
        make_pipeline(
            make_column_transformer(
                (text.TfidfVectorizer(max_features=8), "note"),
                (preprocessing.StandardScaler(), c.NUMBERS),
                (preprocessing.OneHotEncoder(handle_unknown="ignore"), c.CATEGORIES),
            ),
            logistic(),
        ),
        mixed.assign(note=c.notes),
        c.NOTED,
        by_column,
    ),
    "tf-idf then SVD": lambda: noted(
        make_pipeline(text.TfidfVectorizer(), decomposition.TruncatedSVD(4, random_state=1)), estimator=logistic()
    ),
    "word counts": lambda: noted(text.CountVectorizer()),
    "word counts binary": lambda: noted(text.CountVectorizer(binary=True)),
    "word counts triples": lambda: noted(text.CountVectorizer(ngram_range=(1, 3), min_df=8)),
    "word counts only pairs": lambda: noted(text.CountVectorizer(ngram_range=(2, 2), min_df=5)),
    "word counts naive Bayes": lambda: noted(text.CountVectorizer(), estimator=naive_bayes.MultinomialNB()),
    # XGBoost
    "XGBoost": lambda: binary(xgboost.XGBClassifier(**XGB), export=of_xgboost),
    "XGBoost missing": lambda: binary(xgboost.XGBClassifier(**XGB), gaps, of_xgboost),
    "XGBoost 3 labels": lambda: numbered(xgboost.XGBClassifier(**XGB), export=of_xgboost),
    "XGBoost softmax": lambda: numbered(xgboost.XGBClassifier(objective="multi:softmax", **XGB), export=of_xgboost),
    "XGBoost regression": lambda: value(xgboost.XGBRegressor(**XGB), export=of_xgboost),
    "XGBoost regression missing": lambda: value(xgboost.XGBRegressor(**XGB), gaps, of_xgboost),
    "XGBoost logistic regression": lambda: value(
        xgboost.XGBRegressor(objective="reg:logistic", **XGB), export=of_xgboost, target=c.codes.astype(float)
    ),
    "XGBoost Poisson": lambda: value(
        xgboost.XGBRegressor(objective="count:poisson", **XGB), export=of_xgboost, target=c.VISITS
    ),
    "XGBoost gamma": lambda: value(
        xgboost.XGBRegressor(objective="reg:gamma", **XGB), export=of_xgboost, target=c.POSITIVE
    ),
    "XGBoost Tweedie": lambda: value(
        xgboost.XGBRegressor(objective="reg:tweedie", **XGB), export=of_xgboost, target=c.VISITS
    ),
    "XGBoost absolute": lambda: value(xgboost.XGBRegressor(objective="reg:absoluteerror", **XGB), export=of_xgboost),
    "XGBoost forest": lambda: binary(xgboost.XGBRFClassifier(**XGB), export=of_xgboost),
    "XGBoost mixed": lambda: binary(columns(xgboost.XGBClassifier(**XGB)), mixed, by_column),
    "XGBoost scaled doubles": lambda: binary(scaled(xgboost.XGBClassifier(**XGB)), export=in_doubles),
    "XGBoost calibrated": lambda: binary(calibration.CalibratedClassifierCV(xgboost.XGBClassifier(**XGB), cv=3)),
    # LightGBM
    "LightGBM": lambda: yes_no(lightgbm.LGBMClassifier(**LGBM), export=of_lightgbm),
    "LightGBM arrays": lambda: yes_no(lightgbm.LGBMClassifier(**LGBM), export=of_lightgbm, zipmap=False),
    "LightGBM missing": lambda: yes_no(lightgbm.LGBMClassifier(**LGBM), gaps, of_lightgbm),
    "LightGBM 3 labels": lambda: segments(lightgbm.LGBMClassifier(**LGBM), export=of_lightgbm),
    "LightGBM 3 labels arrays": lambda: segments(lightgbm.LGBMClassifier(**LGBM), export=of_lightgbm, zipmap=False),
    "LightGBM regression": lambda: value(lightgbm.LGBMRegressor(**LGBM), export=of_lightgbm),
    "LightGBM regression missing": lambda: value(lightgbm.LGBMRegressor(**LGBM), gaps, of_lightgbm),
    "LightGBM Poisson": lambda: value(
        lightgbm.LGBMRegressor(objective="poisson", **LGBM), export=of_lightgbm, target=c.VISITS
    ),
    "LightGBM gamma": lambda: value(
        lightgbm.LGBMRegressor(objective="gamma", **LGBM), export=of_lightgbm, target=c.POSITIVE
    ),
    "LightGBM Tweedie": lambda: value(
        lightgbm.LGBMRegressor(objective="tweedie", **LGBM), export=of_lightgbm, target=c.VISITS
    ),
    "LightGBM forest": lambda: yes_no(
        lightgbm.LGBMClassifier(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **LGBM), export=of_lightgbm
    ),
    "LightGBM mixed": lambda: yes_no(columns(lightgbm.LGBMClassifier(**LGBM)), mixed, by_column),
    "LightGBM mixed regression": lambda: value(columns(lightgbm.LGBMRegressor(**LGBM)), mixed, by_column),
    "LightGBM stacked": lambda: yes_no(
        ensemble.StackingClassifier([("a", lightgbm.LGBMClassifier(**LGBM)), ("b", scaled(logistic()))], logistic())
    ),
    # CatBoost
    "CatBoost": lambda: binary(catboost.CatBoostClassifier(**CAT), export=of_catboost),
    "CatBoost texts as labels": lambda: yes_no(catboost.CatBoostClassifier(**CAT), export=of_catboost),
    "CatBoost missing": lambda: binary(catboost.CatBoostClassifier(**CAT), gaps, of_catboost),
    "CatBoost 3 labels": lambda: numbered(catboost.CatBoostClassifier(**CAT), export=of_catboost),
    "CatBoost regression": lambda: value(catboost.CatBoostRegressor(**CAT), export=of_catboost),
    "CatBoost Poisson": lambda: value(
        catboost.CatBoostRegressor(loss_function="Poisson", **CAT), export=of_catboost, target=c.VISITS
    ),
}
