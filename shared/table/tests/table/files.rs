//! Many files are one table, compressed or not.

use std::io::Write;

use evergreen_table::{DataFile, Settings, Table, Values};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{MEMORY, file, read, sound, values};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn read_files(files: Vec<DataFile>) -> Result<Table, String> {
    Table::read(files, Settings::default(), "y", MEMORY).map_err(|error| error.to_string())
}

/// Halves of the sound table; the second has its columns in another order.
fn halves() -> (String, String) {
    let rows: Vec<String> = sound().lines().skip(1).map(str::to_owned).collect();
    let (first, second) = rows.split_at(10);
    let turned = second.iter().map(|row| row.split(',').rev().collect::<Vec<_>>().join(",") + "\n").collect::<String>();
    (format!("a,y,b\n{}\n", first.join("\n")), format!("b,y,a\n{turned}"))
}

#[test]
fn parts_are_one_table_in_the_order_of_their_names() {
    let (first, second) = halves();
    let table = read_files(vec![file("d/part-2.csv", &second), file("d/part-1.csv", &first)]).unwrap();
    let whole = read(sound());
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
fn a_part_without_a_header_is_named_and_its_values_are_not() {
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
    let text = sound();
    let (head, tail) = text.split_at(101);
    let content = [gzip(head), gzip(tail)].concat();
    let table = read_files(vec![file("a.CSV.gz", content)]).unwrap();
    assert_eq!(table.fingerprint(), read(sound()).fingerprint());
}

#[test]
fn what_is_no_gzip_or_cut_off_is_refused() {
    let mut content = gzip(&sound());
    content.truncate(content.len() / 2);
    for content in [content, b"a,y\n".to_vec()] {
        assert_eq!(read_files(vec![file("a.csv.gz", content)]).unwrap_err(), "a.csv.gz: no gzip, or cut off");
    }
}

#[test]
fn decompression_stops_where_memory_does() {
    let bomb = gzip(&"0,0\n".repeat(4 << 20));
    assert!(bomb.len() < 100_000);
    let message = Table::read(vec![file("a.csv.gz", bomb)], Settings::default(), "y", 6 << 20).unwrap_err().to_string();
    let expected =
        " MB when decompressed, and 6.0 MB of memory are allowed; expected a smaller table, or fewer columns";
    assert!(message.starts_with("a.csv.gz: more than ") && message.ends_with(expected), "{message}");
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
