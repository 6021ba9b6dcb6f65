"""Writes the states that LocalStack gives to alarms, for every short sequence of values.

`infra/year/tests/localstack.txt` keeps them. A test of the simulation compares its own states with them.
`make year-localstack` runs this program.
"""

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from localstack.services.cloudwatch import alarm_scheduler

FILE = Path(__file__).parent / "tests/localstack.txt"
EVALUATION_PERIODS = 3
# LocalStack reads two more periods for an alarm on three, as the simulation does.
RANGE = 5
VALUES = {"0": 0.0, "X": 1.0, "-": None}
STATES = {"OK": "O", "ALARM": "A", "INSUFFICIENT_DATA": "I"}


class Alarm:
    """One alarm, with the calls of CloudWatch that the evaluation makes."""

    def __init__(self, datapoints: int, missing: str, before: str, points: tuple[str, ...]) -> None:
        self.state = before
        self.details = {
            "AlarmName": "alarm",
            "MetricName": "Metric",
            "Namespace": "Evergreen",
            "Period": 60,
            "Statistic": "Maximum",
            "EvaluationPeriods": EVALUATION_PERIODS,
            "DatapointsToAlarm": datapoints,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1.0,
            "TreatMissingData": missing,
            "StateValue": before,
        }
        # The evaluation asks for one period after the other, the newest first.
        self.values = iter(VALUES[point] for point in reversed(points))

    def get_metric_data(self, **_: Any) -> dict[str, Any]:
        """Returns the value of the next older period."""
        value = next(self.values)
        return {"MetricDataResults": [{"Values": [] if value is None else [value]}]}

    def set_alarm_state(self, StateValue: str, **_: Any) -> None:  # noqa: N803
        """Changes the alarm's state."""
        self.state = StateValue


def state(alarm: Alarm) -> str:
    """Lets LocalStack evaluate the alarm once, and returns its state."""
    scheduler = SimpleNamespace(details=lambda _: alarm.details, client=lambda _: alarm)
    alarm_scheduler.get_metric_alarm_details_for_alarm_arn = scheduler.details
    alarm_scheduler.get_cloudwatch_client_for_region_of_alarm = scheduler.client
    alarm_scheduler.calculate_alarm_state("arn")
    return STATES[str(alarm.state)]


def main() -> None:
    """Writes one line for each rule and former state, with one letter for each sequence."""
    lines = []
    for datapoints in range(1, EVALUATION_PERIODS + 1):
        for missing in ("missing", "ignore", "breaching", "notBreaching"):
            for before in ("OK", "ALARM"):
                sequences = itertools.product("0X-", repeat=RANGE)
                letters = "".join(state(Alarm(datapoints, missing, before, points)) for points in sequences)
                lines.append(f"{datapoints} {missing} {before} {letters}")
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
