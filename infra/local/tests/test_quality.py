"""Tests of the printed metrics of a model."""

import unittest

from driver import quality


class OnHoldoutTest(unittest.TestCase):
    def test_every_metric_that_may_decide_is_printed_where_it_is_known(self) -> None:
        binary = {"average_precision": 0.3, "brier_score": 0.1, "f1": 0.4}
        evaluation = {
            "accuracy": 0.9,
            "balanced_accuracy": 0.8,
            "f1": 0.7,
            "log_loss": 0.2,
            "mcc": 0.5,
            "binary": binary,
        }
        printed = dict(quality.on_holdout({"signature": {}, "version": {"evaluation": evaluation}}))
        self.assertEqual((printed["MCC"], printed["F1 of the positive label"]), ("0.5000", "0.4000"))
        self.assertNotIn("ROC AUC", printed)

    def test_metrics_of_regression_that_an_earlier_release_did_not_record_are_left_out(self) -> None:
        evaluation = {"r2": 0.5, "rmse": 2.0, "mae": 1.0, "median_absolute_error": 0.5, "mape": 0.25}
        printed = dict(quality.on_holdout({"signature": {"task": "regression"}, "version": {"evaluation": evaluation}}))
        self.assertEqual(printed["MAPE"], "0.2500")
        self.assertNotIn("pinball loss", printed)

    def test_a_mean_of_several_candidates_is_called_that(self) -> None:
        summary = {"tried": 3, "planned": 3, "folds": 5, "metric": "log_loss", "score": 0.4, "seconds": 1.0}
        version = {"family": "linear", "search": {**summary, "budget_seconds": 60, "cut_short": False}}
        members = [{"weight": 0.75}, {"weight": 0.25}, {"weight": None}]
        alone = quality.search({"version": version, "candidates": [{"weight": None}]})
        self.assertTrue(alone.startswith("linear, the best of 3 candidates (3 planned)"), alone)
        mean = quality.search({"version": version, "candidates": members})
        self.assertTrue(mean.startswith("the mean of 2 of 3 candidates (3 planned)"), mean)


if __name__ == "__main__":
    unittest.main()
