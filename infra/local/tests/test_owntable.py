"""Tests of DATASET, TARGET and MODEL, and of the messages about wrong values."""

import gzip
import tempfile
import unittest
from pathlib import Path

from driver import owntable
from driver.console import Failure

TABLE = "age,plan,churned\n31,basic,yes\n42,plus,no\n"


class OwnTableTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def put(self, name: str, text: str = TABLE) -> Path:
        file = self.folder / name
        file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return file

    def refused(self, dataset: object, target: str = "churned", model: str = "") -> str:
        with self.assertRaises(Failure) as raised:
            owntable.find(str(dataset), target, model)
        return str(raised.exception)

    def found(self, dataset: object, target: str = "churned", model: str = "") -> owntable.OwnTable:
        table = owntable.find(str(dataset), target, model)
        assert table is not None
        return table

    def test_without_a_table_the_model_is_iris_and_has_no_other_name(self) -> None:
        self.assertIsNone(owntable.find("", "", ""))
        self.assertIn("TARGET=churned needs a table", self.refused(""))
        self.assertIn("MODEL=churn needs a table", self.refused("", "", "churn"))

    def test_a_file_a_compressed_one_and_a_folder_of_parts_are_tables(self) -> None:
        self.assertEqual(self.found(self.put("churn.csv")).model, "churn")
        self.assertEqual(self.found(self.put("Churn 2024.CSV.gz")).model, "churn-2024")
        self.put(".hidden.csv")
        parts = self.found(self.folder, model="parts").files
        self.assertEqual([file.name for file in parts], ["Churn 2024.CSV.gz", "churn.csv"])

    def test_the_name_of_a_model_comes_from_the_name_of_its_file(self) -> None:
        names = {
            "2024 sales.csv": "table-2024-sales",
            "Ünï_côde.csv": "n-c-de",
            "x" * 60 + ".csv": "x" * 40,
            "é.csv": "table",
        }
        for name, model in names.items():
            self.assertEqual(self.found(self.put(name)).model, model)
            self.assertRegex(model, owntable.MODEL_NAME)
        self.assertIn("MODEL=Churn! is not a valid model name", self.refused(self.put("churn.csv"), model="Churn!"))

    def test_a_missing_file_is_reported_with_the_nearest_name(self) -> None:
        self.put("churn.csv")
        self.assertIn("did you mean churn.csv?", self.refused(self.folder / "chrun.csv"))
        self.assertIn("is not supported", self.refused(self.put("churn.ods")))
        (self.folder / "empty").mkdir()
        self.assertIn("has no table; expected a file that ends in", self.refused(self.folder / "empty"))

    def test_a_missing_target_is_reported_with_the_columns(self) -> None:
        file = self.put("churn.csv")
        words = self.refused(file, "chruned")
        self.assertIn("has no column chruned; did you mean churned?", words)
        self.assertIn("age, plan, churned", words)
        self.assertIn('TARGET="churned"', self.refused(file, ""))

    def test_without_a_header_no_value_is_shown(self) -> None:
        words = self.refused(self.put("churn.csv", TABLE.split("\n", 1)[1]))
        self.assertIn("churn.csv has no header row", words)
        self.assertNotIn("basic", words)

    def test_settings_beside_the_table_are_read_and_must_not_contradict(self) -> None:
        file = self.put("churn.csv")
        (self.folder / "dataset.toml").write_text('target = "churned"\n', encoding="utf-8-sig")
        table = self.found(file, "")
        self.assertEqual((table.target, table.uploads[-1].name), ("churned", "dataset.toml"))
        self.assertIn("leave out one of them", self.refused(file, "plan"))
        (self.folder / "dataset.toml").write_text("target = \n")
        self.assertIn("dataset.toml", self.refused(file))

    def test_the_floor_is_left_to_the_template(self) -> None:
        parameters = self.found(self.put("churn.csv")).parameters
        self.assertNotIn("AccuracyFloor", parameters)
        self.assertEqual(parameters["TargetColumn"], "churned")
        self.assertTrue(512 <= int(parameters["TrainMemory"]) <= 10_240)


if __name__ == "__main__":
    unittest.main()
