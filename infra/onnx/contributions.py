"""Checks that the `shap` package explains every artifact as Evergreen does.

`make onnx-test` runs this program after equality.py, on the artifacts that it has left in target/onnx/answers. ONNX Runtime
computes the features of the training rows, from the graph in the artifact. The covers are counted here, and `shap` gets the
trees of the artifact with them. So nothing but the graph and the rows comes from Evergreen.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnx.helper
import onnxruntime
import shap

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target/onnx/answers"
# Maximum difference of a contribution or a base, as a share of the largest one where that is above 1.
BOUND = 1e-5
TREES, LINEAR = "TreeEnsembleRegressor", "LinearRegressor"
# Number of points with which the slope of a probability is integrated.
POINTS = 2_000


def main() -> int:
    """Compares all artifacts and prints a line for each. Returns 1 if one differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where equality.py has left the artifacts")
    folder = parser.parse_args().folder
    onnxruntime.set_default_logger_severity(3)
    cases = sorted(folder.glob("*/*.explained.json")) or sys.exit(f"*** there are no explanations in {folder}")
    print(f"shap {shap.__version__}: largest difference of a contribution or base")
    failed = [case for case in cases if not _holds(case)]
    if failed:
        print(f"\n*** shap explains otherwise: {', '.join(map(str, failed))}", file=sys.stderr)
    return 1 if failed else 0


def _holds(case: Path) -> bool:
    found = Artifact(case)
    apart = found.largest_difference()
    name, rows = f"{case.parent.name}, {case.name.split('.')[0]}", len(found.explained)
    print(
        f"  {name:34} {rows:4} rows   {len(found.predictors):2} predictors   {apart:.1e} (≤ {BOUND:.0e})"
        f"{'' if apart <= BOUND else '   DIFFERS'}",
        flush=True,
    )
    return apart <= BOUND


class Artifact:
    """An artifact with its rows, and Evergreen's explanations of the first ones."""

    def __init__(self, explained: Path) -> None:
        stem = explained.name.removesuffix(".explained.json")
        self.model = onnx.load(explained.with_name(f"{stem}.onnx"))
        self.sample = json.loads(explained.with_name(f"{stem}.json").read_text())
        content = json.loads(explained.read_text())
        self.explained, self.training, self.slots = content["rows"], content["training"], content["slots"]
        self.operators = {node.name: node for node in self.model.graph.node}
        found = [node for node in self.model.graph.node if node.op_type in (TREES, LINEAR)]
        self.predictors = [node for node in found if node.name != "difficulty_sum"]
        metadata = {entry.key: entry.value for entry in self.model.metadata_props}
        self.columns = json.loads(metadata["evergreen.signature"])["columns"]

    def largest_difference(self) -> float:
        """Returns the largest difference, as a share of the largest number where that is above 1."""
        rows = len(self.explained)
        total, bases = np.zeros((rows, len(self.columns))), np.zeros(rows)
        computed = self._computed([node.input[0] for node in self.predictors])
        for number, node in enumerate(self.predictors):
            features = computed[node.input[0]].astype(np.float64)
            explain = _trees if node.op_type == TREES else _linear
            values, expected = explain(_attributes(node), features[self.training], features[:rows])
            expected = expected + self._numbers(self._name(number, "base"), np.zeros(len(expected)))
            values, base = self._combined(number, values, expected)
            for feature, column in enumerate(self._origins(number)):
                total[:, column] += values[:, feature]
            bases += base
        ours = np.array([row["contributions"] for row in self.explained])
        our_bases = np.array([row["base"] for row in self.explained])
        apart = max(np.abs(ours - total).max(), np.abs(our_bases - bases).max())
        size = max(1.0, np.abs(ours).max(), np.abs(our_bases).max())
        return float(np.nan_to_num(apart / size, nan=np.inf))

    def _combined(self, number: int, values: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the contributions of a predictor to what is explained, and its part of the base, for each row.

        `values` has the contributions to each output, with the shape (rows, features, outputs).
        """
        rows = range(len(self.explained))
        labels = [row["label"] for row in self.explained]
        weight = self._numbers(self._name(number, "weight"), np.ones(1))
        if len(self.predictors) == 1 or labels[0] is None:
            of = [0 if values.shape[2] == 1 else label for label in labels]
            scale = self._margin() if len(self.predictors) == 1 else weight[0]
            return np.array([values[row, :, of[row]] for row in rows]) * scale, expected[of] * scale
        found, bases = np.zeros(values.shape[:2]), np.zeros(len(rows))
        for row in rows:
            outputs = expected + values[row].sum(axis=0)
            gains, bases[row] = self._gains(number, labels[row], expected, outputs)
            found[row] = values[row] @ gains
        return found * weight[0], bases * weight[0]

    def _gains(self, number: int, label: int, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, float]:
        """Integrates the slope of a label's probability along the line from `start` to `end`. Also returns its start."""
        answer = self._link(number)
        if answer is None:
            return np.eye(len(start))[label], start[label]
        steps = (np.arange(POINTS) + 0.5) / POINTS
        points = start + steps[:, None] * (end - start)
        small = 1e-5
        gains = []
        for output in range(len(start)):
            step = small * np.eye(len(start))[output]
            gains.append(((answer(points + step)[:, label] - answer(points - step)[:, label]) / (2 * small)).mean())
        return np.array(gains), answer(start[None])[0, label]

    def _link(self, number: int) -> Callable[[np.ndarray], np.ndarray] | None:
        """Returns how a member's outputs become probabilities. `None` if they are probabilities already."""
        if self._name(number, "halves") in self.operators:
            return lambda odds: np.concatenate([_logistic(-odds), _logistic(odds)], axis=1)
        if self._name(number, "surprise") in self.operators:
            return lambda odds: _logistic(odds) / _logistic(odds).sum(axis=1, keepdims=True)
        if self._name(number, "probabilities") in self.operators:
            return lambda scores: np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return None

    def _margin(self) -> float:
        """Returns the calibration of log-odds and of scores before softmax, which multiplies them."""
        calibration = self._numbers("calibration", np.ones(1))
        softmax = any(node.op_type == "Softmax" for node in self.model.graph.node)
        surprise = self._name(0, "surprise") in self.operators
        return 1.0 if not softmax or surprise else calibration[0]

    def _name(self, number: int, name: str) -> str:
        prefix = f"member_{number}_"
        return f"{prefix}{name}" if self.predictors[number].name.startswith(prefix) else name

    def _numbers(self, name: str, otherwise: np.ndarray, attribute: str = "value_floats") -> np.ndarray:
        node = self.operators.get(name)
        return np.array(_attributes(node)[attribute]) if node is not None else otherwise

    def _computed(self, names: list[str]) -> dict[str, np.ndarray]:
        """Lets ONNX Runtime compute values inside the graph for all rows."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        del model.graph.output[:]
        wanted = sorted(set(names))
        inputs = {given.name for given in model.graph.input}
        model.graph.output.extend(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            for name in wanted
            if name not in inputs
        )
        feed = {}
        for given in model.graph.input:
            text = given.type.tensor_type.elem_type == onnx.TensorProto.STRING
            feed[given.name] = np.array(self.sample[given.name], dtype=object if text else np.float32)
        if not model.graph.output:
            return feed
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        found = session.run([output.name for output in model.graph.output], feed)
        return feed | {output.name: values for output, values in zip(model.graph.output, found)}

    def _origins(self, number: int) -> list[int]:
        """Returns, for each feature of a predictor, the index of its column."""
        texts = [place for place, column in enumerate(self.columns) if column["type"] == "category"]
        values = [place for place, slots in enumerate(self.slots) if place not in texts for _ in range(slots)]
        told_apart = self._numbers("told_apart", np.zeros(0), "value_ints")
        origins = [*values, *(values[int(place)] for place in told_apart)]
        for place, column in enumerate(texts):
            node = self.operators.get(f"one_hot_{place}")
            origins += [column] * (len(_attributes(node)["cats_strings"]) if node else 0)
        for place, column in enumerate(texts):
            origins += [column] * sum(f"statistic_{place}_{n}_values" in self.operators for n in range(100))
        hollow = [origins[int(place)] for place in self._numbers(f"member_{number}_hollow", np.zeros(0), "value_ints")]
        return [*origins, *hollow, *hollow]


def _trees(attributes: dict, training: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns shap's values for trees, with the shape (rows, features, outputs), and the expected outputs."""
    outputs = attributes["n_targets"]
    numbers = np.array(attributes["nodes_treeids"])
    starts = np.searchsorted(numbers, np.arange(numbers[-1] + 1))
    ends = [*starts[1:], len(numbers)]
    features, thresholds = np.array(attributes["nodes_featureids"]), np.array(attributes["nodes_values"], np.float64)
    leaf = np.array([mode == b"LEAF" for mode in attributes["nodes_modes"]])
    left = np.where(leaf, -1, attributes["nodes_truenodeids"])
    right = np.where(leaf, -1, attributes["nodes_falsenodeids"])
    values = np.zeros((len(numbers), outputs))
    place = starts[np.array(attributes["target_treeids"])] + np.array(attributes["target_nodeids"])
    values[place, attributes["target_ids"]] = attributes["target_weights"]
    if attributes["aggregate_function"] == b"AVERAGE":
        values /= len(starts)
    trees = []
    for start, end in zip(starts, ends):
        own = slice(start, end)
        tree = {
            "children_left": left[own],
            "children_right": right[own],
            "children_default": left[own],
            "features": np.where(leaf[own], -2, features[own]),
            "thresholds": thresholds[own],
            "values": values[own],
        }
        trees.append(tree | {"node_sample_weight": _without_zeros(tree, _covers(tree, training))})
    explainer = shap.TreeExplainer({"trees": trees}, feature_perturbation="tree_path_dependent")
    found = np.asarray(explainer.shap_values(rows, check_additivity=False))
    return found.reshape(len(rows), rows.shape[1], outputs), np.ravel(explainer.expected_value).astype(np.float64)


def _covers(tree: dict, training: np.ndarray) -> np.ndarray:
    """Counts the training rows that reach each node."""
    covers = np.zeros(len(tree["features"]))
    at = np.zeros(len(training), dtype=int)
    everyone = np.arange(len(training))
    while True:
        np.add.at(covers, at[everyone], 1)
        everyone = everyone[tree["children_left"][at[everyone]] >= 0]
        if not len(everyone):
            return covers
        node = at[everyone]
        goes_left = training[everyone, tree["features"][node]] <= tree["thresholds"][node]
        at[everyone] = np.where(goes_left, tree["children_left"][node], tree["children_right"][node])


def _without_zeros(tree: dict, covers: np.ndarray) -> np.ndarray:
    """Returns the covers with a tiny number for nodes that no row reaches, because shap refuses zeros.

    Below such a node, both sides of a split get the same share, as in Evergreen.
    """
    tiny = 1e-9
    # A parent comes before its children.
    for node, (left, right) in enumerate(zip(tree["children_left"], tree["children_right"])):
        for child in (left, right) if left >= 0 else ():
            if covers[child] == 0:
                covers[child] = covers[node] / 2 if covers[node] <= tiny else tiny
    return covers


def _linear(attributes: dict, training: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns shap's values for a linear model, with the shape (rows, features, outputs), and the expected outputs."""
    intercepts = np.array(attributes["intercepts"])
    coefficients = np.array(attributes["coefficients"]).reshape(len(intercepts), -1)
    background = shap.maskers.Independent(training, max_samples=len(training))
    found = [shap.LinearExplainer((one, constant), background) for one, constant in zip(coefficients, intercepts)]
    values = np.stack([explainer.shap_values(rows) for explainer in found], axis=2)
    return values, np.array([float(np.ravel(explainer.expected_value)[0]) for explainer in found])


def _attributes(node) -> dict:
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def _logistic(odds: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-odds))


if __name__ == "__main__":
    sys.exit(main())
