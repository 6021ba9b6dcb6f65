"""Prints the training runs as a table: parameters, metrics and results."""

from typing import Any

from . import api
from .console import say, table

SHORT = {
    "n_estimators": "trees",
    "max_depth": "depth",
    "max_leaves": "leaves",
    "min_samples_split": "split",
    "min_samples_leaf": "leaf",
    "learning_rate": "rate",
}
BEGINNING = ("RUN", "STATUS", "VERSION", "TRIGGER", "PARAMETERS", "TRAINING", "HOLD-OUT")
# Headings and names of the metrics that follow the accuracy or R².
CLASSES = {"F1": "f1", "LOG LOSS": "log_loss", "ROC AUC": "roc_auc"}
NUMBERS = {"RMSE": "rmse", "MAE": "mae", "MEDIAN ERROR": "median_absolute_error"}


def fetch(url: str, key: str, limit: int = 20) -> list[dict[str, Any]]:
    """Returns the latest runs, the newest first."""
    return api.get(url, key, f"/runs?limit={limit}")["runs"]


def show(url: str, key: str) -> None:
    """Prints the latest runs as a table."""
    listed = fetch(url, key)
    table(headings(listed), [row(run, listed) for run in listed])
    if not listed:
        say("(no runs yet)")
    elif _shown_metrics(listed) is NUMBERS:
        say("TRAINING and HOLD-OUT are R².")
    for run in explained(listed):
        say(f"{run['id']}: {run.get('reason') or 'no recorded reason'}")


def explained(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the runs whose reason is shown: the newest one if it failed or was refused, and each unreadable one."""
    newest = [run for run in listed[:1] if run["status"] in ("FAILED", "REJECTED")]
    return newest + [run for run in listed if run["status"] == "UNREADABLE"]


def headings(listed: list[dict[str, Any]]) -> tuple[str, ...]:
    """Returns the headings for these runs."""
    return (*BEGINNING, *_shown_metrics(listed), "SECONDS")


def row(run: dict[str, Any], listed: list[dict[str, Any]]) -> tuple[str, ...]:
    """Returns a run's cells in the order of `headings`; a dash means that the run has no such value."""
    metrics = run.get("metrics") or {}
    return (
        run["id"],
        run["status"],
        _text(run.get("version")),
        _trigger(run["trigger"]),
        parameters(run.get("parameters")),
        *(_number(value) for value in scores(run)),
        *(_number(metrics.get(name)) for name in _shown_metrics(listed).values()),
        _number(metrics.get("duration"), 2),
    )


def scores(run: dict[str, Any]) -> tuple[float | None, float | None]:
    """Returns accuracy or R² on the training rows and on the hold-out."""
    metrics = run.get("metrics") or {}
    return metrics.get("training_accuracy", metrics.get("training_r2")), metrics.get("accuracy", metrics.get("r2"))


def parameters(values: dict[str, Any] | None) -> str:
    """Formats hyperparameters as a short text."""
    values = values or {}
    ordered = [name for name in SHORT if name in values] + sorted(values.keys() - SHORT.keys())
    return " ".join(f"{SHORT.get(name, name)}={_short(values[name])}" for name in ordered) or "-"


def _shown_metrics(listed: list[dict[str, Any]]) -> dict[str, str]:
    """Returns the metrics of the newest run that has some: a model's task may change with its table."""
    newest: dict[str, Any] = next((run["metrics"] for run in listed if run.get("metrics")), {})
    return NUMBERS if "r2" in newest else CLASSES


def _trigger(trigger: dict[str, Any] | None) -> str:
    """Formats the trigger of a run, with the file's name for an import. A dash means that it cannot be read."""
    if not isinstance(trigger, dict):
        return "-"
    name = str(trigger.get("key", "")).rpartition("/")[2]
    return f"{trigger.get('kind', '-')} {name}".strip()


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _number(value: Any, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _text(value: Any) -> str:
    return "-" if value is None else str(value)
