"""Tests of ranks, wins and gaps over the contests."""

import unittest

import results
from contest import CONSTANT, EVERGREEN, Contest
from tables import Table


def contest(task: str = "classification", **losses: list[float]) -> Contest:
    """Returns a contest with the given losses by library; every library trained, and the constant answer loses 9."""
    rows = len(losses["Evergreen"])
    found = {name: losses.get(name, [1.0] * rows) for name in results.LIBRARIES}
    found |= {EVERGREEN: losses["Evergreen"], CONSTANT: losses.get("Constant", [9.0] * rows)}
    return Contest(Table("package/table", "target", task, 100, 5), found, dict.fromkeys(found, 1.0))


class ContestTest(unittest.TestCase):
    def test_the_loss_is_the_mean_and_of_numbers_its_root(self) -> None:
        self.assertEqual(contest(Evergreen=[4.0, 14.0]).loss(EVERGREEN), 9.0)
        self.assertEqual(contest("regression", Evergreen=[4.0, 14.0]).loss(EVERGREEN), 3.0)

    def test_the_advantage_is_paired_by_row(self) -> None:
        found = contest(Evergreen=[1.0, 2.0, 3.0], LightGBM=[2.0, 3.0, 4.0])
        self.assertEqual(found.advantage("LightGBM"), (1.0, 0.0))
        mean, error = contest(Evergreen=[0.0, 0.0], LightGBM=[0.0, 2.0]).advantage("LightGBM")
        self.assertAlmostEqual(mean, 1.0)
        self.assertAlmostEqual(error, 1.0)

    def test_a_stored_result_is_used_only_for_the_same_rows_and_time(self) -> None:
        kept = contest(Evergreen=[1.0], LightGBM=[7.0])
        kept.holdout, kept.seconds["FLAML"], kept.losses["FLAML"] = "same", 2.0, [3.0]
        table = kept.table
        self.assertFalse(Contest(table, holdout="other").take_over("LightGBM", kept))
        self.assertFalse(Contest(table, holdout="same", flaml_seconds=5.0).take_over("FLAML", kept))
        again = Contest(table, holdout="same")
        self.assertTrue(again.take_over("LightGBM", kept))
        self.assertEqual(again.losses["LightGBM"], [7.0])


class ResultsTest(unittest.TestCase):
    def test_equal_losses_share_their_ranks(self) -> None:
        ranks = results.mean_ranks([contest(Evergreen=[0.5, 0.5])])
        self.assertEqual(ranks[EVERGREEN], 1.0)
        self.assertEqual({ranks[name] for name in results.LIBRARIES}, {4.0})

    def test_a_failed_library_ranks_last_and_has_lost(self) -> None:
        found = contest(Evergreen=[1.0, 1.0])
        del found.losses["CatBoost"]
        self.assertEqual(results.mean_ranks([found])["CatBoost"], 6.0)
        self.assertEqual(results.against([found], "CatBoost"), results.Against(wins=1, losses=0, ties=0))

    def test_a_difference_within_one_standard_error_is_a_tie(self) -> None:
        contests = [
            contest(Evergreen=[1.0, 1.0], LightGBM=[2.0, 2.1]),
            contest(Evergreen=[2.0, 2.1], LightGBM=[1.0, 1.0]),
            contest(Evergreen=[1.0, 1.0], LightGBM=[0.5, 1.6]),
        ]
        self.assertEqual(results.against(contests, "LightGBM"), results.Against(wins=1, losses=1, ties=1))

    def test_the_gap_is_a_share_of_the_best_library(self) -> None:
        found = [contest(Evergreen=[1.1]), contest(Evergreen=[0.8]), contest(Evergreen=[1.2], LightGBM=[0.0])]
        self.assertEqual([round(results.gap(one), 6) for one in found], [0.1, -0.2, 0.0])
        self.assertAlmostEqual(results.median_gap(found), 0.0)

    def test_a_table_is_worse_than_the_constant_only_beyond_one_standard_error(self) -> None:
        self.assertEqual(results.worse_than_constant([contest(Evergreen=[1.0, 1.5], Constant=[1.0, 1.0])]), [])
        clearly = contest(Evergreen=[2.0, 2.1], Constant=[1.0, 1.0])
        self.assertEqual(results.worse_than_constant([clearly]), ["package/table"])


if __name__ == "__main__":
    unittest.main()
