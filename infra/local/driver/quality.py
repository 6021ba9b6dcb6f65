"""Formats how good a version is, from its manifest."""

from typing import Any

HIGHER_IS_BETTER = ("accuracy", "balanced_accuracy", "roc_auc", "average_precision", "f1", "mcc", "r2")


def is_regression(manifest: dict[str, Any]) -> bool:
    """Returns whether the model predicts numbers."""
    return manifest["signature"].get("task") == "regression"


def headline(manifest: dict[str, Any]) -> tuple[str, float]:
    """Returns the name and the hold-out value of the most important metric."""
    evaluation = manifest["version"]["evaluation"]
    return ("R²", evaluation["r2"]) if is_regression(manifest) else ("accuracy", evaluation["accuracy"])


def on_holdout(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns names and values of the hold-out metrics."""
    evaluation = manifest["version"]["evaluation"]
    named = _regression(evaluation) if is_regression(manifest) else _classification(evaluation)
    return [(name, number(value)) for name, value in named if value is not None]


def number(value: float) -> str:
    """Formats a value below 10 with four decimals, and any other with six significant digits."""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.6g}"


def score(candidate: dict[str, Any]) -> float | None:
    """Returns a candidate's mean score over the folds, or None if it was not tried."""
    scores = candidate.get("scores") or []
    return sum(scores) / len(scores) if scores else None


def best_by_family(manifest: dict[str, Any]) -> list[tuple[str, int, dict[str, Any], float]]:
    """Returns for every family that was tried: the number of candidates, the best one's parameters, and its score."""
    search = manifest["version"].get("search") or {}
    sign = 1 if search.get("metric") in HIGHER_IS_BETTER else -1
    found: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for candidate in manifest.get("candidates") or []:
        if (mean := score(candidate)) is not None:
            found.setdefault(candidate["family"], []).append((mean, candidate))
    lines = []
    for family, scored in found.items():
        mean, best = max(scored, key=lambda pair: sign * pair[0])
        lines.append((family, len(scored), best["parameters"], mean))
    return sorted(lines, key=lambda line: -sign * line[3])


def search(manifest: dict[str, Any]) -> str:
    """Describes in one sentence how the hyperparameters were chosen."""
    version = manifest["version"]
    summary = version.get("search")
    if not summary:
        return f"{version['family']}, with given hyperparameters"
    if not summary["folds"]:
        return f"{version['family']}, the only candidate"
    ended = ", cut short by the time budget" if summary["cut_short"] else ""
    members = [candidate for candidate in manifest.get("candidates") or [] if candidate.get("weight")]
    chosen = f"the mean of {len(members)}" if members else f"{version['family']}, the best"
    return (
        f"{chosen} of {summary['tried']} candidates ({summary['planned']} planned) over "
        f"{summary['folds']} folds by {summary['metric']}: {number(summary['score'])}; "
        f"{summary['seconds']:.1f} s of at most {summary['budget_seconds']:.0f} s{ended}"
    )


def _classification(evaluation: dict[str, Any]) -> list[tuple[str, float | None]]:
    two = evaluation.get("binary") or {}
    return [
        ("accuracy", evaluation["accuracy"]),
        ("balanced accuracy", evaluation["balanced_accuracy"]),
        ("F1", evaluation["f1"]),
        ("F1 of the positive label", two.get("f1")),
        ("MCC", evaluation.get("mcc")),
        ("log loss", evaluation["log_loss"]),
        ("ROC AUC", evaluation.get("roc_auc")),
        ("average precision", two.get("average_precision")),
        ("Brier score", two.get("brier_score")),
    ]


def _regression(evaluation: dict[str, Any]) -> list[tuple[str, float | None]]:
    interval = evaluation.get("interval") or {}
    return [
        ("R²", evaluation["r2"]),
        ("RMSE", evaluation["rmse"]),
        ("MAE", evaluation["mae"]),
        ("median absolute error", evaluation["median_absolute_error"]),
        ("MAPE", evaluation.get("mape")),
        ("RMSLE", evaluation.get("rmsle")),
        ("pinball loss", evaluation.get("pinball")),
        (f"share inside the {100 * interval.get('level', 0):.0f} % interval", interval.get("coverage")),
        ("least share of a fifth of the predictions", min(interval.get("by_fifth") or [None])),
        ("mean width of that interval", interval.get("width")),
    ]
