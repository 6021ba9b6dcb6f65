"""Tests of the counts that are read from the template."""

import unittest

import stack


class StackTest(unittest.TestCase):
    def test_rates_and_daily_crons_have_a_number_of_runs_in_a_month(self) -> None:
        for expression, runs in (
            ("rate(5 minutes)", 8640),
            ("rate(1 hour)", 720),
            ("rate(2 days)", 15),
            ("cron(0 3 * * ? *)", 30),
            ("cron(30 4 ? * * *)", 30),
        ):
            self.assertEqual(stack.per_month(expression), runs, expression)

    def test_other_schedules_are_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "expected a rate"):
            stack.per_month("cron(0 3 1 * ? *)")

    def test_the_template_is_read_with_the_defaults_of_its_parameters(self) -> None:
        found = stack.read()
        self.assertEqual((found.architecture, found.trainings, found.metrics_runs), ("arm64", 30, 8640))
        self.assertGreaterEqual(found.watched, found.alarms)
        self.assertGreater(found.metrics, 0)
        self.assertGreater(found.rare_metrics, found.metrics)


if __name__ == "__main__":
    unittest.main()
