"""A walk through the model's whole life on the deployed stack, as a person would take it."""

import json
import textwrap
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from . import api, environment, mail, report, runs
from .console import Failure, say, step, until, waiting, warn
from .environment import Clients
from .settings import Settings

ALARM = "model-unhealthy"


def walk(settings: Settings) -> None:
    """Trains, predicts, publishes metrics, raises an alarm and clears it, and sums it all up."""
    values = environment.read(settings.environment_file)
    clients = Clients(values)
    url, key = values["EVERGREEN_API_URL"], values["EVERGREEN_API_KEY"]
    _train(clients, values)
    predictions = _predict(url, key)
    metrics = _publish_metrics(clients, values)
    model = api.get(url, key, "/model")
    mails = _alarm_and_back(clients, values, model, settings.parameters()["AlertRecipients"].count(",") + 1)
    letters = list(zip(mails, mail.save(mails, settings.state / "mail")))
    found = report.Walk(values, model, runs.fetch(url, key), predictions, metrics, letters)
    page = report.write(settings.state / "report.html", found)
    _summary(settings, found, page)


def invoke(clients: Clients, function: str, event: dict) -> dict:
    """Invokes `function` and waits; Failure with the function's own words when it fails."""
    answer = clients.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    payload = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise Failure(f"{function} failed: {json.dumps(payload)}")
    return payload


def _train(clients: Clients, values: dict[str, str]) -> None:
    step("Training, twice: with drawn hyperparameters, and with given ones")
    for event in (
        {"note": "make run: drawn"},
        {"note": "make run: given", "hyperparameters": {"n_estimators": 10, "max_depth": 5}},
    ):
        with waiting("training"):
            run = invoke(clients, values["EVERGREEN_TRAIN_FUNCTION"], event)
        figures = run.get("metrics") or {}
        say(f"{run['run_id']}: {run['status']}, version {run.get('version')}")
        say(f"  {run.get('reason') or ''}; on the training rows {figures.get('training_accuracy', 0):.4f}")


def _predict(url: str, key: str) -> list[tuple[str, dict]]:
    step("Predicting over HTTP, one flower of each species")
    champion = next(run["version"] for run in runs.fetch(url, key) if run["status"] == "SUCCEEDED")
    until(lambda: api.get(url, key, "/model")["version"] == champion, 60, f"version {champion} serving")
    answers = [(species, api.predict(url, key, row)) for species, row in api.FLOWERS.items()]
    for species, answer in answers:
        say(f"{species:<10} → {json.dumps(answer)}"[:200])
    return answers


def _publish_metrics(clients: Clients, values: dict[str, str]) -> dict[str, float]:
    step("Publishing metrics")
    # The trainings' own events have published too; figures of one second are merged, so these get one of their own.
    time.sleep(1.5)
    invoke(clients, values["EVERGREEN_METRICS_FUNCTION"], {"trigger": "schedule"})
    cloudwatch = clients.client("cloudwatch")
    metrics = {
        metric["MetricName"]: _latest(cloudwatch, metric)
        for metric in cloudwatch.list_metrics(Namespace="Evergreen")["Metrics"]
    }
    known = {name: value for name, value in sorted(metrics.items()) if value is not None}
    for name, value in known.items():
        say(f"{name:<24} {round(value, 4):g}")
    return known


def _latest(cloudwatch, metric: dict) -> float | None:
    now = datetime.now(timezone.utc)
    points = cloudwatch.get_metric_statistics(
        Namespace=metric["Namespace"],
        MetricName=metric["MetricName"],
        Dimensions=metric["Dimensions"],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=1,  # a second: figures of the same minute are told apart
        Statistics=["Maximum"],
    )["Datapoints"]
    return max(points, key=lambda point: point["Timestamp"])["Maximum"] if points else None


def _alarm_and_back(clients: Clients, values: dict[str, str], model: dict, readers: int) -> list[mail.Mail]:
    step("Damaging the champion's artifact, and mending it: an alarm and its end")
    name = f"{values['EVERGREEN_STACK']}-{ALARM}"
    cloudwatch = clients.client("cloudwatch")
    # An earlier walk's damage is still in the minutes that the alarm looks back over.
    _set_well(cloudwatch, name, "A new walk begins.")
    inbox = Inbox(values)
    with _damaged(clients.client("s3"), values["EVERGREEN_BUCKET"], model):
        invoke(clients, values["EVERGREEN_METRICS_FUNCTION"], {"trigger": "schedule"})
        until(lambda: _state(cloudwatch, name) == "ALARM", 90, "the alarm")
        say(f"{name} is in ALARM")
        raised = inbox.wait_for("[ALARM]", readers)
    invoke(clients, values["EVERGREEN_METRICS_FUNCTION"], {"trigger": "schedule"})
    inbox = Inbox(values)
    _set_well(cloudwatch, name, "The artifact is mended; the wait is cut short.")
    say(f"{name} is OK again: set by hand, for the emulator's alarm looks back over five minutes")
    mails = mail.merged(raised + inbox.wait_for("[OK]", readers))
    for letter in mails:
        say(f"mail to {', '.join(letter.recipients)}: {letter.subject}")
    return mails


def _set_well(cloudwatch, name: str, reason: str) -> None:
    """Sets an alarm that is raised to OK, in a second of its own: the emulator dates changes to the second, and two of one
    second are one to whoever is told of them."""
    if _state(cloudwatch, name) == "ALARM":
        time.sleep(1.1)
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason=reason)
        time.sleep(1.1)


@contextmanager
def _damaged(s3, bucket: str, model: dict):
    """Writes nonsense where the champion's artifact is, and at the end the artifact again."""
    folder = f"models/{model['model']}/{model['version']:08}/"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=folder)["Contents"]
    place = {"Bucket": bucket, "Key": next(entry["Key"] for entry in listed if "manifest" not in entry["Key"])}
    content = s3.get_object(**place)["Body"].read()
    s3.put_object(**place, Body=b"damaged")
    say(f"damaged: {place['Key']}")
    try:
        yield
    finally:
        s3.put_object(**place, Body=content)
        say(f"mended:  {place['Key']}")


def _state(cloudwatch, name: str) -> str:
    return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


class Inbox:
    """The mails since now."""

    def __init__(self, values: dict[str, str]):
        self._where = (values["AWS_ENDPOINT_URL"], values["EVERGREEN_EMULATOR"])
        self._before = len(mail.sent(*self._where))

    def wait_for(self, kind: str, count: int) -> list[mail.Mail]:
        """The first `count` mails whose subject begins with `kind`; where mails cannot come at all, says so and has none."""
        if self._where[1] == "localstack":
            warn("LocalStack's free tier has no SES v2: the alert function runs, but no mail comes of it.")
            return []
        until(lambda: len(self._letters(kind)) >= count, 30, f"mail number {count} that begins with {kind}")
        return self._letters(kind)[:count]

    def _letters(self, kind: str) -> list[mail.Mail]:
        letters = mail.sent(*self._where)[self._before :]
        return [letter for letter in letters if letter.subject.startswith(kind)]


def _summary(settings: Settings, found: report.Walk, page) -> None:
    url, key = found.values["EVERGREEN_API_URL"], found.values["EVERGREEN_API_KEY"]
    step("Runs")
    runs.show(url, key)
    step("Summary")
    say(f"API          {url}")
    say(f"key          {key}")
    for species, answer in found.predictions:
        say(f"{species:<12} prediction {answer['prediction']}, {answer['labels'][0]}")
    say(f"accuracy     {found.metrics.get('ModelAccuracy', 0):.4f} on the hold-out, version {found.model['version']}")
    figures = ", ".join(f"{name} {round(value, 4):g}" for name, value in found.metrics.items())
    for number, line in enumerate(textwrap.wrap(figures, 100)):
        say(f"{'' if number else 'metrics':<13}{line}")
    for letter, file in found.letters:
        say(f"mail         {letter.subject}")
        say(f"             {file}")
    say(f"report       {page}")
    say(f"variables    . {settings.environment_file}")
    say("try it       " + api.curl(url, key))
    say("The stack runs on; `make run` updates it, `make runs` compares its runs, `make stop` ends it.")
