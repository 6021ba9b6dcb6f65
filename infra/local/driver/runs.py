"""The runs side by side: what each tried, what came of it."""

from . import api
from .console import say

SHORT = {
    "n_estimators": "trees",
    "max_depth": "depth",
    "min_samples_split": "split",
    "min_samples_leaf": "leaf",
}
HEADINGS = (
    "RUN",
    "STATUS",
    "VERSION",
    "TRIGGER",
    "PARAMETERS",
    "TRAINING",
    "HOLD-OUT",
    "F1",
    "LOG LOSS",
    "ROC AUC",
    "SECONDS",
)


def fetch(url: str, key: str, limit: int = 20) -> list[dict]:
    """The latest runs, the newest first."""
    return api.get(url, key, f"/runs?limit={limit}")["runs"]


def show(url: str, key: str) -> None:
    """Prints the latest runs as a table."""
    lines = [HEADINGS, *(row(run) for run in fetch(url, key))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        say("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
    if len(lines) == 1:
        say("(no runs yet)")


def row(run: dict) -> tuple[str, ...]:
    """One run's cells, in the order of `HEADINGS`; a dash where the run did not come that far."""
    metrics = run.get("metrics") or {}
    return (
        run["id"],
        run["status"],
        _text(run.get("version")),
        run["trigger"]["kind"],
        parameters(run),
        _number(metrics.get("training_accuracy")),
        _number(metrics.get("accuracy")),
        _number(metrics.get("f1")),
        _number(metrics.get("log_loss")),
        _number(metrics.get("roc_auc")),
        _number(metrics.get("duration"), 2),
    )


def parameters(run: dict) -> str:
    """The run's hyperparameters in a few words."""
    values = run.get("parameters") or {}
    ordered = [name for name in SHORT if name in values] + sorted(values.keys() - SHORT.keys())
    return " ".join(f"{SHORT.get(name, name)}={values[name]}" for name in ordered) or "-"


def _number(value, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _text(value) -> str:
    return "-" if value is None else str(value)
