"""Tests of the bills, which are computed from counts, prices and durations."""

import unittest
from dataclasses import replace

import bill
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
