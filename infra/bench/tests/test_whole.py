"""Tests of goals in the table of all benchmarks."""

import unittest

import whole


def row(value: float | None, goal: dict[str, float] | None) -> dict[str, object]:
    """Returns a row of the table."""
    return {"group": "g", "name": "n", "unit": "s", "value": value, "goal": goal, "peers": {"p": 2.0}, "note": ""}


class WholeTest(unittest.TestCase):
    def test_a_goal_is_met_up_to_its_limit(self) -> None:
        for value, goal, met in (
            (1.0, {"at_most": 1.0}, True),
            (1.1, {"at_most": 1.0}, False),
            (4.0, {"at_least": 4.0}, True),
            (3.9, {"at_least": 4.0}, False),
            (1.0, None, None),
            (None, {"at_most": 1.0}, None),
        ):
            self.assertIs(whole.held(row(value, goal)), met, (value, goal))

    def test_the_table_counts_met_goals_and_names_missed_ones(self) -> None:
        text = whole.text([row(1.0, {"at_most": 1.0}), row(2.0, {"at_most": 1.0}), row(2.0, None)])
        self.assertTrue(text.endswith("1 of 2 goals held"), text)
        self.assertEqual(text.count("MISSED"), 1)

    def test_numbers_have_about_three_digits(self) -> None:
        for value, text in ((None, "-"), (1234.5, "1,234"), (12.34, "12.3"), (1.234, "1.23"), (0.01234, "0.0123")):
            self.assertEqual(whole._number(value), text)


if __name__ == "__main__":
    unittest.main()
