"""Tests of medians, ratios and differences over the repetitions of a training case."""

import unittest
from dataclasses import replace

from training.cases import CASES
from training.fits import Fit
from training.rounds import Result, Side

CASE = next(case for case in CASES if case.fresh)


def side(*seconds: float | None, others: float = 0.0) -> Side:
    """Returns repetitions with the given seconds of the fit; None is a fit that did not finish."""
    said = [None if fit is None else {"fit_seconds": fit} for fit in seconds]
    return Side([Fit(one, 10.0, 10.0, 7, others) for one in said])


class SideTest(unittest.TestCase):
    def test_the_median_needs_a_value_of_every_finished_fit(self) -> None:
        self.assertEqual(side(3.0, 1.0, 2.0).middle("fit_seconds"), 2.0)
        self.assertEqual(side(3.0, None).middle("fit_seconds"), 3.0)
        self.assertIsNone(side(None).middle("fit_seconds"))
        self.assertIsNone(side(3.0).middle("log_loss"))

    def test_other_load_is_an_average_over_enough_seconds(self) -> None:
        self.assertAlmostEqual(side(1.0, 1.0, others=5.0).others(), 0.5)
        self.assertEqual(Side([Fit({}, 0.5, 0.5, 7, 0.4)]).others(), 0.0)


class ResultTest(unittest.TestCase):
    def test_on_separate_tables_the_ratio_is_the_mean_of_the_ratios(self) -> None:
        result = Result(CASE, side(1.0, 4.0), {"LightGBM": side(2.0, 2.0)})
        self.assertAlmostEqual(result.ratio("fit_seconds", "LightGBM") or 0, 1.25)
        difference = result.difference("fit_seconds", "LightGBM")
        self.assertIsNotNone(difference)
        if difference:
            self.assertAlmostEqual(difference.mean, 0.25)
            self.assertAlmostEqual(difference.error, 0.75)

    def test_on_one_table_the_ratio_is_that_of_the_medians(self) -> None:
        one_table = replace(CASE, fresh=False)
        result = Result(one_table, side(1.0, 3.0, 2.0), {"LightGBM": side(4.0, 4.0, 5.0)})
        self.assertEqual(result.ratio("fit_seconds", "LightGBM"), 0.5)
        self.assertIsNone(result.difference("fit_seconds", "LightGBM"))

    def test_without_evergreen_or_with_a_fit_that_did_not_finish_nothing_is_compared(self) -> None:
        peers = {"LightGBM": side(2.0, 2.0)}
        self.assertIsNone(Result(CASE, None, peers).ratio("fit_seconds", "LightGBM"))
        self.assertIsNone(Result(CASE, side(1.0, None), peers).difference("fit_seconds", "LightGBM"))


if __name__ == "__main__":
    unittest.main()
