"""Tests of rows of a table's file, as texts and as a client sends them."""

import gzip
import io
import tempfile
import unittest
import zipfile
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

    def test_the_first_rows_are_texts_without_empty_lines(self) -> None:
        content = b'a,b\n1,"x,\ny"\n\n2,\n3,z\n'
        self.assertEqual(rows.first(self.file("t.csv", content), 2), [{"a": "1", "b": "x,\ny"}, {"a": "2", "b": ""}])

    def test_a_file_that_cannot_be_read_is_reported(self) -> None:
        self.assertIn("is empty", self.refused("t.csv", b""))
        self.assertIn("is not a gzip file, or it is incomplete", self.refused("t.csv.gz", b"a,b\n"))
        self.assertIn(
            "is not a gzip file, or it is incomplete", self.refused("t.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9])
        )
        with self.assertRaises(Failure):
            rows.first(Path("/nowhere/t.csv"), 1)

    def test_every_format_of_a_table_is_read(self) -> None:
        text = "größe;art\r\n1,5;x\r\n"
        row = [{"größe": "1,5", "art": "x"}]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as made:
            made.writestr("inner/t.csv", text)
        for name, content in (
            ("t.csv", text.encode("cp1252")),
            ("t.csv", text.encode("utf-16")),
            ("t.csv", b"sep=;\r\n" + text.encode()),
            ("t.tsv", text.replace(";", "\t").encode()),
            ("t.zip", archive.getvalue()),
            ("t.csv", archive.getvalue()),
        ):
            self.assertEqual(rows.first(self.file(name, content), 3), row, name)
        lines = self.file("t.jsonl", b'{"a":1,"b":"x"}\n{"b":null,"c":true}\n')
        self.assertEqual(rows.first(lines, 3), [{"a": "1", "b": "x", "c": ""}, {"a": "", "b": "", "c": "true"}])
        self.assertIn("line 1 is not a JSON object", self.refused("t.jsonl", b'{"a":\n'))

    def test_a_workbook_is_read(self) -> None:
        space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        cell = '<c r="{}"><v>{}</v></c>'.format
        header = '<c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>b</t></is></c>'
        book = io.BytesIO()
        with zipfile.ZipFile(book, "w") as made:
            made.writestr("xl/workbook.xml", "<workbook/>")
            made.writestr("xl/sharedStrings.xml", f"<sst {space}><si><t>a</t></si></sst>")
            sheet = f"<row>{header}</row><row>{cell('A2', 7)}{cell('C2', 1.5)}</row>"
            made.writestr("xl/worksheets/sheet1.xml", f"<worksheet {space}><sheetData>{sheet}</sheetData></worksheet>")
        file = self.file("t.xlsx", book.getvalue())
        self.assertEqual(rows.first(file, 3), [{"a": "7", "Unnamed: 1": "", "b": "1.5"}])

    def test_numbers_and_dates_are_sent_in_the_form_of_the_api(self) -> None:
        kinds = {"n": "number", "t": "timestamp"}
        columns = [{"name": name, "type": kind} for name, kind in kinds.items()]
        for text, number in (
            ("1.234,56 €", 1234.56),
            ("$1,234.50", 1234.5),
            ("12.5%", 12.5),
            ("-0,5", -0.5),
            ("1,234", 1234),
            ("(7)", -7),
            ("?", None),
        ):
            self.assertEqual(rows.to_json({"n": text}, columns)["n"], number, text)
        for text, moment in (
            ("25.12.2024", "2024-12-25"),
            ("12/25/2024", "2024-12-25"),
            ("13:45", "2000-01-01T13:45:00"),
        ):
            self.assertEqual(rows.to_json({"t": text}, columns)["t"], moment, text)

    def test_values_are_sent_with_the_types_of_their_columns(self) -> None:
        kinds = {"n": "number", "b": "boolean", "c": "category", "t": "timestamp"}
        columns = [{"name": name, "type": kind} for name, kind in kinds.items()]
        row: rows.Row = {"n": " 7.0", "b": "TRUE", "c": "007", "t": "2026-11-24"}
        self.assertEqual(rows.to_json(row, columns), {"n": 7, "b": True, "c": "007", "t": "2026-11-24"})
        self.assertEqual(rows.to_json({"n": "NA", "b": "", "c": None}, columns), dict.fromkeys(kinds))
        self.assertEqual(rows.to_json({"n": "much", "b": "yes"}, columns)["n"], "much")
        self.assertEqual(
            rows.to_json({"n": 1.5, "c": 3, "t": float("nan")}, columns), {"n": 1.5, "b": None, "c": "3", "t": None}
        )

    def test_a_first_line_of_values_is_distinguished_from_names(self) -> None:
        for values in (["5.1", "setosa"], ["2026-11-24", "x"], ["true", "x"], ["yes", "no", "yes"], ["1", "7", "yes"]):
            self.assertTrue(rows.look_like_values(values), values)
        for names in (["age", "plan"], ["", "age"], ["0", "1", "2", "y"], ["2019", "2020", "2021", "y"], ["x1", "x2"]):
            self.assertFalse(rows.look_like_values(names), names)


if __name__ == "__main__":
    unittest.main()
