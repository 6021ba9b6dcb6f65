//! Tests of how values of every kind of column are read. The handler's tests cover the errors in numeric rows.

use evergreen_lifecycle::{Column, ColumnKind, DatePart, is_missing};
use proptest::prelude::*;

use super::*;

fn column(name: &str, kind: ColumnKind, nullable: bool) -> Column {
    Column { name: name.to_owned(), kind, nullable }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn columns() -> ColumnIndex {
    let country = ColumnKind::Category { categories: texts(&["1", "de", "true"]), rare: texts(&["li"]) };
    ColumnIndex::new(&[
        column("age", ColumnKind::Number, true),
        column("active", ColumnKind::Boolean, false),
        column("since", ColumnKind::moment(), false),
        column("country", country.clone(), true),
        column("origin", country, false),
    ])
}

/// Returns the JSON of a valid row in which the column `name` has the value `value`.
fn row(name: &str, value: &str) -> String {
    let values =
        [("age", "40"), ("active", "true"), ("since", "\"2000-01-02\""), ("country", "\"de\""), ("origin", "1")];
    let pairs = values.map(|(other, usual)| format!("{other:?}: {}", if other == name { value } else { usual }));
    format!("{{{}}}", pairs.join(", "))
}

fn read(name: &str, value: &str) -> Result<RequestRows, RowFault> {
    parse(&row(name, value), &columns())
}

/// Returns the number by which the model represents `value`, the JSON value of the column `name`.
fn raw(name: &str, value: &str) -> f32 {
    let index = columns().all().iter().position(|column| column.name == name).unwrap();
    read(name, value).unwrap_or_else(|fault| panic!("{name}: {value}: {fault:?}")).values[index]
}

fn refused(name: &str, value: &str) -> JsonKind {
    match read(name, value) {
        Err(RowFault::Unfit { found, .. } | RowFault::Missing { found, .. }) => found,
        other => panic!("{name}: {value}: {other:?}"),
    }
}

#[test]
fn every_kind_of_value_becomes_a_number() {
    assert_eq!(read("", "").unwrap().values, [40.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!((raw("age", "-1.5e1"), raw("active", "false")), (-15.0, 0.0));
    assert!(["\"\"", "\" \"", "\"NA\"", "\"null\""].iter().all(|value| raw("country", value).is_nan()));
    assert_eq!(raw("since", "\"2000-01-02T13:00:00+01:00\""), 1.5);
    assert_eq!((raw("since", "\"2000-01-01 06:00\""), raw("since", "\"1999-12-31\"")), (0.25, -1.0));
}

#[test]
fn a_category_is_a_text_or_a_value_that_a_file_writes_like_one() {
    for (value, index) in
        [("\"1\"", 0.0), ("1", 0.0), ("\"de\"", 1.0), ("\"\\u0064e\"", 1.0), ("\" de\"", 1.0), ("true", 2.0)]
    {
        assert_eq!(raw("country", value), index, "{value}");
    }
    assert_eq!(raw("country", "\"li\""), 4.0, "a rare text has a number of its own");
    for value in ["\"fr\"", "\"DE\"", "false", "-9223372036854775808", "18446744073709551615"] {
        assert_eq!(raw("country", value), 3.0, "{value}");
    }
    for (value, kind) in [
        ("1.0", JsonKind::Fraction),
        ("1e0", JsonKind::Fraction),
        ("18446744073709551616", JsonKind::Fraction),
        ("[\"de\"]", JsonKind::List),
        ("{\"de\": 1}", JsonKind::Object),
    ] {
        assert_eq!(refused("country", value), kind, "{value}");
    }
}

#[test]
fn a_value_of_another_type_is_refused() {
    for (name, value, kind) in [
        ("age", "true", JsonKind::Boolean),
        ("age", "\"forty\"", JsonKind::NoNumber),
        ("age", "\"inf\"", JsonKind::NoNumber),
        ("age", "\"4,5\"", JsonKind::NoNumber),
        ("active", "2", JsonKind::Number),
        ("active", "0.5", JsonKind::Number),
        ("active", "\"yes\"", JsonKind::String),
        ("since", "1000", JsonKind::Number),
        ("since", "10.5", JsonKind::Number),
        ("since", "false", JsonKind::Boolean),
        ("since", "\"yesterday\"", JsonKind::NoMoment),
        ("since", "\"20000102\"", JsonKind::NoMoment),
        ("since", "\"2000-13-01\"", JsonKind::NoMoment),
        ("since", "[]", JsonKind::List),
    ] {
        assert_eq!(refused(name, value), kind, "{name}: {value}");
    }
}

#[test]
fn a_text_is_read_like_a_cell_of_a_file() {
    for (name, value, expected) in [
        ("age", "\"40\"", 40.0),
        ("age", "\" -1.5e1 \"", -15.0),
        ("active", "1", 1.0),
        ("active", "0.0", 0.0),
        ("active", "\"true\"", 1.0),
        ("active", "\"False\"", 0.0),
        ("active", "\"1\"", 1.0),
    ] {
        assert_eq!(raw(name, value), expected, "{name}: {value}");
    }
    assert!(matches!(read("age", "\"1e39\""), Err(RowFault::OutOfRange { .. })));
}

#[test]
fn the_parts_of_a_time_follow_it_and_a_text_has_a_place_for_each_word() {
    let parts = vec![DatePart::Weekday, DatePart::Hour];
    let columns = ColumnIndex::new(&[
        column("at", ColumnKind::Timestamp { parts }, true),
        column("review", ColumnKind::Text { words: texts(&["late", "slow"]) }, true),
        column("age", ColumnKind::Number, false),
    ]);
    let read = |body: &str| parse(body, &columns).unwrap().values;
    assert_eq!(
        read(r#"{"age": 40, "at": "2000-01-03T06:30:00Z", "review": "SLOW, but kind"}"#),
        [2.0 + 6.5 / 24.0, 1.0, 6.5, 0.0, 1.0, 40.0]
    );
    let missing = read(r#"{"age": 40, "at": null, "review": ""}"#);
    assert!(missing[..5].iter().all(|value| value.is_nan()) && missing[5] == 40.0, "{missing:?}");
    let fault = parse(r#"{"at": null, "review": "late"}"#, &columns);
    assert_eq!(fault, Err(RowFault::MissingColumn { row: None, field: 2 }));
}

#[test]
fn a_column_unknown_to_the_model_is_skipped_with_any_content() {
    for value in ["1", "\"x\"", "null", "[[1, {}]]", "{\"age\": 3}"] {
        let rows = read("age", &format!("40, \"id\": {value}")).unwrap();
        assert_eq!((rows.values[0], rows.ignored.names().collect::<Vec<_>>()), (40.0, vec!["id"]), "{value}");
    }
    let many: String = (0..30).map(|n| format!(", \"c{n}\": 1")).collect();
    let rows = [row("age", &format!("1{many}")), row("age", &format!("2{many}"))].join(",");
    assert_eq!(parse(&format!("[{rows}]"), &columns()).unwrap().ignored.names().count(), 20);
}

#[test]
fn null_is_a_missing_value_in_a_nullable_column_and_an_empty_text_is_null() {
    for (name, value) in
        [("age", "null"), ("age", "\"\""), ("age", "\"NaN\""), ("country", "null"), ("country", "\"\"")]
    {
        assert!(raw(name, value).is_nan(), "{name}: {value}");
    }
    for (name, value, kind) in [
        ("active", "null", JsonKind::Null),
        ("since", "null", JsonKind::Null),
        ("since", "\"\"", JsonKind::Empty),
        ("origin", "null", JsonKind::Null),
        ("origin", "\"\"", JsonKind::Empty),
    ] {
        assert_eq!(refused(name, value), kind, "{name}: {value}");
        assert!(matches!(read(name, value), Err(RowFault::Missing { .. })), "{name}: {value}");
    }
}

#[test]
fn an_omitted_column_is_not_a_missing_value_and_a_repeated_missing_value_is_a_repetition() {
    let without = row("", "").replace("\"age\": 40, ", "");
    assert_eq!(parse(&without, &columns()), Err(RowFault::MissingColumn { row: None, field: 0 }));
    let twice = row("age", "null, \"age\": null");
    assert_eq!(parse(&twice, &columns()), Err(RowFault::DuplicateColumn { row: None, field: 0 }));
}

#[test]
fn a_text_never_seen_is_noted_and_a_rare_one_is_not() {
    let rows = [row("country", "\"fr\""), row("origin", "\"li\""), row("origin", "2")].join(",");
    let unseen = parse(&format!("[{rows}]"), &columns()).unwrap().unseen;
    assert_eq!(unseen.first(), [CellPosition { row: 0, field: 3 }, CellPosition { row: 2, field: 4 }]);
    assert_eq!(unseen.more(), 0);
    let many = vec![row("country", "\"fr\""); 33].join(",");
    let unseen = parse(&format!("[{many}]"), &columns()).unwrap().unseen;
    assert_eq!((unseen.first().len(), unseen.more()), (20, 13));
}

proptest! {
    #[test]
    fn any_text_of_a_category_is_read(text in any::<String>()) {
        let value = raw("country", &serde_json::to_string(&text).unwrap());
        prop_assert!(value.is_nan() == is_missing(text.trim()));
        prop_assert!(value.is_nan() || (0.0..=4.0).contains(&value));
    }

    #[test]
    fn whole_numbers_are_categories_by_their_digits(number in any::<i64>()) {
        let categories = vec![number.to_string()];
        let kind = ColumnKind::Category { categories, rare: Vec::new() };
        let columns = ColumnIndex::new(&[column("code", kind, false)]);
        prop_assert_eq!(parse(&format!("{{\"code\": {number}}}"), &columns).unwrap().values, [0.0]);
    }

    #[test]
    fn any_text_is_a_time_or_refused(text in "[0-9]{4}-[0-9TZ:+. -]{0,24}|.*") {
        match read("since", &serde_json::to_string(&text).unwrap()) {
            Ok(rows) => prop_assert!(rows.values.iter().all(|value| value.is_finite())),
            Err(fault) => {
                prop_assert!(matches!(fault, RowFault::Unfit { .. } | RowFault::Missing { .. }), "{:?}", fault)
            }
        }
    }
}

#[test]
fn a_model_with_many_labels_accepts_fewer_rows() {
    let of = |labels| ColumnIndex::new(&[Column::number("x")]).with_labels(labels);
    assert_eq!([0, 3, 100, 300, 1000].map(|labels| of(labels).max_rows()), [1000, 1000, 1000, 333, 100]);
    let rows = |count: usize| format!("[{}]", vec![r#"{"x": 1}"#; count].join(","));
    assert_eq!(parse(&rows(100), &of(1000)).unwrap().count, 100);
    assert_eq!(parse(&rows(101), &of(1000)), Err(RowFault::TooManyRows));
}
