"""Rows of a table's file, as texts and as a client sends them."""

import gzip
import tempfile
import unittest
from pathlib import Path

from driver import rows
from driver.console import Failure


class RowsTest(unittest.TestCase):
    def file(self, name: str, content: bytes) -> Path:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = Path(folder.name) / name
        file.write_bytes(content)
        return file

    def refused(self, name: str, content: bytes) -> str:
        with self.assertRaises(Failure) as raised:
            rows.first(self.file(name, content), 3)
        return str(raised.exception)

    def test_the_header_is_read_without_its_mark_and_blanks(self) -> None:
        content = "\ufeff a ,b\n1,2\n".encode()
        self.assertEqual(rows.header(self.file("t.csv", content)), ["a", "b"])
        self.assertEqual(rows.header(self.file("t.csv.gz", gzip.compress(content))), ["a", "b"])

    def test_the_first_rows_are_texts_and_empty_lines_none(self) -> None:
        content = b'a,b\n1,"x,\ny"\n\n2,\n3,z\n'
        self.assertEqual(rows.first(self.file("t.csv", content), 2), [{"a": "1", "b": "x,\ny"}, {"a": "2", "b": ""}])

    def test_what_cannot_be_read_is_said_in_words(self) -> None:
        self.assertIn("is empty", self.refused("t.csv", b""))
        self.assertIn("is not UTF-8", self.refused("t.csv", b"a,b\n\xff,1\n"))
        self.assertIn("is no gzip file, or is cut off", self.refused("t.csv.gz", b"a,b\n"))
        self.assertIn("is no gzip file, or is cut off", self.refused("t.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9]))
        with self.assertRaises(Failure):
            rows.first(Path("/nowhere/t.csv"), 1)

    def test_values_are_sent_as_the_types_of_their_columns(self) -> None:
        kinds = {"n": "number", "b": "boolean", "c": "category", "t": "timestamp"}
        columns = [{"name": name, "type": kind} for name, kind in kinds.items()]
        row: rows.Row = {"n": " 7.0", "b": "TRUE", "c": "007", "t": "2026-11-24"}
        self.assertEqual(rows.to_json(row, columns), {"n": 7, "b": True, "c": "007", "t": "2026-11-24"})
        self.assertEqual(rows.to_json({"n": "NA", "b": "", "c": None}, columns), dict.fromkeys(kinds))
        self.assertEqual(rows.to_json({"n": "much", "b": "yes"}, columns)["n"], "much")
        self.assertEqual(
            rows.to_json({"n": 1.5, "c": 3, "t": float("nan")}, columns), {"n": 1.5, "b": None, "c": "3", "t": None}
        )

    def test_first_lines_of_values_are_told_from_names(self) -> None:
        for values in (["5.1", "setosa"], ["2026-11-24", "x"], ["true", "x"], ["yes", "no", "yes"], ["1", "7", "yes"]):
            self.assertTrue(rows.look_like_values(values), values)
        for names in (["age", "plan"], ["", "age"], ["0", "1", "2", "y"], ["2019", "2020", "2021", "y"], ["x1", "x2"]):
            self.assertFalse(rows.look_like_values(names), names)


if __name__ == "__main__":
    unittest.main()
