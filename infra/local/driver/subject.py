"""The table of a demonstration: Iris, or a table of the user."""

from dataclasses import dataclass
from typing import Any

from . import api, rows
from .owntable import OwnTable

# Number of rows among which examples are chosen.
EXAMPLES_FROM = 10_000


@dataclass(frozen=True)
class Example:
    """A row to predict: its name, the values to send, and the true value if it is known."""

    name: str
    row: dict[str, Any]
    truth: str | None = None


class Iris:
    """The built-in table."""

    model = "iris"
    own = None
    training = "Training, twice: with drawn hyperparameters, and with given ones"
    events = (
        {"note": "make run: drawn"},
        {"note": "make run: given", "hyperparameters": {"n_estimators": 10, "max_depth": 5}},
    )
    predicting = "Predicting over HTTP, one flower of each species"

    def examples(self, manifest: dict[str, Any]) -> list[Example]:  # noqa: ARG002 - other subjects need it
        """Returns a flower of each species."""
        return [Example(species, row) for species, row in api.FLOWERS.items()]


class Own:
    """A table of the user."""

    training = "Training, twice: the gate compares the second version with the first"
    events = ({"note": "make run: first"}, {"note": "make run: again"})
    predicting = "Predicting over HTTP, some rows of the table itself (the model was trained on most of its rows)"

    def __init__(self, table: OwnTable):
        self.own = table
        self.model = table.model

    def examples(self, manifest: dict[str, Any]) -> list[Example]:
        """Returns three rows without refused missing values.

        They have different labels, or a low, a middle and a high number.
        """
        signature = manifest["signature"]
        columns, target = signature["columns"], manifest["version"]["dataset"]["target"]
        found = []
        for number, row in enumerate(rows.first(self.own.files[0], EXAMPLES_FROM), 1):
            sent, truth = rows.to_json(row, columns), row.get(target)
            whole = all(column["nullable"] or sent[column["name"]] is not None for column in columns)
            if whole and truth not in (None, ""):
                found.append(Example(f"row {number}", sent, str(truth)))
        return _spread(found) if signature.get("task") == "regression" else _different(found)


def _different(found: list[Example], count: int = 3) -> list[Example]:
    by_label: dict[str | None, Example] = {}
    for example in found:
        by_label.setdefault(example.truth, example)
    chosen = list(by_label.values())[:count]
    return chosen + [example for example in found if example not in chosen][: count - len(chosen)]


def _spread(found: list[Example]) -> list[Example]:
    ordered = sorted(found, key=lambda example: float(example.truth or 0))
    places = sorted({len(ordered) * share // 100 for share in (10, 50, 90)})
    return [ordered[place] for place in places if place < len(ordered)]
