"""Reads from the template and the code which resources are billed."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MINUTES = 30 * 24 * 60


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Reads YAML with CloudFormation's tags: a reference becomes the name that it refers to, any other tag None."""


_Loader.add_multi_constructor("!", lambda _loader, tag, node: f"!{tag} {node.value}" if tag == "Ref" else None)


@dataclass(frozen=True)
class Stack:
    """Counts and sizes of the stack; a month has 30 days."""

    architecture: str
    predict_memory: int
    metrics_memory: int
    train_memory: int
    metrics_runs: int
    trainings: int
    alarms: int
    watched: int
    dashboards: int
    metrics: int
    rare_metrics: int
    sampled: float
    refresh_seconds: int
    health_rate: int


def read() -> Stack:
    """Reads the stack with the default values of its parameters."""
    template = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader, and our own file
    parameters, resources = template["Parameters"], template["Resources"]

    def value(found: Any) -> Any:
        named = isinstance(found, str) and found.startswith("!Ref ")
        return parameters[found.removeprefix("!Ref ")]["Default"] if named else found

    def function(name: str) -> dict[str, Any]:
        return resources[f"{name}Function"]["Properties"]

    def runs(name: str) -> int:
        events = function(name)["Events"].values()
        schedules = [event["Properties"] for event in events if event["Type"] == "ScheduleV2"]
        return sum(per_month(value(schedule["ScheduleExpression"])) for schedule in schedules)

    # By default there is no webhook and no code rollout.
    made = [it for it in resources.values() if it.get("Condition") not in ("HasWebhook", "RollsOutCode")]

    def count(kind: str) -> int:
        return sum(resource["Type"] == kind for resource in made)

    def watched() -> int:
        """Returns the number of metrics that alarms watch: an alarm is billed for each of its metrics."""
        alarms = [resource["Properties"] for resource in made if resource["Type"] == "AWS::CloudWatch::Alarm"]
        return sum(sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) or 1 for alarm in alarms)

    return Stack(
        architecture=value("!Ref Architecture"),
        predict_memory=value(function("Predict")["MemorySize"]),
        metrics_memory=value(function("Metrics")["MemorySize"]),
        train_memory=value(function("Train")["MemorySize"]),
        metrics_runs=runs("Metrics"),
        trainings=runs("Train"),
        alarms=count("AWS::CloudWatch::Alarm"),
        watched=watched(),
        dashboards=count("AWS::CloudWatch::Dashboard"),
        metrics=_published("EachTime"),
        rare_metrics=_published("OnChange"),
        sampled=resources["PredictionSampling"]["Properties"]["SamplingRule"]["FixedRate"],
        refresh_seconds=value("!Ref RefreshSeconds"),
        health_rate=value("!Ref HealthRate"),
    )


def per_month(expression: str) -> int:
    """Returns how often a schedule starts a run in 30 days.

    It must be a rate, or a cron with one minute and hour every day.
    """
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return MINUTES // (int(rate[1]) * {"minute": 1, "hour": 60, "day": 24 * 60}[rate[2]])
    if re.fullmatch(r"cron\(\d+ \d+ (\* \* \?|\? \* \*) \*\)", expression):
        return 30
    raise ValueError(
        f"the number of runs of the schedule {expression} in a month is unknown; "
        "expected a rate, or a cron with one minute and hour every day"
    )


def _published(publication: str) -> int:
    """Returns how many metrics the metrics function publishes each time, or only when they change.

    Those of the predict function start with its first prediction.
    """
    table = (ROOT / "shared/lifecycle/src/health/metric.rs").read_text()
    return len(re.findall(rf"^        unit: \w.* publication: {publication},$", table, re.MULTILINE))
