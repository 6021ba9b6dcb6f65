"""The models: each is trained by one library on one table and exported by that library's usual exporter."""

import lightgbm
import onnxmltools
import skl2onnx
import tables
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloats
from skl2onnx.common.data_types import BooleanTensorType, FloatTensorType, StringTensorType
from sklearn import ensemble, linear_model, neural_network, pipeline, preprocessing, tree
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer


def sklearn(model, table: tables.Table, **options):
    """Exports the model with a single input that has all columns."""
    model.fit(table.numbers, table.target)
    inputs = [("input", FloatTensorType([None, table.numbers.shape[1]]))]
    return skl2onnx.convert_sklearn(model, initial_types=inputs, **options)


def by_column(model, table: tables.Table):
    """Exports the model with one input for each column, as for a data frame."""
    model.fit(table.frame, table.target)
    kinds = {"f": FloatTensorType, "b": BooleanTensorType}
    inputs = [(name, kinds.get(kind.kind, StringTensorType)([None, 1])) for name, kind in table.frame.dtypes.items()]
    return skl2onnx.convert_sklearn(model, initial_types=inputs)


def boosted(convert, model, table: tables.Table):
    model.fit(table.numbers, table.target)
    return convert(model, initial_types=[("input", ToolsFloats([None, table.numbers.shape[1]]))])


def forest(**settings):
    return {"n_estimators": 10, "max_depth": 5, "random_state": 1, **settings}


def mixed(estimator):
    numbers = pipeline.make_pipeline(SimpleImputer(strategy="median"), preprocessing.StandardScaler())
    categories = preprocessing.OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer(
        (numbers, ["age", "income"]), (categories, ["plan", "country"]), ("passthrough", ["active"])
    )
    return pipeline.make_pipeline(columns, estimator)


iris, iris_numbered = tables.iris(), tables.iris_numbered()
cancer, cancer_numbered = tables.cancer(), tables.cancer_numbered()
diabetes, customers = tables.diabetes(), tables.customers()
xgb = {"n_estimators": 10, "max_depth": 3, "random_state": 1}
lgbm = {"n_estimators": 10, "num_leaves": 6, "random_state": 1, "verbose": -1}
hist = {"max_iter": 10, "max_leaf_nodes": 6, "random_state": 1}


def scaled(model):
    """Puts a scaler to mean 0 and deviation 1 before the model."""
    return pipeline.make_pipeline(preprocessing.StandardScaler(), model)


def ranged(model):
    """Puts a scaler to the range from 0 to 1 before the model."""
    return pipeline.make_pipeline(preprocessing.MinMaxScaler(), model)


MODELS = {
    "skl-forest-2": (cancer, lambda t: sklearn(ensemble.RandomForestClassifier(**forest()), t)),
    "skl-forest-3": (iris, lambda t: sklearn(ensemble.RandomForestClassifier(**forest()), t)),
    "skl-forest-3-arrays": (
        iris_numbered,
        lambda t: sklearn(ensemble.RandomForestClassifier(**forest()), t, options={"zipmap": False}),
    ),
    "skl-forest-regression": (diabetes, lambda t: sklearn(ensemble.RandomForestRegressor(**forest(max_depth=4)), t)),
    "skl-extra-trees-3": (iris, lambda t: sklearn(ensemble.ExtraTreesClassifier(**forest()), t)),
    "skl-tree-3": (iris, lambda t: sklearn(tree.DecisionTreeClassifier(random_state=1), t)),
    "skl-boosting-2": (
        cancer,
        lambda t: sklearn(ensemble.GradientBoostingClassifier(**forest(max_depth=3)), t),
    ),
    "skl-boosting-3": (iris, lambda t: sklearn(ensemble.GradientBoostingClassifier(**forest(max_depth=3)), t)),
    "skl-boosting-regression": (
        diabetes,
        lambda t: sklearn(ensemble.GradientBoostingRegressor(**forest(max_depth=3)), t),
    ),
    "skl-hist-2": (cancer, lambda t: sklearn(ensemble.HistGradientBoostingClassifier(**hist), t)),
    "skl-hist-3": (iris, lambda t: sklearn(ensemble.HistGradientBoostingClassifier(**hist), t)),
    "skl-hist-regression": (diabetes, lambda t: sklearn(ensemble.HistGradientBoostingRegressor(**hist), t)),
    "skl-logistic-2": (cancer, lambda t: sklearn(scaled(linear_model.LogisticRegression()), t)),
    "skl-logistic-3": (iris, lambda t: sklearn(scaled(linear_model.LogisticRegression()), t)),
    "skl-ridge": (diabetes, lambda t: sklearn(ranged(linear_model.Ridge()), t)),
    "skl-network-3": (
        iris,
        lambda t: sklearn(scaled(neural_network.MLPClassifier((6,), random_state=1, max_iter=2000)), t),
    ),
    "skl-mixed-logistic": (customers, lambda t: by_column(mixed(linear_model.LogisticRegression()), t)),
    "skl-mixed-forest": (customers, lambda t: by_column(mixed(ensemble.RandomForestClassifier(**forest())), t)),
    "xgb-2": (cancer_numbered, lambda t: boosted(onnxmltools.convert_xgboost, xgboost.XGBClassifier(**xgb), t)),
    "xgb-3": (iris_numbered, lambda t: boosted(onnxmltools.convert_xgboost, xgboost.XGBClassifier(**xgb), t)),
    "xgb-regression": (diabetes, lambda t: boosted(onnxmltools.convert_xgboost, xgboost.XGBRegressor(**xgb), t)),
    "lgbm-2": (cancer_numbered, lambda t: boosted(onnxmltools.convert_lightgbm, lightgbm.LGBMClassifier(**lgbm), t)),
    "lgbm-3": (iris_numbered, lambda t: boosted(onnxmltools.convert_lightgbm, lightgbm.LGBMClassifier(**lgbm), t)),
    "lgbm-regression": (diabetes, lambda t: boosted(onnxmltools.convert_lightgbm, lightgbm.LGBMRegressor(**lgbm), t)),
}
