//! Tests that several files are read as one table, and that compressed files are read.

use std::io::{Cursor, Write};

use evergreen_table::{DataFile, DatasetSettings, Table, Values};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{MEMORY, file, read, valid, values};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn read_files(files: Vec<DataFile>) -> Result<Table, String> {
    Table::read(files, DatasetSettings::default(), "y", MEMORY).map_err(|error| error.to_string())
}

/// Returns the rows of a valid table as two CSV files. The second file has its columns in another order.
fn halves() -> (String, String) {
    let rows: Vec<String> = valid().lines().skip(1).map(str::to_owned).collect();
    let (first, second) = rows.split_at(10);
    let turned = second.iter().map(|row| row.split(',').rev().collect::<Vec<_>>().join(",") + "\n").collect::<String>();
    (format!("a,y,b\n{}\n", first.join("\n")), format!("b,y,a\n{turned}"))
}

#[test]
fn parts_are_one_table_in_the_order_of_their_names() {
    let (first, second) = halves();
    let table = read_files(vec![file("d/part-2.csv", &second), file("d/part-1.csv", &first)]).unwrap();
    let whole = read(valid());
    assert_eq!(
        (table.frame(), table.target(), table.fingerprint()),
        (whole.frame(), whole.target(), whole.fingerprint())
    );
    let files: Vec<_> = table.profile().files.iter().map(|file| (file.name.as_str(), file.rows, file.size)).collect();
    assert_eq!(files, [("d/part-1.csv", 10, first.len() as u64), ("d/part-2.csv", 10, second.len() as u64)]);
}

#[test]
fn columns_of_all_parts_are_the_same() {
    let (first, second) = halves();
    let parts = |second: String| read_files(vec![file("1.csv", &first), file("2.csv", second)]).unwrap_err();
    let message = parts(second.replace("b,y,a", "b,y,c"));
    assert_eq!(message, "2.csv: no column \"a\", which 1.csv has; expected the same columns in every file");
    let message = parts(second.replace('\n', ",1\n").replace("a,1", "a,c"));
    assert_eq!(message, "2.csv: column \"c\", which 1.csv does not have; expected the same columns in every file");
}

#[test]
fn a_part_without_a_header_is_named_without_its_values() {
    let (first, second) = halves();
    let rows = |text: &str| text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>();
    let parts = |first: &str, second: &str| read_files(vec![file("1.csv", first), file("2.csv", second)]).unwrap_err();
    let message = |file: &str| {
        format!(
            "{file}: the file has no header row: its first line holds values like the lines below it; add a line with the \
             columns' names"
        )
    };
    assert_eq!(parts(&first, &rows(&second)), message("2.csv"));
    assert_eq!(parts(&rows(&first), &second), message("1.csv"));
    assert_eq!(parts(&first, "anna,bonn,1\nbert,berlin,?\n"), {
        "2.csv: the first line does not name the same columns as 1.csv. It may hold values instead of names, so it is not \
         shown here; expected a first line with the columns' names"
    });
}

#[test]
fn an_error_names_the_part() {
    let (first, second) = halves();
    let message = read_files(vec![file("1.csv", first), file("2.csv", second + "1\n")]).unwrap_err();
    assert_eq!(message, "2.csv, line 12: 1 fields, expected 3 as in the header");
}

#[test]
fn compressed_files_are_read_with_all_their_members() {
    let text = valid();
    let (head, tail) = text.split_at(101);
    let content = [gzip(head), gzip(tail)].concat();
    let table = read_files(vec![file("a.CSV.gz", content)]).unwrap();
    assert_eq!(table.fingerprint(), read(valid()).fingerprint());
}

#[test]
fn invalid_or_truncated_gzip_is_refused() {
    let mut content = gzip(&valid());
    content.truncate(content.len() / 2);
    for content in [content, b"a,y\n".to_vec()] {
        assert_eq!(
            read_files(vec![file("a.csv.gz", content)]).unwrap_err(),
            "a.csv.gz: not a gzip file, or incomplete; compress the file again"
        );
    }
}

#[test]
fn decompression_stops_at_the_memory_limit() {
    let bomb = gzip(&"0,0\n".repeat(4 << 20));
    assert!(bomb.len() < 100_000);
    let message =
        Table::read(vec![file("a.csv.gz", bomb)], DatasetSettings::default(), "y", 6 << 20).unwrap_err().to_string();
    let expected =
        " MB when decompressed, but 6.0 MB of memory are allowed; expected a smaller table, or fewer columns";
    assert!(message.starts_with("a.csv.gz: more than ") && message.ends_with(expected), "{message}");
}

fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive
            .start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
            .unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Creates an Excel workbook with one sheet. `cells` is the XML of its cells. `texts` is the XML of its shared texts,
/// beginning with the attributes of the XML element.
fn workbook(cells: &str, texts: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let sheets = "<sheets><sheet name=\"s\" sheetId=\"1\" r:id=\"r1\"/></sheets>";
    let book = format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{sheets}</workbook>");
    let related = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>")
    };
    let package = related("r1", "officeDocument", "xl/workbook.xml");
    let package = format!("<Relationships xmlns=\"{PACKAGE}\">{package}</Relationships>");
    let relations =
        related("r1", "worksheet", "worksheets/sheet1.xml") + &related("r2", "sharedStrings", "sharedStrings.xml");
    let relations = format!("<Relationships xmlns=\"{PACKAGE}\">{relations}</Relationships>");
    let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{cells}</sheetData></worksheet>");
    let texts = format!("<sst xmlns=\"{MAIN}\" {texts}</sst>");
    zip(&[
        ("_rels/.rels", package.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", texts.as_bytes()),
    ])
}

/// Asserts that opening a file fails because its content does not fit into `memory` bytes.
#[track_caller]
fn assert_too_large(name: &str, content: Vec<u8>, memory: u64) {
    assert!((content.len() as u64) * 8 < memory, "{} bytes", content.len());
    let message =
        Table::read(vec![file(name, content)], DatasetSettings::default(), "y", memory).unwrap_err().to_string();
    let start = format!("{name}: more than ");
    assert!(message.starts_with(&start) && message.contains(" of memory are allowed; expected a smaller"), "{message}");
}

#[test]
fn an_archive_is_unpacked_within_the_memory_limit() {
    assert_too_large("a.zip", zip(&[("a.csv", "0,0\n".repeat(4 << 20).as_bytes())]), 6 << 20);
}

#[test]
fn a_workbook_is_read_only_as_far_as_memory_goes() {
    let row = "<row><c><v>1</v></c><c><v>2</v></c></row>";
    let far = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    assert_too_large("a.xlsx", workbook(&row.repeat(40_000), ">"), 8 << 20);
    assert_too_large("a.xlsx", workbook(&row.repeat(400_000), ">"), 8 << 20);
    assert_too_large("a.xlsx", workbook(far, ">"), 1 << 30);
    assert_too_large("a.xlsx", workbook(row, &(">".to_owned() + &"<si><t>x</t></si>".repeat(200_000))), 8 << 20);
    let rows: String =
        (0..20).map(|n| format!("<row><c><v>{}</v></c><c><v>{}</v></c></row>", n * 7 % 5, n % 2)).collect();
    let names = "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>";
    let valid = workbook(&(names.to_owned() + &rows), "><si><t>x</t></si><si><t>y</t></si>");
    assert_eq!(Table::read(vec![file("a.xlsx", valid)], DatasetSettings::default(), "y", 64 << 20).unwrap().rows(), 20);
}

#[test]
fn json_with_new_members_in_every_object_is_read_within_the_memory_limit() {
    let lines: String = (0..20_000).map(|n| format!("{{\"k{n}\":1}}\n")).collect();
    assert_too_large("a.jsonl", lines.clone().into_bytes(), 64 << 20);
    let list = format!("[{}]", lines.trim_end().replace('\n', ","));
    assert_too_large("a.json", list.into_bytes(), 64 << 20);
    assert_too_large("a.jsonl.gz", gzip(&lines), 64 << 20);
}

#[test]
fn rows_of_many_pieces_keep_their_order() {
    let rows: String = (0..300_000).map(|n| format!("{},{},{:060}\n", 2 * n, ["u", "v"][n % 2], n % 7)).collect();
    assert!(rows.len() > 17 << 20, "more than one piece");
    let table = read(format!("x,y,z\n{rows}"));
    let Values::Number(numbers) = values(&table, "x") else { panic!("no numbers") };
    assert!(numbers.iter().enumerate().all(|(n, number)| *number == 2.0 * n as f32));
    let Values::Category { codes, .. } = values(&table, "z") else { panic!("no category") };
    assert!(codes.iter().enumerate().all(|(n, code)| *code == n as u32 % 7));
    let message = super::error(format!("x,y,z\n{rows}1,u\n"));
    assert_eq!(message, "a.csv, line 300002: 2 fields, expected 3 as in the header");
}
