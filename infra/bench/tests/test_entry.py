"""Tests of the rows that the benchmarks write for the table of all benchmarks."""

import tempfile
import unittest
from pathlib import Path

import whole
from entry import entry
from scoring import report
from scoring.cases import CASES
from scoring.rounds import EVERGREEN, MODES, ONNX, Result


class EntryTest(unittest.TestCase):
    def test_a_row_has_every_key_of_the_table(self) -> None:
        row = entry("group", "name", "s", 1.0)
        self.assertEqual(row["peers"], {})
        self.assertIsNone(whole.held(row))
        self.assertIn("0 of 0 goals held", whole.text([row]))

    def test_scoring_compares_with_onnx_runtime_and_counts_other_labels(self) -> None:
        microseconds = {mode: {EVERGREEN: 0.5, ONNX: 3.0} for mode in MODES}
        rows = report.rows([Result(CASES[0], 7, microseconds, microseconds, differing=2)])
        self.assertEqual([row["value"] for row in rows], [0.5, 6.0, 0.5, 6.0, 2])
        self.assertEqual([whole.held(row) for row in rows], [True, True, None, True, False])
        self.assertEqual(rows[0]["peers"], {ONNX: 3.0})

    def test_a_missing_part_is_none(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.assertIsNone(whole._read(Path(folder) / "train.json"))


if __name__ == "__main__":
    unittest.main()
