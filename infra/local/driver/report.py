"""target/local/report.html: what the walk showed, on one page."""

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from . import runs
from .mail import Mail


@dataclass(frozen=True)
class Walk:
    """What a walk found."""

    values: dict[str, str]
    model: dict
    runs: list[dict]
    predictions: list[tuple[str, dict]]
    metrics: dict[str, float]
    letters: list[tuple[Mail, Path]]


def write(path: Path, walk: Walk) -> Path:
    """Writes the page, complete in itself but for the mails that it links to."""
    template = Template(Path(__file__).with_name("report.html").read_text())
    path.write_text(
        template.substitute(
            name=escape(walk.model["model"]),
            url=escape(walk.values["EVERGREEN_API_URL"]),
            cards=_cards(walk),
            runs=_table(runs.HEADINGS, [_run(run) for run in walk.runs]),
            chart=_chart(walk.runs),
            predictions=_table(
                ("FLOWER", "PREDICTION", "LABEL", "PROBABILITIES"), [_prediction(*pair) for pair in walk.predictions]
            ),
            confusion=_confusion(walk.model),
            metrics=_table(("METRIC", "VALUE"), [(escape(name), f"{value:g}") for name, value in walk.metrics.items()]),
            mails="".join(_mail(letter, file, path.parent) for letter, file in walk.letters),
            model=escape(json.dumps(walk.model, indent=2)),
        )
    )
    return path


def _cards(walk: Walk) -> str:
    newest = walk.runs[0] if walk.runs else {}
    facts = [
        ("Champion", f"version {walk.model.get('version', '–')}"),
        ("Hold-out accuracy", _share(walk.model["metrics"]["accuracy"])),
        ("Training accuracy", _share(walk.model["metrics"]["training_accuracy"])),
        ("Latest run", newest.get("status", "–").lower()),
        ("Runs", str(len(walk.runs))),
    ]
    return "".join(f"<div class=card><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in facts)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _run(run: dict) -> list[str]:
    cells = [escape(text) for text in runs.row(run)]
    cells[1] = f'<span class="status {escape(run["status"].lower())}">{cells[1]}</span>'
    return cells


def _chart(listed: list[dict]) -> str:
    """Training and hold-out accuracy of each run that has them, the oldest first, from 80 % up."""
    bars = []
    for run in reversed(listed):
        figures = run.get("metrics") or {}
        pair = [("hold-out", figures.get("accuracy")), ("training", figures.get("training_accuracy"))]
        inner = "".join(_bar(name, value) for name, value in pair if value is not None)
        bars.append(
            f'<div class=run title="{escape(run["id"])}">{inner}<small>v{run.get("version") or "–"}</small></div>'
        )
    return "".join(bars)


def _bar(name: str, value: float) -> str:
    height = max(0.0, min(1.0, (value - 0.8) / 0.2)) * 100
    return f'<i class={name} style="height:{height:.0f}%" title="{name} {_share(value)}"></i>'


def _prediction(species: str, answer: dict) -> list[str]:
    classes, shares = answer.get("classes", []), answer.get("probabilities", [[]])[0]
    likely = ", ".join(f"{name} {_share(share)}" for name, share in zip(classes, shares))
    return [escape(text) for text in (species, json.dumps(answer["prediction"]), answer.get("labels", [""])[0], likely)]


def _confusion(model: dict) -> str:
    """The champion's hold-out rows by what they are (rows) and what they were taken for (columns)."""
    figures = model.get("metrics", {})
    labels = [entry["label"] for entry in figures.get("per_class", [])]
    lines = [
        [escape(label), *(f"<b>{count}</b>" if row == column else str(count) for column, count in enumerate(counts))]
        for row, (label, counts) in enumerate(zip(labels, figures.get("confusion", [])))
    ]
    return _table(("", *(f"TAKEN FOR {label}" for label in labels)), lines)


def _mail(letter: Mail, file: Path, folder: Path) -> str:
    link = escape(str(file.relative_to(folder)))
    caption = f'<a href="{link}">{escape(letter.subject)}</a><span>to {escape(", ".join(letter.recipients))}</span>'
    return f'<figure><figcaption>{caption}</figcaption><iframe src="{link}" sandbox></iframe></figure>'


def _table(headings, rows) -> str:
    head = "".join(f"<th>{escape(heading)}" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}" for cell in cells) for cells in rows)
    return f"<table><thead><tr>{head}</thead><tbody>{body}</tbody></table>"
