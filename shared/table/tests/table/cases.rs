//! Tests tables as users have them. Each test has a table with one peculiarity.

use evergreen_lifecycle::{ColumnRole, Label, Task};
use evergreen_table::{DataFile, DatasetSettings, Table, TableError};

use super::MEMORY;

macro_rules! case {
    ($name:literal) => {
        DataFile { name: $name.to_owned(), content: include_bytes!(concat!("../cases/", $name)).to_vec() }
    };
}

fn read_with(file: DataFile, target: &str, toml: &str) -> Result<Table, TableError> {
    Table::read(vec![file], DatasetSettings::parse(toml).unwrap(), target, MEMORY)
}

fn read(file: DataFile) -> Table {
    read_with(file, "churned", "").unwrap()
}

/// Returns the type of a column, the reason for this type, and the number of missing values.
fn column<'a>(table: &'a Table, name: &str) -> (&'a str, &'a str, usize) {
    let column = table.profile().columns.iter().find(|column| column.name == name).unwrap();
    (&column.kind, &column.because, column.missing)
}

fn role(table: &Table, name: &str) -> ColumnRole {
    table.profile().columns.iter().find(|column| column.name == name).unwrap().role
}

fn read_as(table: &Table) -> &str {
    &table.profile().files[0].read_as
}

fn warns(table: &Table, words: &str) {
    let warnings = &table.profile().warnings;
    assert!(warnings.iter().any(|warning| warning.contains(words)), "{words}: {warnings:?}");
}

fn is_number(table: &Table, name: &str, because: &str) {
    assert_eq!((column(table, name).0, column(table, name).1), ("number", because));
}

#[test]
fn separators_are_detected() {
    for (file, said) in [
        (case!("semicolon.csv"), "`;` between fields"),
        (case!("semicolon-decimal-comma.csv"), "`;` between fields, decimal commas"),
        (case!("sep-line.csv"), "`;` between fields"),
        (case!("table.tsv"), "tabs between fields"),
    ] {
        let name = file.name.clone();
        let table = read(file);
        assert_eq!((table.rows(), table.frame().columns().len(), read_as(&table)), (200, 3, said), "{name}");
        assert_eq!((column(&table, "age").0, column(&table, "fee").0), ("number", "number"), "{name}");
    }
}

#[test]
fn the_settings_for_csv_come_first() {
    let wrong = read_with(case!("semicolon.csv"), "churned", "csv.separator = \",\"").unwrap_err().to_string();
    assert!(wrong.contains("target column"), "{wrong}");
    let points = read_with(case!("semicolon-decimal-comma.csv"), "churned", "csv.decimal = \".\"").unwrap_err();
    assert!(points.to_string().contains("column \"fee\": expected a number"), "{points}");
    let utf8 = read_with(case!("windows1252.csv"), "churned", "csv.encoding = \"utf-8\"").unwrap_err().to_string();
    assert!(utf8.contains("not UTF-8"), "{utf8}");
}

#[test]
fn encodings_are_detected() {
    for (file, said) in [(case!("utf16.csv"), "UTF-16LE"), (case!("windows1252.csv"), "windows-1252")] {
        let table = read(file);
        assert_eq!((read_as(&table), table.rows()), (said, 200));
    }
}

#[test]
fn json_lines_and_archives_are_read() {
    for (file, said) in [
        (case!("lines.jsonl"), "JSON lines"),
        (case!("table.zip"), "from a ZIP archive"),
        (case!("really-zip.csv"), "from a ZIP archive"),
    ] {
        let name = file.name.clone();
        let table = read(file);
        assert_eq!((read_as(&table), table.rows(), table.frame().columns().len()), (said, 200, 3), "{name}");
    }
}

#[test]
fn an_index_column_is_left_out() {
    for (file, name) in [
        (case!("index-unnamed.csv"), "Unnamed: 0"),
        (case!("rownames.csv"), "rownames"),
        (case!("filtered-index.parquet"), "__index_level_0__"),
    ] {
        let table = read(file);
        assert_eq!(role(&table, name), ColumnRole::Dropped, "{name}");
        assert!(table.frame().column(name).is_none(), "{name}");
        warns(&table, &format!("column {name:?} is left out"));
    }
}

#[test]
fn a_running_number_is_an_index_in_any_position() {
    let rows: String = (0..30).map(|n| format!("{},{n},{}\n", n * 7 % 13, n % 2)).collect();
    let table = read(DataFile { name: "a.csv".into(), content: format!("x,count,churned\n{rows}").into_bytes() });
    assert_eq!(role(&table, "count"), ColumnRole::Dropped);
    warns(&table, "column \"count\" is left out: it counts the rows");
}

#[test]
fn two_columns_of_one_name_are_refused_with_both_places() {
    let message = read_with(case!("dup-header.csv"), "churned", "").unwrap_err().to_string();
    assert_eq!(message, "dup-header.csv: columns 1 and 2 have the same name; expected different names");
}

#[test]
fn empty_columns_at_the_edge_are_left_out() {
    let table = read(case!("excel-trailing-commas.csv"));
    assert_eq!(table.frame().columns().len(), 3);
    warns(&table, "column \"Unnamed: 4\" is left out: every value is missing");
}

#[test]
fn rows_without_a_label_are_left_out_or_end_the_run() {
    let table = read(case!("target-missing.csv"));
    assert_eq!((table.rows(), column(&table, "churned").2), (196, 4));
    warns(&table, "4 rows are left out: the target has no value there");
    let strict = read_with(case!("target-missing.csv"), "churned", "strict = [\"no_target\"]").unwrap_err().to_string();
    assert!(strict.starts_with("target-missing.csv, line ") && strict.contains("the target has no value"), "{strict}");
}

#[test]
fn a_label_of_one_row_is_left_out() {
    let table = read(case!("rare-class.csv"));
    assert_eq!((table.rows(), table.target().labels().len()), (199, 2));
    warns(&table, "1 row is left out: no other row has its label");
    let strict = read_with(case!("rare-class.csv"), "churned", "strict = true").unwrap_err().to_string();
    assert!(strict.starts_with("rare-class.csv, line 2: no other row has the label"), "{strict}");
}

#[test]
fn labels_that_differ_in_a_dot_give_a_warning() {
    let table = read_with(case!("adult-labels.csv"), "income", "").unwrap();
    warns(&table, "labels differ from others in case, blanks or a final dot only");
    let beside = read_with(case!("adult-labels.csv"), "churned", "").unwrap();
    warns(&beside, "column \"income\": 2 of its 4 categories differ from others in case, blanks or a final dot only");
}

#[test]
fn labels_that_look_like_counts_give_a_warning() {
    let table = read_with(case!("count-target.csv"), "visits", "").unwrap();
    assert_eq!(table.task(), Task::Classification);
    warns(&table, "different whole numbers look like counts");
    warns(&table, "task = \"regression\"");
    let said = read_with(case!("count-target.csv"), "visits", "task = \"classification\"").unwrap();
    assert!(!said.profile().warnings.iter().any(|warning| warning.contains("look like counts")));
}

#[test]
fn the_usual_marks_are_missing_values_among_numbers() {
    for (file, missing) in [
        (case!("question-mark-5pct.csv"), 10),
        (case!("question-mark-30pct.csv"), 60),
        (case!("none.csv"), 60),
        (case!("excel-NA.csv"), 60),
    ] {
        let name = file.name.clone();
        let table = read(file);
        let (kind, because, found) = column(&table, "age");
        assert_eq!((kind, found), ("number", missing), "{name}");
        assert!(because.contains(&format!("{missing} marks such as `?` or `#N/A` count as missing")), "{because}");
    }
    assert_eq!(column(&read(case!("nan.csv")), "age").0, "number");
}

#[test]
fn the_settings_list_what_is_missing() {
    let table = read(case!("sentinel-999.csv"));
    warns(&table, "values are -999, far from all others");
    let mended = read_with(case!("sentinel-999.csv"), "churned", "missing = [-999]").unwrap();
    assert!(column(&mended, "age").2 > 0 && mended.profile().warnings.is_empty(), "{:?}", mended.profile().warnings);
    let others = read_with(case!("question-mark-30pct.csv"), "churned", "missing = [\"-\"]").unwrap();
    warns(&others, "all are read as texts");
}

#[test]
fn infinities_are_missing_values_with_a_warning() {
    let table = read(case!("inf.csv"));
    assert!(column(&table, "ratio").0 == "number" && column(&table, "ratio").2 > 0);
    warns(&table, "are infinite, or beyond single precision, and count as missing");
}

#[test]
fn numbers_are_read_as_people_write_them() {
    is_number(&read(case!("thousands.csv")), "fee", "every value is a number, with marks between thousands");
    is_number(&read(case!("currency.csv")), "fee", "every value is a number, with a currency");
    is_number(&read(case!("percent.csv")), "fee", "every value is a number, with percent signs (12.5% is 12.5)");
    is_number(&read(case!("decimal-comma.csv")), "fee", "every value is a number, read with decimal commas");
}

#[test]
fn dates_are_read_in_usual_formats() {
    let is_date = |file: DataFile, name: &str, because: &str| {
        let table = read(file);
        assert_eq!((column(&table, name).0, column(&table, name).1), ("timestamp", because));
    };
    is_date(case!("date-eu.csv"), "signed", "every value is a date or time, read with the day first");
    is_date(case!("date-us.csv"), "signed", "every value is a date or time, read with the month first");
    is_date(case!("date-slashes-iso.csv"), "month", "every value is a date or time");
    is_date(case!("date-bigquery-utc.csv"), "signed", "every value is a date or time");
    is_date(case!("time-of-day.csv"), "signed", "every value is a time of day");
    let open = read_with(case!("date-9999-12-31-open-ended.csv"), "y", "").unwrap();
    assert_eq!(column(&open, "valid_until").0, "timestamp");
}

#[test]
fn a_column_with_ambiguous_day_and_month_gives_a_warning() {
    let rows: String = (0..24).map(|n| format!("{:02}/{:02}/2024,{}\n", 1 + n % 12, 1 + n * 5 % 12, n % 2)).collect();
    let file = || DataFile { name: "a.csv".into(), content: format!("day,churned\n{rows}").into_bytes() };
    warns(&read(file()), "column \"day\": day and month cannot be distinguished");
    let said = read_with(file(), "churned", "csv.dates = \"month_first\"").unwrap();
    assert!(said.profile().warnings.is_empty(), "{:?}", said.profile().warnings);
    assert_eq!(column(&said, "day").1, "every value is a date or time, read with the month first");
}

#[test]
fn dates_of_both_orders_are_refused_and_never_a_category() {
    let rows: String = (0..24).map(|n| format!("{},{}\n", ["25/12/2024", "12/25/2024"][n % 2], n % 2)).collect();
    let file = DataFile { name: "a.csv".into(), content: format!("day,churned\n{rows}").into_bytes() };
    let message = read_with(file, "churned", "").unwrap_err().to_string();
    assert_eq!(message, "a.csv, line 3, column \"day\": expected a date with the day first, as in other rows");
}

#[test]
fn long_account_numbers_are_identifiers() {
    let table = read(case!("bigint-id.csv"));
    assert_eq!((column(&table, "account").0, role(&table, "account")), ("identifier", ColumnRole::Dropped));
}

#[test]
fn numbers_that_are_equal_in_single_precision_give_a_warning() {
    let table = read_with(case!("f32-collapse.csv"), "y", "").unwrap();
    warns(&table, "column \"a\": 1 of its different numbers are too close to others for single precision");
}

#[test]
fn one_unreadable_column_does_not_hide_the_others() {
    let file = case!("types.parquet");
    let table = read(file);
    let left_out = table.profile().warnings.iter().filter(|warning| warning.contains("its values are of the type"));
    assert!(left_out.count() > 0 && table.frame().columns().len() > 1, "{:?}", table.profile());
}

#[test]
fn stray_rows_are_left_out() {
    let rows: String = (0..30).map(|n| format!("{};{}\n", n % 7, ["no", "yes"][n % 2])).collect();
    let text = format!("x;churned\n{rows}x;churned\n;\n3;no\nTotal;99\n");
    let file = || DataFile { name: "a.csv".into(), content: text.clone().into_bytes() };
    let table = read(file());
    assert_eq!(table.rows(), 31);
    warns(&table, "1 row is left out: it repeats the header");
    warns(&table, "1 row is left out: no cell has a value");
    warns(&table, "1 row is left out: it holds the totals of the others");
    let error = |strict: &str| read_with(file(), "churned", strict).unwrap_err().to_string();
    assert!(
        error("strict = [\"total\"]").starts_with("a.csv, line 35: the row holds totals"),
        "{}",
        error("strict = [\"total\"]")
    );
    assert!(error("strict = [\"empty\"]").starts_with("a.csv, line 33: the row is empty"));
    assert!(error("strict = [\"repeated_header\"]").starts_with("a.csv, line 32: the row repeats the header"));
}

#[test]
fn an_unreadable_file_gets_a_description_and_advice() {
    let message = |name: &str, content: &[u8]| {
        let file = DataFile { name: name.to_owned(), content: content.to_vec() };
        read_with(file, "churned", "").unwrap_err().to_string()
    };
    assert_eq!(
        message("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1"),
        "a.csv: this is a workbook of Excel 97 to 2003 (.xls); save it as .xlsx or CSV"
    );
    assert!(message("a.csv", b"<!DOCTYPE html><html>").contains("an HTML page"));
    assert!(message("a.csv", b"SQLite format 3\0").contains("an SQLite database; export one of its tables as CSV"));
    assert!(message("a.parquet", b"a,b\n1,2\n").ends_with("if it is CSV, give it a name that ends in .csv"));
    assert!(message("a.jsonl", b"{\"a\":1}\n{\"a\"\n").starts_with("a.jsonl, line 2: not a JSON object"));
}

#[test]
fn a_german_export_is_read_without_settings() {
    let row = |n: usize| {
        let target = if n % 15 == 7 { "" } else { ["ja", "nein"][n % 2] };
        format!(
            "{};{:02}.{:02}.2024;1.{:03},5{} €;{target}\r\n",
            n + 1,
            1 + n * 7 % 28,
            1 + n % 12,
            n * 37 % 1000,
            n % 10
        )
    };
    let text = format!(";Datum;Umsatz;Gekündigt\r\n{}Summe;;99.999,00 €;\r\n", (0..60).map(row).collect::<String>());
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    let file = DataFile { name: "export.csv".into(), content: bytes.into_owned() };
    let table = read_with(file, "Gekündigt", "").unwrap();
    assert_eq!(read_as(&table), "windows-1252, `;` between fields, decimal commas");
    assert_eq!((table.rows(), table.target().labels()), (56, &[Label::from("ja"), Label::from("nein")][..]));
    assert_eq!(column(&table, "Datum").1, "every value is a date or time, read with the day first");
    let because = "every value is a number, read with decimal commas, with marks between thousands, with a currency";
    is_number(&table, "Umsatz", because);
    assert_eq!(role(&table, "Unnamed: 0"), ColumnRole::Dropped);
}

#[test]
fn a_workbook_is_read_from_its_header_on() {
    let table = read_with(case!("workbook.xlsx"), "Gekündigt", "").unwrap();
    assert_eq!(
        (read_as(&table), table.rows()),
        ("an Excel workbook, the first of 2 sheets that has values, and no other", 39)
    );
    assert_eq!((column(&table, "Beginn").0, column(&table, "Umsatz").0), ("timestamp", "number"));
    assert_eq!(role(&table, "Kunde"), ColumnRole::Dropped);
    let strict = read_with(case!("workbook.xlsx"), "Gekündigt", "strict = [\"no_target\"]").unwrap_err().to_string();
    assert_eq!(strict, "workbook.xlsx, row 9: the target has no value; dataset.toml makes this an error (`strict`)");
}
