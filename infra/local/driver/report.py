"""Writes target/local/report.html: the results of the demonstration on one page."""

import json
from dataclasses import dataclass
from html import escape
from math import floor
from pathlib import Path
from string import Template
from typing import Any

from . import quality, runs, training
from .mail import Mail
from .subject import Example, Iris, Own


@dataclass(frozen=True)
class Walk:
    """The results of the demonstration."""

    values: dict[str, str]
    subject: Iris | Own
    model: dict[str, Any]
    manifest: dict[str, Any]
    runs: list[dict[str, Any]]
    predictions: list[tuple[Example, dict[str, Any]]]
    metrics: dict[str, float]
    letters: list[tuple[Mail, Path]]


def write(path: Path, walk: Walk) -> Path:
    """Writes the page, which needs no other files except the mails that it links to."""
    template = Template(Path(__file__).with_name("report.html").read_text())
    lowest = _lowest(walk.runs)
    headings = (walk.subject.kind_of_row, *(("IT IS",) if walk.subject.own else ()), *_prediction_headings(walk))
    path.write_text(
        template.substitute(
            name=escape(walk.model["model"]),
            url=escape(walk.values["EVERGREEN_API_URL"]),
            cards=_cards(walk),
            runs=_table(runs.headings(walk.runs), [_run(run, walk.runs) for run in walk.runs]),
            score=quality.headline(walk.manifest)[0],
            scale=f"{100 * lowest:.0f} % to 100 %",
            chart=_chart(walk.runs, lowest),
            table=_own_table(walk) if walk.subject.own else "",
            predictions=_table(headings, [_prediction(example, answer) for example, answer in walk.predictions]),
            holdout=_table(("ON THE HOLD-OUT", ""), quality.on_holdout(walk.manifest)),
            confusion=_confusion(walk.manifest),
            metrics=_table(("METRIC", "VALUE"), [(escape(name), f"{value:g}") for name, value in walk.metrics.items()]),
            mails="".join(_mail(letter, file, path.parent) for letter, file in walk.letters),
            model=escape(json.dumps(walk.model, indent=2)),
        )
    )
    return path


def _cards(walk: Walk) -> str:
    newest = walk.runs[0] if walk.runs else {}
    name, score = quality.headline(walk.manifest)
    facts = [
        ("Champion", f"version {walk.model.get('version', '–')}"),
        (f"Hold-out {name}", _share(score)),
        (f"Training {name}", _share(walk.manifest["version"]["training_score"])),
        ("Latest run", newest.get("status", "–").lower()),
        ("Runs", str(len(walk.runs))),
    ]
    return "".join(f"<div class=card><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in facts)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _run(run: dict[str, Any], listed: list[dict[str, Any]]) -> list[str]:
    cells = [escape(text) for text in runs.row(run, listed)]
    cells[1] = f'<span class="status {escape(run["status"].lower())}">{cells[1]}</span>'
    return cells


def _lowest(listed: list[dict[str, Any]]) -> float:
    """Returns where the chart begins: at 80 %, or below the lowest score."""
    known = [score for run in listed for score in runs.scores(run) if score is not None]
    return max(0.0, min([0.8, *(floor(10 * score) / 10 for score in known)]))


def _chart(listed: list[dict[str, Any]], lowest: float) -> str:
    """Draws training and hold-out accuracy or R² of each run that has them, the oldest first."""
    bars = []
    for run in reversed(listed):
        training_score, holdout_score = runs.scores(run)
        pair = [("hold-out", holdout_score), ("training", training_score)]
        inner = "".join(_bar(name, value, lowest) for name, value in pair if value is not None)
        bars.append(
            f'<div class=run title="{escape(run["id"])}">{inner}<small>v{run.get("version") or "–"}</small></div>'
        )
    return "".join(bars)


def _bar(name: str, value: float, lowest: float) -> str:
    height = max(0.0, min(1.0, (value - lowest) / (1 - lowest))) * 100
    return f'<i class={name} style="height:{height:.0f}%" title="{name} {_share(value)}"></i>'


def _own_table(walk: Walk) -> str:
    """Shows types and roles of the user's columns, warnings, and how the hyperparameters were chosen."""
    profile = walk.manifest["profile"]
    listed = [[escape(cell) for cell in training.column(one)] for one in profile["columns"]]
    columns = _table(("COLUMN", "TYPE", "ROLE", "MISSING", "DISTINCT", "BECAUSE"), listed)
    odd = "".join(f"<p>{escape(warning)}</p>" for warning in profile["warnings"])
    tried = [
        (escape(family), str(count), escape(runs.parameters(best)), quality.number(mean))
        for family, count, best, mean in quality.best_by_family(walk.manifest)
    ]
    search = _table(("FAMILY", "TRIED", "BEST", "OVER THE FOLDS"), tried) if tried else ""
    return (
        f"<h2>Columns</h2><section>{columns}</section><p>Hold-out: {escape(profile['holdout_rule'])}</p>{odd}"
        f"<h2>Search</h2><p>{escape(quality.search(walk.manifest))}</p>"
        + (f"<section>{search}</section>" if tried else "")
    )


def _prediction_headings(walk: Walk) -> tuple[str, ...]:
    return (
        ("PREDICTION", "INTERVAL") if quality.is_regression(walk.manifest) else ("PREDICTION", "LABEL", "PROBABILITIES")
    )


def _prediction(example: Example, answer: dict[str, Any]) -> list[str]:
    cells = [example.name, *([] if example.truth is None else [example.truth]), json.dumps(answer["prediction"])]
    if "labels" in answer:
        shares = sorted(zip(answer["probabilities"][0], answer["classes"]), key=lambda pair: -pair[0])[:5]
        cells += [str(answer["labels"][0]), ", ".join(f"{name} {_share(share)}" for share, name in shares)]
    else:
        cells.append(" to ".join(f"{end:.6g}" for end in (answer.get("intervals") or [[]])[0]))
    return [escape(cell) for cell in cells]


def _confusion(manifest: dict[str, Any]) -> str:
    """Shows the champion's hold-out rows by their true label (rows) and their predicted label (columns)."""
    evaluation = manifest["version"]["evaluation"]
    labels = [str(entry["label"]) for entry in evaluation.get("per_class", [])]
    lines = [
        [escape(label), *(f"<b>{count}</b>" if row == column else str(count) for column, count in enumerate(counts))]
        for row, (label, counts) in enumerate(zip(labels, evaluation.get("confusion", [])))
    ]
    if not labels:
        return ""
    return f'<section class="raw">{_table(("", *(f"TAKEN FOR {label}" for label in labels)), lines)}</section>'


def _mail(letter: Mail, file: Path, folder: Path) -> str:
    link = escape(str(file.relative_to(folder)))
    caption = f'<a href="{link}">{escape(letter.subject)}</a><span>to {escape(", ".join(letter.recipients))}</span>'
    return f'<figure><figcaption>{caption}</figcaption><iframe src="{link}" sandbox></iframe></figure>'


def _table(headings: Any, rows: Any) -> str:
    head = "".join(f"<th>{escape(heading)}" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}" for cell in cells) for cells in rows)
    return f"<table><thead><tr>{head}</thead><tbody>{body}</tbody></table>"
