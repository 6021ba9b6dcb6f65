"""Tests of the bounds that the losses of a dozen tables must meet."""

import json
import unittest

import bounds
from tables import Table


class BoundsTest(unittest.TestCase):
    def test_a_loss_within_the_bound_and_better_than_the_constant_passes(self) -> None:
        self.assertIsNone(bounds.problem("t", loss=1.5, constant=2.0, bound=1.0, advantage=(0.5, 0.1)))

    def test_a_loss_above_the_bound_is_reported_with_the_limit(self) -> None:
        limit = bounds.FACTOR * 1.0 + bounds.SLACK * 2.0
        self.assertIsNone(bounds.problem("t", loss=limit, constant=2.0, bound=1.0, advantage=(0.5, 0.1)))
        found = bounds.problem("t", loss=limit + 0.01, constant=2.0, bound=1.0, advantage=(0.5, 0.1))
        self.assertIn("t: the loss is 1.55; expected at most 1.5 times the bound 1", found or "")

    def test_a_loss_that_is_clearly_worse_than_the_constant_is_reported(self) -> None:
        self.assertIsNone(bounds.problem("t", loss=1.0, constant=0.9, bound=1.0, advantage=(-0.1, 0.1)))
        found = bounds.problem("t", loss=1.0, constant=0.9, bound=1.0, advantage=(-0.2, 0.1))
        self.assertIn("the constant answer has 0.9", found or "")

    def test_losses_near_zero_have_a_slack(self) -> None:
        self.assertIsNone(bounds.problem("t", loss=0.01, constant=1.0, bound=0.0001, advantage=(0.9, 0.1)))

    def test_every_bound_is_positive_and_names_its_table(self) -> None:
        entries = json.loads(bounds.BOUNDS.read_text())
        self.assertEqual(len(entries), 12)
        for entry in entries:
            self.assertGreater(entry["bound"], 0, entry)
            self.assertIn("/", Table(**entry["table"]).name)


if __name__ == "__main__":
    unittest.main()
