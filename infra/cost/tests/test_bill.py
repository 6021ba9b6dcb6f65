"""Tests of the bills, which are computed from counts, prices and durations."""

import unittest
from dataclasses import replace

import bill
import stack
from stack import Stack

STACK = Stack(
    architecture="arm64",
    predict_memory=1024,
    metrics_memory=512,
    train_memory=2048,
    metrics_runs=100,
    trainings=30,
    alarms=2,
    watched=3,
    dashboards=1,
    metrics=4,
    rare_metrics=8,
    sampled=0.01,
    refresh_seconds=60,
    health_rate=1,
)


class BillTest(unittest.TestCase):
    def setUp(self) -> None:
        self.rates = bill.Rates()
        self.kept = bill.durations()

    def test_a_started_millisecond_is_billed_and_at_least_one(self) -> None:
        for milliseconds, charged in ((0.0, 1), (0.1, 1), (1.0, 1), (1.01, 2), (150, 150)):
            self.assertEqual(bill.billed(milliseconds), charged, milliseconds)

    def test_compute_time_is_billed_by_memory_and_duration(self) -> None:
        second = self.rates.compute(1, 1000, 1024, "arm64")
        self.assertAlmostEqual(second, self.rates.of(1, "lambda_arm64"))
        self.assertAlmostEqual(self.rates.compute(3, 500, 2048, "arm64"), 3 * second)
        self.assertLess(second, self.rates.compute(1, 1000, 1024, "x86_64"))

    def test_alarms_are_billed_by_the_metrics_that_they_watch(self) -> None:
        lines = bill.idle(STACK, self.kept, self.rates)
        watched = next(line for line in lines if line.name == "2 alarms on 3 metrics")
        self.assertAlmostEqual(watched.dollars, self.rates.of(3, "alarm"))

    def test_a_metric_is_billed_for_the_hours_in_which_it_is_published(self) -> None:
        def metrics(counts: Stack) -> float:
            lines = bill.idle(counts, self.kept, self.rates)
            return next(line.dollars for line in lines if "custom metrics" in line.name)

        month = self.rates.of(1, "custom_metric")
        each_time = metrics(replace(STACK, rare_metrics=0))
        self.assertAlmostEqual(each_time, 4 * month)
        # A training a day changes the metric for two hours, and one of 31 repeats comes between the trainings.
        self.assertAlmostEqual(metrics(STACK), each_time + 8 * month * 61 / 720)
        self.assertAlmostEqual(metrics(replace(STACK, trainings=0)), each_time + 8 * month * 31 / 720)
        self.assertAlmostEqual(metrics(replace(STACK, trainings=2000)), each_time + 8 * month)

    def test_a_month_without_predictions_costs_about_five_dollars(self) -> None:
        lines = bill.idle(stack.read(), self.kept, self.rates)
        # The alarm of batch jobs adds a tenth of a dollar.
        self.assertLessEqual(sum(line.dollars for line in lines), 5.05)

    def test_the_events_of_trainings_call_the_metrics_function_too(self) -> None:
        names = [line.name for line in bill.idle(STACK, self.kept, self.rates)]
        self.assertTrue(any(name.startswith("160 calls of the metrics function") for name in names), names)

    def test_a_stranger_costs_as_much_as_the_rate_of_health_allows(self) -> None:
        once = bill.stranger(STACK, self.kept, self.rates)
        twice = bill.stranger(replace(STACK, health_rate=2), self.kept, self.rates)
        for one, two in zip(once, twice):
            self.assertAlmostEqual(two.dollars, 2 * one.dollars)

    def test_checks_for_a_champion_cost_less_if_they_are_rarer(self) -> None:
        often, rarely = (
            bill.predictions(replace(STACK, refresh_seconds=seconds), self.kept, self.rates)[-1].dollars
            for seconds in (1, 60)
        )
        self.assertAlmostEqual(often, 60 * rarely)


if __name__ == "__main__":
    unittest.main()
