//! Recognizes files that are not tables, such as PDF documents, by their first bytes.

const AS_CSV: &str = "export the table as CSV, Parquet or .xlsx";
const UNPACK: &str = "unpack it, or compress the table with gzip or ZIP";

const KNOWN: [(&[u8], &str, &str); 16] = [
    (b"\xd0\xcf\x11\xe0", "a workbook of Excel 97 to 2003 (.xls)", "save it as .xlsx or CSV"),
    (b"ARROW1", "an Arrow or Feather file", "export the table as Parquet"),
    (b"FEA1", "a Feather file", "export the table as Parquet"),
    (b"ORC", "an ORC file", "export the table as Parquet"),
    (b"Obj\x01", "an Avro file", "export the table as Parquet"),
    (b"SQLite format 3", "an SQLite database", "export one of its tables as CSV"),
    (b"\x89HDF", "an HDF5 file", "export the table as CSV or Parquet"),
    (b"%PDF", "a PDF document", AS_CSV),
    (
        b"<!DOCTYPE",
        "an HTML page, perhaps a log-in page that was saved in place of the table",
        "download the table again",
    ),
    (
        b"<!doctype",
        "an HTML page, perhaps a log-in page that was saved in place of the table",
        "download the table again",
    ),
    (b"<html", "an HTML page, perhaps a log-in page that was saved in place of the table", "download the table again"),
    (b"<?xml", "an XML document", AS_CSV),
    (b"BZh", "compressed by bzip2", UNPACK),
    (b"\xfd7zXZ", "compressed by xz", UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard", UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", UNPACK),
];

/// Recognizes a file that is not a table, such as a PDF. Returns the format and advice for the user, or else `None`.
pub(super) fn other(content: &[u8]) -> Option<(&'static str, &'static str)> {
    let start = content.trim_ascii_start();
    let known = KNOWN.into_iter().find(|(magic, _, _)| start.starts_with(magic));
    known.map(|(_, found, advice)| (found, advice))
}
