"""Shows the whole lifecycle of a model on the deployed stack, as a person would use it."""

import json
import textwrap
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from . import alarm, api, environment, link, mail, quality, rights, runs, training, upload
from .console import Failure, say, step, until
from .environment import Clients
from .settings import ROOT, Settings
from .subject import Example, Iris, Own
from .training import invoke


@dataclass(frozen=True)
class Found:
    """What the summary shows."""

    values: dict[str, str]
    model: dict[str, Any]
    manifest: dict[str, Any]
    predictions: list[tuple[Example, dict[str, Any]]]
    metrics: dict[str, float]
    letters: list[tuple[mail.Mail, Path]]
    console: str


def walk(settings: Settings, subject: Iris | Own) -> None:
    """Trains, predicts, publishes metrics, raises an alarm and ends it, and prints a summary."""
    values = environment.read(settings.environment_file)
    clients = Clients(values)
    url, key = values["EVERGREEN_API_URL"], values["EVERGREEN_API_KEY"]
    if subject.own:
        _upload(clients, values, subject)
    manifest = _train(settings, clients, values, subject)
    if subject.own:
        training.columns(manifest)
    predictions = _predict(url, key, subject, manifest)
    if predictions:
        rights.show(values, predictions[0][0].row)
    metrics = _publish_metrics(clients, values)
    model = api.get(url, key, "/model")
    mails = alarm.raise_and_clear(clients, values, model, _readers(settings))
    letters = list(zip(mails, mail.save(mails, settings.state / "mail")))
    console = link.make(clients, values)
    _summary(settings, Found(values, model, manifest, predictions, metrics, letters, console))


def in_words(answer: dict[str, Any]) -> str:
    """Formats the first prediction of an answer: a label with its probability, or a number with its interval."""
    if "labels" in answer:
        share = answer["probabilities"][0][answer["prediction"][0]]
        return f"{answer['labels'][0]} ({100 * share:.0f} %)"
    value, interval = answer["prediction"][0], (answer.get("intervals") or [None])[0]
    return f"{value:.6g}" + (f" ({interval[0]:.6g} to {interval[1]:.6g})" if interval else "")


def _upload(clients: Clients, values: dict[str, str], subject: Own) -> None:
    step("Uploading the table")
    upload.bring(clients, values["EVERGREEN_BUCKET"], subject.own)
    floor = subject.own.said.get("floor")
    if floor is None:
        say("AccuracyFloor is relative: the gate accepts a version that is better than a constant answer.")
        say("To set a number instead, write `floor` into dataset.toml beside the table.")
    else:
        say(f"The floor is {floor}, from dataset.toml.")


def _train(settings: Settings, clients: Clients, values: dict[str, str], subject: Iris | Own) -> dict[str, Any]:
    """Trains; if that fails, shows the mail about it and says what to do."""
    inbox = mail.Inbox(values)
    try:
        return training.train(clients, values, subject)
    except training.FunctionFailed as failed:
        with suppress(Failure):
            letters = mail.merged(inbox.wait_for("[ALARM]", _readers(settings)))
            for letter, file in zip(letters, mail.save(letters, settings.state / "mail")):
                say(f"mail to {', '.join(letter.recipients)}: {letter.subject}")
                say(f"  {file}")
        raise Failure(training.advice(failed, subject)) from failed


def _readers(settings: Settings) -> int:
    return settings.parameters()["AlertRecipients"].count(",") + 1


def _predict(url: str, key: str, subject: Iris | Own, manifest: dict[str, Any]) -> list[tuple[Example, dict[str, Any]]]:
    step(subject.predicting)
    champion = manifest["version"]["number"]
    until(lambda: training.loaded_version(url, key) == champion, 60, f"prediction with version {champion}")
    target = manifest["version"]["dataset"]["target"]
    answers = [(example, api.predict(url, key, example.row)) for example in subject.examples(manifest)]
    for example, answer in answers:
        if example.truth is None:
            say(f"{example.name:<10} → {json.dumps(answer)}"[:200])
        else:
            say(f"{example.name:<10} {target} is {example.truth}, predicted is {in_words(answer)}")
    return answers


def _publish_metrics(clients: Clients, values: dict[str, str]) -> dict[str, float]:
    step("Publishing metrics")
    # The trainings' events have published metrics too. Values of the same second would be merged, so these get their
    # own second.
    time.sleep(1.5)
    invoke(clients, values["EVERGREEN_METRICS_FUNCTION"], {})
    cloudwatch = clients.client("cloudwatch")
    metrics = {
        metric["MetricName"]: _latest(cloudwatch, metric)
        for metric in cloudwatch.list_metrics(Namespace="Evergreen")["Metrics"]
    }
    known = {name: value for name, value in sorted(metrics.items()) if value is not None}
    for name, value in known.items():
        say(f"{name:<24} {round(value, 4):g}")
    return known


def _latest(cloudwatch: Any, metric: dict[str, Any]) -> float | None:
    now = datetime.now(timezone.utc)
    points = cloudwatch.get_metric_statistics(
        Namespace=metric["Namespace"],
        MetricName=metric["MetricName"],
        Dimensions=metric["Dimensions"],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=1,  # one second, so that values of the same minute stay separate
        Statistics=["Maximum"],
    )["Datapoints"]
    return max(points, key=lambda point: point["Timestamp"])["Maximum"] if points else None


def _summary(settings: Settings, found: Found) -> None:
    url, key = found.values["EVERGREEN_API_URL"], found.values["EVERGREEN_API_KEY"]
    step("Runs")
    runs.show(*environment.status_of(found.values))
    step("Summary")
    status_url, read_key = environment.status_of(found.values)
    say(f"predictions  {url}")
    say(f"key          {key}")
    say(f"runs, health {status_url}")
    say(f"key          {read_key}")
    for example, answer in found.predictions:
        said = answer["labels"][0] if "labels" in answer else in_words(answer)
        truth = "" if example.truth is None else f"; it is {example.truth}"
        say(f"{example.name:<12} prediction {answer['prediction']}, {said}{truth}")
    name, value = quality.headline(found.manifest)
    say(f"{name:<12} {value:.4f} on the hold-out, version {found.model['version']}")
    listed = ", ".join(f"{name} {round(value, 4):g}" for name, value in found.metrics.items())
    for number, line in enumerate(textwrap.wrap(listed, 100)):
        say(f"{'' if number else 'metrics':<13}{line}")
    for letter, file in found.letters:
        say(f"mail         {letter.subject}")
        say(f"             {file}")
    _console(settings, found.console)
    say(f"variables    . {settings.environment_file}")
    for example, _ in found.predictions[:1]:
        say("try it       " + api.curl(url, key, example.row))
    say("The stack keeps running; `make run` updates it, `make stop` stops it.")


def _console(settings: Settings, url: str) -> None:
    """Prints the link to the console, and how to use the command line."""
    say(f"console      {url}")
    say("             The link opens once, within ten minutes; `make console` prints another one.")
    program = ROOT / "target/cli/evergreen"
    if program.exists():
        say(f"terminal     . {settings.environment_file}; {program} status")
    else:
        say("terminal     `make cli` builds the command `evergreen`, which shows and does the same.")
