//! Tables are checked, and what is wrong with one is said so that its owner can mend it.

#![allow(clippy::unwrap_used)]

use evergreen_learning::{Table, TableError, iris};
use proptest::prelude::*;

/// Ten sound rows under `a,y,b`, on lines 2 to 11.
fn sound() -> String {
    let rows: String = (0..10).map(|n| format!("{n}.5,{},-{n}e1\n", ["no", "yes"][n % 2])).collect();
    format!("a,y,b\n{rows}")
}

fn error(csv: impl AsRef<[u8]>) -> String {
    Table::from_csv(csv.as_ref(), "y").unwrap_err().to_string()
}

/// The sound table with line `line` (from 1) replaced.
fn with_line(line: usize, text: &str) -> String {
    let mut lines: Vec<String> = sound().lines().map(str::to_owned).collect();
    lines[line - 1] = text.to_owned();
    lines.join("\n")
}

#[test]
fn columns_labels_and_values_are_read() {
    let table = Table::from_csv(sound().as_bytes(), "y").unwrap();
    let rows = table.rows();
    assert_eq!(
        (rows.signature().columns(), rows.signature().labels()),
        (&["a", "b"].map(str::to_owned)[..], &["no", "yes"].map(str::to_owned)[..])
    );
    assert_eq!(rows.iter().nth(3), Some(([3.5, -30.0].as_slice(), 1)));
    assert_eq!((rows.len(), table.target()), (10, "y"));
}

#[test]
fn how_a_table_is_spelt_does_not_matter() {
    let table = Table::from_csv(sound().as_bytes(), "y").unwrap();
    let spaced = sound().replace(',', " , ").replace('\n', "\r\n\r\n").replace(" yes ", "\"yes\"");
    let spelt = format!("\u{feff}{spaced}").replace("3.5", "+3.50000000000000000001");
    let same = Table::from_csv(spelt.as_bytes(), "y").unwrap();
    assert_eq!(same, table);
    assert_eq!(same.fingerprint(), table.fingerprint());
}

#[test]
fn every_part_of_a_table_is_in_its_fingerprint() {
    let fingerprint = |csv: &str, target: &str| Table::from_csv(csv.as_bytes(), target).unwrap().fingerprint();
    let known = fingerprint(&sound(), "y");
    assert_eq!(known.len(), 64);
    for changed in [
        sound().replace("3.5", "3.6"),
        sound().replace("a,", "c,"),
        sound().replace("yes", "yep"),
        with_line(2, "1.5,yes,-1e1").replace("1.5,no", "0.5,no"),
    ] {
        assert_ne!(fingerprint(&changed, "y"), known);
    }
    assert_ne!(fingerprint(&sound().replace("a,y", "a,z"), "z"), known);
}

#[test]
fn a_dataset_names_its_source() {
    let dataset = iris().unwrap().dataset("built-in");
    assert_eq!((dataset.source.as_str(), dataset.rows, dataset.target.as_str()), ("built-in", 150, "variety"));
    assert_eq!(dataset.columns.len(), 4);
    assert_eq!(dataset.fingerprint, iris().unwrap().fingerprint());
}

#[test]
fn headers_that_are_wrong_are_refused() {
    assert!(error("").contains("empty"));
    assert!(error(with_line(1, "a,y,")).contains("field 3 is empty"));
    assert!(error(with_line(1, "a,y,a")).contains("column \"a\" twice"));
    assert!(error(with_line(1, "a,b,c")).contains("no target column \"y\"; its columns are [\"a\", \"b\", \"c\"]"));
    assert!(error("y\n1\n2\n").contains("no column beside the target \"y\""));
}

#[test]
fn rows_that_are_wrong_are_refused_by_line_and_column() {
    assert_eq!(error(with_line(4, "1,yes")), "line 4: 2 fields, expected 3 as in the header");
    assert_eq!(error(with_line(5, "1,yes,")), "line 5, column \"b\": empty, expected a number");
    assert_eq!(error(with_line(5, "1, ,2")), "line 5, column \"y\": empty, expected a label");
    assert_eq!(error(with_line(6, "1,yes,n/a")), "line 6, column \"b\": expected a number");
    for value in ["NaN", "inf", "-Infinity", "1e39", "-1e400"] {
        let message = error(with_line(7, &format!("{value},no,1")));
        assert!(message.starts_with("line 7, column \"a\": expected a finite number"), "{message}");
    }
}

#[test]
fn empty_lines_count_as_lines() {
    let message = error(with_line(4, "\r\n\n1,yes,x"));
    assert!(message.starts_with("line 6, column \"b\""), "{message}");
}

#[test]
fn what_is_no_text_is_refused_by_line() {
    let mut bytes = sound().into_bytes();
    bytes.extend_from_slice(b"\xff\n");
    assert!(matches!(Table::from_csv(&bytes, "y"), Err(TableError::NotUtf8 { line: 12 })));
}

#[test]
fn a_long_cell_is_not_repeated_whole() {
    let message = error(with_line(3, &format!("1,yes,{}", "é".repeat(5000))));
    assert!(message.len() < 200, "{message}");
}

#[test]
fn labels_that_cannot_be_learnt_are_refused() {
    assert_eq!(error(sound().replace("yes", "no")), "all rows have the label \"no\"; expected at least two labels");
    assert!(error(with_line(3, "1,maybe,1")).contains("only 1 row has the label \"maybe\""));
    let short = sound().lines().take(10).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(error(short), "the table has 9 rows, expected at least 10");
    let identifiers: String = (0..1001).map(|n| format!("1,{n},2\n")).collect();
    assert!(error(format!("a,y,b\n{identifiers}")).contains("1001 labels"));
}

proptest! {
    #[test]
    fn any_bytes_are_safe_to_read(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = Table::from_csv(&bytes, "y");
    }

    #[test]
    fn any_text_like_a_table_is_safe_to_read(text in "(a,y,b\n)?([0-9a.,\"\r\n -]{0,12}\n){0,20}") {
        let _ = Table::from_csv(text.as_bytes(), "y");
    }

    #[test]
    fn any_finite_values_are_read_as_they_were_written(
        values in prop::collection::vec(
            (prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL | prop::num::f32::ZERO, any::<bool>()),
            6..40,
        ),
    ) {
        // Four rows more, so that each label is there twice.
        let rows: Vec<_> = values.into_iter().chain([(0.0, true), (0.0, true), (0.0, false), (0.0, false)]).collect();
        let csv: String = rows.iter().map(|(value, label)| format!("{value},{label}\n")).collect();
        let table = Table::from_csv(format!("x,y\n{csv}").as_bytes(), "y").unwrap();
        let expected: Vec<u32> = rows.iter().map(|(value, _)| value.to_bits()).collect();
        prop_assert_eq!(table.rows().features().iter().map(|value| value.to_bits()).collect::<Vec<_>>(), expected);
        let classes: Vec<usize> = rows.iter().map(|(_, label)| usize::from(*label)).collect();
        prop_assert_eq!(table.rows().classes(), classes);
    }
}
