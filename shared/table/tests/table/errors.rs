//! Tests the errors about tables that cannot be used for training.

use evergreen_table::{DataFile, DatasetSettings, Table, TableError};
use proptest::prelude::*;

use super::{MEMORY, error, error_with, file, read_with, valid, with_column, with_line};

#[test]
fn invalid_headers_are_refused() {
    assert_eq!(error(""), "a.csv: empty; expected a header that names the columns");
    let message = "a.csv: columns 1 and 3 have the same name; expected different names";
    assert_eq!(error(with_line(1, "a,y,a")), message);
    let message = "the table has no target column \"y\"; its columns are [\"a\", \"b\", \"c\"]";
    assert_eq!(error(with_line(1, "a,b,c")), message);
}

const NO_HEADER: &str = "a.csv: the file has no header row: its first line holds values like the lines below it; add a line \
                         with the columns' names";

#[test]
fn a_table_without_a_header_is_refused_without_repeating_a_value() {
    let rows = || (0..20).map(|n| format!("{}.5,{},2026-01-{:02},{}\n", 730 + n, n % 3, 1 + n, ["no", "yes"][n % 2]));
    assert_eq!(error(rows().collect::<String>()), NO_HEADER);
    let empty = format!("730.5,,2026-01-01,no\n{}", rows().collect::<String>());
    assert_eq!(error(empty), NO_HEADER, "a value is missing");
    let twice = format!("2,2,2026-01-01,no\n{}", rows().collect::<String>());
    assert_eq!(error(twice), NO_HEADER, "a value stands twice");
    let long = format!("2.5,2,2026-01-01,{}\n{}", "no".repeat(200), rows().collect::<String>());
    assert_eq!(error(long), NO_HEADER, "a value is too long for a name");
    assert_eq!(error("anna,no\nbert,yes\n".repeat(10)), NO_HEADER, "texts that occur again");
}

#[test]
fn possible_values_are_not_repeated_as_column_names() {
    let people: String = (0..20).map(|n| format!("person{n},street{n},town{n}\n")).collect();
    let message = "a.csv: the first line does not name the target column \"y\". It may hold values instead of names, so it is \
                   not shown here; expected a first line with the columns' names";
    assert_eq!(error(people), message);
    let counted: String = (0..20).map(|n| format!("{n},{},{}\n", n % 3, n % 4)).collect();
    assert_eq!(error(format!("0,1,2\n{counted}")), message);
}

#[test]
fn a_file_whose_content_does_not_match_its_name_is_refused_with_the_reason() {
    for (bytes, found) in [
        (&b"\x1f\x8b\x08\x00..."[..], "not a gzip file, or incomplete; compress the file again"),
        (b"PAR1...", "not a Parquet file, or damaged; write the file again"),
        (
            b"PK\x03\x04...",
            "this is a ZIP archive that is damaged, or encrypted; expected a ZIP archive of one table, or the table itself",
        ),
    ] {
        assert_eq!(error(bytes), format!("a.csv: {found}"));
    }
}

#[test]
fn a_table_without_a_usable_column_is_refused() {
    let rows = "1\n2\n".repeat(5);
    let message = "the table has no column to train on besides the target \"y\"; columns that were left out: []";
    assert_eq!(error(format!("y\n{rows}")), message);
    let constant = rows.replace('\n', ",7\n");
    assert!(error(format!("y,x\n{constant}")).ends_with("columns that were left out: [\"x\"]"));
}

#[test]
fn rows_with_another_width_are_refused_with_their_line() {
    assert_eq!(error(with_line(4, "1,yes")), "a.csv, line 4: 2 fields, expected 3 as in the header");
    assert_eq!(error(with_line(5, "1,yes,2,3")), "a.csv, line 5: 4 fields, expected 3 as in the header");
}

#[test]
fn empty_lines_count_as_lines() {
    assert!(error(with_line(4, "\r\n\n1,yes")).starts_with("a.csv, line 6: 2 fields"));
}

#[test]
fn bytes_that_are_not_text_are_refused_with_their_line() {
    let mut bytes = valid().replace("yes", "jä").into_bytes();
    bytes.extend_from_slice(b"1,\xff,2\n");
    assert_eq!(error(bytes), "a.csv, line 22: not UTF-8; save the table in that encoding");
}

#[test]
fn a_few_texts_among_numbers_are_refused_and_no_category_is_advised() {
    let rows: String = (0..200).map(|n| format!("{},{}.5\n", n % 2, n % 50)).collect();
    let csv = format!("y,x\n{rows}0,call us\n1,call us\n");
    let message = "a.csv, line 202, column \"x\": expected a number as in nearly all other rows; correct it, or, if it stands \
                   for a missing value, add it to `missing` in dataset.toml";
    assert_eq!(error(&csv), message);
    assert!(read_with(csv, "missing = [\"call us\"]").is_ok());
}

#[test]
fn a_few_texts_among_dates_are_refused() {
    let rows: String = (0..200).map(|n| format!("{},2026-01-{:02}\n", n % 2, 1 + n % 28)).collect();
    let message = error(format!("y,x\n{rows}0,soon\n"));
    assert!(
        message.starts_with("a.csv, line 202, column \"x\": expected a date or time such as 2026-11-24"),
        "{message}"
    );
}

#[test]
fn no_error_repeats_a_label() {
    for message in [
        error(valid().replace("yes", "secret").replace("no", "secret")),
        error_with(valid().replace("yes", "secret"), "positive = \"yes\""),
        error(valid().replace("yes", &"secret".repeat(50))),
    ] {
        assert!(message.contains("\"y\"") && !message.contains("secret"), "{message}");
    }
}

#[test]
fn no_error_repeats_a_cell() {
    let secret = "é".repeat(5000);
    for message in [
        error_with(with_line(3, &format!("{secret},yes,1")), "types.a = \"number\""),
        error_with(with_line(3, &format!("1,{secret},1")), "task = \"regression\""),
        error_with(with_line(3, &format!("1,yes,{secret}")), "weights = \"b\""),
    ] {
        assert!(message.starts_with("a.csv, line ") && message.len() < 200, "{message}");
    }
}

#[test]
fn names_and_labels_that_are_too_long_to_be_recorded_are_refused() {
    let (long, longest) = ("é".repeat(101), "é".repeat(100));
    let message = "a.csv: the name of column 3 has 202 bytes, expected at most 200";
    assert_eq!(error(with_line(1, &format!("a,y,{long}"))), message);
    let table = |label: &str| valid().replace("yes", label);
    assert_eq!(error(table(&long)), "a.csv, line 3, column \"y\": a label of 202 bytes, expected at most 200");
    assert!(read_with(table(&longest).replacen("b\n", &format!("{longest}\n"), 1), "").is_ok());
}

#[test]
fn an_unclosed_quote_is_refused_with_its_line() {
    let message = "a.csv, line 5: the quote that begins a field is not closed; expected another at its end, and two for one \
                   within it";
    assert_eq!(error(with_line(5, "1,\"yes,2")), message);
    assert_eq!(error(with_line(5, "\"1\",\"yes,\"\"2")), message);
    assert!(error(with_line(1, "a,y,\"b")).starts_with("a.csv, line 1: the quote"));
    assert!(error(format!("\u{feff}{}", with_line(5, "1,\"yes,2"))).starts_with("a.csv, line 5: the quote"));
    assert!(read_with(with_line(5, "\"1\",\"no\",\"\"\n"), "").is_ok());
}

#[test]
fn long_lists_of_names_are_cut() {
    let header: Vec<String> = (0..1000).map(|n| format!("x{n}")).collect();
    let row = vec!["1"; 1000].join(",");
    let message = error(format!("{}\n{row}\n", header.join(",")));
    assert!(message.ends_with("\"x19\"] and 980 more"), "{message}");
}

#[test]
fn a_table_of_few_rows_is_refused() {
    let short = valid().lines().take(10).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(error(short), "the table has 9 rows, expected at least 10");
    assert_eq!(error("a,y\n"), "the table has 0 rows, expected at least 10");
}

#[test]
fn unusable_labels_are_refused() {
    let message = "column \"y\": all 20 rows have the same label; expected at least two labels";
    assert_eq!(error(valid().replace("yes", "no")), message);
    let identifiers: String = (0..2002).map(|n| format!("{},n{}\n", n % 7, n % 1001)).collect();
    assert!(
        error(format!("a,y\n{identifiers}"))
            .starts_with("column \"y\": at least 1001 different labels, expected at most 1000")
    );
}

#[test]
fn unusable_numbers_are_refused() {
    let constant = valid().replace("yes", "1.5").replace("no", "1.5");
    assert_eq!(error(constant), "column \"y\": all rows have the same number; expected different ones");
    let message = error_with(valid(), "task = \"regression\"");
    assert_eq!(message, "a.csv, line 2, column \"y\": expected a number, for regression");
    let rows: String = (0..300).map(|n| format!("{},{n}.5\n", n % 7)).collect();
    let message = error(format!("a,y\n{rows}1,soon\n"));
    assert!(
        message.starts_with("a.csv, line 302, column \"y\": expected a number as in nearly all other rows"),
        "{message}"
    );
}

#[test]
fn settings_for_unknown_columns_are_refused() {
    for (toml, key) in
        [("order = \"day\"", "order"), ("weights = \"day\"", "weights"), ("types.day = \"number\"", "types")]
    {
        assert_eq!(error_with(valid(), toml), format!("dataset.toml: `{key}`: the table has no column \"day\""));
    }
    let message = error_with(valid(), "drop = [\"a\"]\norder = \"a\"");
    assert_eq!(message, "dataset.toml: `drop`: column \"a\" is already used as `order`");
    assert!(error_with(valid(), "drop = [\"y\"]").contains("already used as `target`"));
    assert!(error_with(valid(), "target = \"day\"").starts_with("the table has no target column \"day\""));
}

#[test]
fn a_positive_label_is_one_of_two() {
    let message = "dataset.toml: `positive`: expected one of the two labels of \"y\", of the same type and spelling";
    assert_eq!(error_with(valid(), "positive = true"), message);
    let three = with_line(3, "1,maybe,1").replace("2.5,no", "2.5,maybe");
    let message = "dataset.toml: `positive`: expected a target of two labels; \"y\" has 3";
    assert_eq!(error_with(three, "positive = \"yes\""), message);
}

#[test]
fn weights_and_order_are_checked_by_line() {
    let weights = |values: &[&str]| error_with(with_column(values), "weights = \"x\"");
    assert_eq!(weights(&["1", "-1"]), "a.csv, line 3, column \"x\": expected a finite number from 0 up");
    assert_eq!(weights(&["1", "2", "x"]), "a.csv, line 4, column \"x\": expected a finite number from 0 up");
    assert_eq!(weights(&["1", "inf"]), "a.csv, line 3, column \"x\": expected a finite number from 0 up");
    assert_eq!(weights(&["1", ""]), "a.csv, line 3, column \"x\": empty, expected a finite number from 0 up");
    assert_eq!(weights(&["0"]), "column \"x\": all weights are 0; expected one above 0");
    let order = |values: &[&str]| error_with(with_column(values), "order = \"x\"");
    let expected = "expected a number, or a date or time, as in the other rows";
    assert_eq!(order(&["2026-01-01", "2026-01-02", "3"]), format!("a.csv, line 4, column \"x\": {expected}"));
    assert_eq!(order(&["1", "soon"]), format!("a.csv, line 3, column \"x\": {expected}"));
    assert_eq!(order(&["1", ""]), format!("a.csv, line 3, column \"x\": empty, {expected}"));
}

#[test]
fn empty_content_is_not_a_table() {
    let read = |files: Vec<DataFile>| Table::read(files, DatasetSettings::default(), "y", MEMORY);
    assert!(matches!(read(vec![]), Err(TableError::NoFile)));
    let message = read(vec![file("notes.txt", "a,y\n")]).unwrap_err().to_string();
    assert_eq!(
        message,
        "notes.txt: not a data file; expected one that ends in .csv, .tsv, .jsonl, each also with .gz, \
                   .parquet, .xlsx or .zip"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_safe_to_read(bytes in prop::collection::vec(any::<u8>(), 0..500), name in "a\\.(csv|csv\\.gz|parquet|jsonl|xlsx|zip)") {
        let _ = Table::read(vec![file(&name, bytes)], DatasetSettings::default(), "y", MEMORY);
    }

    #[test]
    fn any_text_like_a_table_is_safe_to_read(text in "(a,y,b\n)?([0-9a.,\"\r\n -]{0,12}\n){0,20}") {
        let _ = read_with(text, "");
    }
}
