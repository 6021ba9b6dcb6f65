"""Computes the bills: a month without predictions, a million predictions, and requests of a stranger."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
from stack import Stack

HERE = Path(__file__).resolve().parent
MILLION = 1_000_000
# Bytes that CloudWatch counts for each log event in addition to its text.
EVENT_BYTES = 26
MONTH_SECONDS = 30 * 24 * 3600
MONTH_HOURS = 30 * 24


@dataclass(frozen=True)
class Line:
    """An entry of a bill and its price in dollars."""

    name: str
    dollars: float


class Rates:
    """The prices of prices.toml, by name."""

    def __init__(self) -> None:
        entries = tomli.loads((HERE / "prices.toml").read_text())
        self._prices = {name: entry["price"] for name, entry in entries.items() if isinstance(entry, dict)}

    def of(self, count: float, name: str) -> float:
        """Returns the price of a number of units."""
        return count * self._prices[name]

    def compute(self, calls: float, milliseconds: float, memory: int, architecture: str) -> float:
        """Returns the price of the compute time of calls: milliseconds per call, memory in MB. Requests are extra."""
        return self.of(calls * milliseconds / 1000 * memory / 1024, f"lambda_{architecture}")


def log_bytes() -> int:
    """Returns the bytes that one prediction logs: Lambda's two lines and the function's own line."""
    lines = (HERE / "log.jsonl").read_text().splitlines()
    return sum(len(line.encode()) + EVENT_BYTES for line in lines)


def durations() -> dict[str, Any]:
    """Reads durations, measured where that is possible without Lambda, and how often things happen."""
    kept = json.loads((HERE / "durations.json").read_text())
    return kept["measured"] | kept["counted"] | kept["assumed"]


def metric_hours(stack: Stack, kept: dict[str, Any]) -> int:
    """Returns in how many hours a metric is published that is published only when it changes: at most that many.

    It is the count if each training changes the metric, plus the daily repeats of days without a training.
    """
    changes = stack.trainings * kept["metric_hours_of_a_change"]
    return min(MONTH_HOURS, changes + max(0, kept["metric_hours_of_repeats"] - stack.trainings))


def billed(milliseconds: float) -> int:
    """Returns the milliseconds that Lambda charges: whole ones, at least one."""
    return max(1, math.ceil(milliseconds))


def idle(stack: Stack, kept: dict[str, Any], rates: Rates) -> list[Line]:
    """Returns the bill of a month without predictions.

    Each training sends two events, and each of them calls `metrics`.
    """
    trainings, events = stack.trainings, 2 * stack.trainings
    calls = stack.metrics_runs + events
    watching = (
        rates.of(calls, "put_metric_data")
        # The requests of the last weeks.
        + rates.of(calls, "get_metric_data")
        + rates.of(calls, "lambda_request")
        + rates.compute(calls, kept["metrics_ms"], stack.metrics_memory, stack.architecture)
        + rates.of(calls, "trace")
        + rates.of(calls * kept["metrics_reads"], "table_read")
        # The record of what was published is emptied and then written.
        + rates.of(2 * (trainings + kept["metric_hours_of_repeats"]), "table_write")
        # The summary of the comparison with the training data, once an hour.
        + rates.of(MONTH_HOURS, "table_write")
        + rates.of(calls, "object_get")
        + rates.of(calls * kept["background_log_bytes"] / 1e9, "log_gigabyte")
        + rates.of(stack.metrics_runs, "schedule")
    )
    training = (
        rates.of(trainings, "lambda_request")
        + rates.compute(trainings, kept["train_ms"], stack.train_memory, stack.architecture)
        + rates.of(trainings * kept["train_writes"], "table_write")
        + rates.of(2 * trainings, "object_put")
        + rates.of(events, "event")
        + rates.of(trainings, "schedule")
        + rates.of(trainings, "trace")
    )
    seconds, memory = kept["train_ms"] / 1000, stack.train_memory
    hours = metric_hours(stack, kept)
    always = f"{stack.metrics} custom metrics with a value every five minutes"
    rare = f"{stack.rare_metrics} that are published in at most {hours} of {MONTH_HOURS} hours"
    more = "two more once there are predictions and load failures, and one in each hour whose rows differ in number"
    metrics = stack.metrics + stack.rare_metrics * hours / MONTH_HOURS
    watched = f"{calls:,} calls of the metrics function, {kept['metrics_ms']} ms at {stack.metrics_memory} MB"
    return [
        Line(f"{always}, and {rare} ({more})", rates.of(metrics, "custom_metric")),
        Line(f"{stack.alarms} alarms on {stack.watched} metrics", rates.of(stack.watched, "alarm")),
        Line(f"{watched}: PutMetricData, GetMetricData, time, traces, reads, logs", watching),
        Line(f"{trainings} trainings of {seconds:g} s at {memory:,} MB", training),
        Line(
            f"{kept['stored_megabytes']} MB of artifacts", rates.of(kept["stored_megabytes"] / 1000, "object_gigabyte")
        ),
    ]


def stranger(stack: Stack, kept: dict[str, Any], rates: Rates) -> list[Line]:
    """Returns the maximum bill that a stranger without any right can cause in a month, by calling /health."""
    requests = stack.health_rate * MONTH_SECONDS
    charged, size = billed(kept["predict_ms"]), log_bytes()
    time = rates.compute(requests, charged, stack.predict_memory, stack.architecture)
    return [
        Line(
            f"{requests:,} requests for /health, {stack.health_rate} a second: API Gateway",
            rates.of(requests, "api_request"),
        ),
        Line("Lambda requests and time", rates.of(requests, "lambda_request") + time),
        Line(f"Logs, at most {size:,} bytes each", rates.of(requests * size / 1e9, "log_gigabyte")),
        Line(f"X-Ray traces of one request in {round(1 / stack.sampled)}", rates.of(requests * stack.sampled, "trace")),
    ]


def predictions(stack: Stack, kept: dict[str, Any], rates: Rates) -> list[Line]:
    """Returns the bill of a million predictions of one row each. Lambda also bills the time of cold starts."""
    checks = kept["warm_environments"] * MONTH_SECONDS / stack.refresh_seconds
    size = log_bytes()
    memory, architecture = stack.predict_memory, stack.architecture
    charged, one_in = billed(kept["predict_ms"]), round(1 / kept["cold_share"])
    time = rates.compute(MILLION, charged, memory, architecture)
    starts = MILLION * kept["cold_share"]
    # A cold start reads the pointer and the copy of the artifact.
    starting = rates.compute(starts, kept["init_ms"], memory, architecture) + rates.of(
        starts * kept["start_reads"], "table_read"
    )
    often = f"every {stack.refresh_seconds} s of a month in {kept['warm_environments']} environment"
    return [
        Line("API Gateway, REST", rates.of(MILLION, "api_request")),
        Line("Lambda requests", rates.of(MILLION, "lambda_request")),
        Line(f"Lambda time, {kept['predict_ms']} ms billed as {charged}, at {memory:,} MB, {architecture}", time),
        Line(
            f"Cold starts, {kept['init_ms']} ms and {kept['start_reads']} reads of one call in {one_in}",
            starting,
        ),
        Line(f"Logs, {size:,} bytes each", rates.of(MILLION * size / 1e9, "log_gigabyte")),
        Line(f"X-Ray traces of one request in {round(1 / stack.sampled)}", rates.of(MILLION * stack.sampled, "trace")),
        Line(f"Checks for a new champion, {often}", rates.of(checks, "table_read")),
        Line(
            f"Counts of served rows, {kept['count_writes']} writes with each check",
            rates.of(checks * kept["count_writes"], "table_write"),
        ),
    ]
