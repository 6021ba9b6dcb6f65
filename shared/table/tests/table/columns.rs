//! Tests how the values of columns are read.

use evergreen_lifecycle::ColumnRole;
use evergreen_table::{MISSING, Values};
use proptest::prelude::*;

use super::{error_with, profile, read, read_with, valid, values, with_column};

#[test]
fn numbers_may_be_missing() {
    let table = read(with_column(&["1", "-2.5e3", "", "NA", "NaN", "null"]));
    let Values::Number(numbers) = values(&table, "x") else { panic!("no numbers") };
    assert_eq!(numbers[..2], [1.0, -2500.0]);
    assert!(numbers[2..6].iter().all(|number| number.is_nan()));
    assert_eq!(profile(&table, "x"), ("number".into(), ColumnRole::Feature, "every value is a number".into()));
    let missing = table
        .profile()
        .columns
        .iter()
        .find(|column| column.name == "x")
        .map(|column| (column.missing, column.distinct));
    assert_eq!(missing, Some((12, 2)));
}

#[test]
fn truth_values_and_times_differ_from_texts() {
    let table = read(with_column(&["true", "FALSE", ""]));
    let Values::Boolean(values_) = values(&table, "x") else { panic!("no truth values") };
    assert_eq!((values_[0], values_[1], values_[2].is_nan()), (1.0, 0.0, true));
    let table = read(with_column(&["2000-01-02", "1999-12-31T12:00:00Z", "2000-01-01 18:00:00"]));
    let Values::Timestamp(seconds) = values(&table, "x") else { panic!("no moments") };
    assert_eq!(seconds[..3], [946_771_200.0, 946_641_600.0, 946_749_600.0]);
}

#[test]
fn texts_are_categories_by_sorted_names() {
    let table = read(with_column(&["red", "blue", "", "red", "green"]));
    let Values::Category { codes, names } = values(&table, "x") else { panic!("no category") };
    assert_eq!(names, &["blue", "green", "red"]);
    assert_eq!(codes[..5], [2, 0, MISSING, 2, 1]);
    assert_eq!(profile(&table, "x").2, "texts, 3 different ones");
}

#[test]
fn codes_with_leading_zeros_are_texts() {
    let table = read(with_column(&["01067", "80331", "00100"]));
    assert_eq!(profile(&table, "x").0, "category");
    assert!(profile(&table, "x").2.starts_with("numbers with zeros before them"));
    let forced = read_with(with_column(&["01067", "80331"]), "types.x = \"number\"").unwrap();
    assert_eq!(profile(&forced, "x").2, "dataset.toml says so");
}

#[test]
fn values_of_several_types_are_texts() {
    let table = read(with_column(&["1", "2", "3+"]));
    assert_eq!((profile(&table, "x").0.as_str(), values(&table, "x").kind()), ("category", "category"));
    assert!(profile(&table, "x").2.starts_with("values of several types, 3 different ones"));
}

#[test]
fn types_can_be_set() {
    let table = read_with(with_column(&["1", "0"]), "types.x = \"boolean\"").unwrap();
    assert_eq!(values(&table, "x").kind(), "boolean");
    let table = read_with(with_column(&["1", "2"]), "types.x = \"category\"").unwrap();
    assert_eq!(values(&table, "x").kind(), "category");
    let table = read_with(with_column(&["a", "b"]), "types.x = \"identifier\"").unwrap();
    assert_eq!(profile(&table, "x").1, ColumnRole::Dropped);
    let wrong = |values: &[&str], kind: &str| error_with(with_column(values), &format!("types.x = \"{kind}\""));
    let end = ", because dataset.toml sets this type for the column";
    assert_eq!(wrong(&["1", "x"], "number"), format!("a.csv, line 3, column \"x\": expected a number{end}"));
    assert_eq!(
        wrong(&["1", "0", "2"], "boolean"),
        format!("a.csv, line 4, column \"x\": expected true or false, or 1 or 0{end}")
    );
    assert!(
        wrong(&["2026-01-01", "2"], "timestamp").starts_with("a.csv, line 3, column \"x\": expected a date or time")
    );
}

/// Adds a column `name` to the valid test table. `value` gets the index of a row and returns the text of its cell.
fn with_names(name: &str, value: impl Fn(usize) -> String) -> String {
    let rows: String = valid().lines().skip(1).enumerate().map(|(n, line)| format!("{line},{}\n", value(n))).collect();
    format!("a,y,b,{name}\n{rows}")
}

#[test]
fn identifiers_are_left_out_with_a_warning() {
    let table = read(with_names("name", |n| format!("name {n}")));
    assert_eq!(
        profile(&table, "name"),
        ("identifier".into(), ColumnRole::Dropped, "texts, almost all of them different".into())
    );
    let warning = "column \"name\" is left out: texts, almost all of them different; to use it, write types.\"name\" = \
                   \"category\" into dataset.toml";
    assert_eq!(table.profile().warnings, [warning]);
    assert!(table.frame().column("name").is_none());
    let kept = read_with(with_names("name", |n| format!("name {n}")), "types.\"name\" = \"category\"").unwrap();
    assert!(kept.frame().column("name").is_some() && kept.profile().warnings.is_empty());
}

#[test]
fn texts_of_several_words_are_no_identifiers() {
    let table = read(with_names("review", |n| format!("order {n} came late")));
    let because = "texts of several words, almost all of them different";
    assert_eq!(profile(&table, "review"), ("text".into(), ColumnRole::Feature, because.into()));
    let Values::Text { codes, names } = values(&table, "review") else { panic!("no texts") };
    assert_eq!((names[codes[3] as usize].as_str(), names.len()), ("order 3 came late", codes.len()));
    let codes = read(with_names("code", |n| format!("550e8400-e29b-41d4-{n:04}")));
    assert_eq!(profile(&codes, "code").1, ColumnRole::Dropped);
}

#[test]
fn unique_numbers_with_an_identifier_name_are_left_out() {
    let unique = |n: usize| (n * 7919 % 101).to_string();
    assert_eq!(profile(&read(with_names("customer_id", unique)), "customer_id").1, ColumnRole::Dropped);
    assert_eq!(profile(&read(with_names("humidity", unique)), "humidity").1, ColumnRole::Feature);
    assert_eq!(profile(&read(with_names("shop_id", |n| (n % 5).to_string())), "shop_id").1, ColumnRole::Feature);
    let kept = read_with(with_names("customer_id", unique), "types.customer_id = \"number\"").unwrap();
    assert_eq!(profile(&kept, "customer_id").1, ColumnRole::Feature);
}

#[test]
fn columns_without_information_are_left_out_with_a_warning() {
    let table = read(with_column(&["7"]));
    assert_eq!(table.profile().warnings, ["column \"x\" is left out: it has the same value in every row"]);
    let table = read(with_column(&["", "NA"]));
    assert_eq!(table.profile().warnings, ["column \"x\" is left out: every value is missing"]);
    let table = read(with_column(&["7", "", "7"]));
    assert!(table.profile().warnings.is_empty(), "missing values may carry information");
}

#[test]
fn a_copy_of_the_target_is_kept_with_a_warning() {
    let table = read(with_column(&["0", "1"]));
    let warning = "column \"x\" reveals the target in every row, like a copy of it; if it is not known when a \
                   prediction \
                   is asked for, write drop = [\"x\"] into dataset.toml";
    assert_eq!(table.profile().warnings, [warning]);
    assert!(table.frame().column("x").is_some());
}

#[test]
fn columns_are_left_out_where_the_settings_say_so() {
    let table = read_with(with_column(&["1", "x", "inf"]), "drop = [\"x\", \"gone\"]").unwrap();
    assert_eq!(profile(&table, "x").1, ColumnRole::Dropped);
    assert_eq!(table.profile().warnings, ["dataset.toml: `drop`: the table has no column \"gone\""]);
}

#[test]
fn weights_and_order_are_kept_beside_the_columns() {
    let table = read_with(with_column(&["0", "1.5"]), "weights = \"x\"").unwrap();
    assert_eq!(table.weights().map(|weights| weights[..3].to_vec()), Some(vec![0.0, 1.5, 0.0]));
    assert!(table.frame().column("x").is_none() && profile(&table, "x").1 == ColumnRole::Weights);
    let table = read_with(with_column(&["2026-11-24", "1970-01-01", "2000-01-01"]), "order = \"x\"").unwrap();
    assert_eq!(table.order().map(|order| order[..2].to_vec()), Some(vec![1_795_478_400.0, 0.0]));
    assert!(table.frame().column("x").is_none() && profile(&table, "x").1 == ColumnRole::Order);
}

#[test]
fn the_hash_of_a_group_does_not_depend_on_other_rows() {
    let rows = |count: usize| (0..count).map(|n| format!("{n}.5,{},p{}\n", n % 2, n * 7 % 11)).collect::<String>();
    let read = |count| read_with(format!("x,y,who\n{}", rows(count)), "group = \"who\"").unwrap();
    let (few, many) = (read(30), read(60));
    assert_eq!(few.groups().unwrap(), &many.groups().unwrap()[..30]);
    assert_eq!(few.groups().unwrap().iter().collect::<std::collections::BTreeSet<_>>().len(), 11);
    assert!(few.frame().column("who").is_none() && profile(&few, "who").1 == ColumnRole::Group);
    assert!(few.profile().warnings.is_empty());
    let holes = read_with(format!("x,y,who\n{}1.5,0,\n2.5,1,\n", rows(20)), "group = \"who\"").unwrap();
    assert_eq!(holes.groups().unwrap().iter().collect::<std::collections::BTreeSet<_>>().len(), 13);
    assert!(holes.profile().warnings[0].contains("2 rows have no \"who\""), "{:?}", holes.profile().warnings);
}

proptest! {
    #[test]
    fn any_finite_values_are_read_as_they_were_written(
        values_ in prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL | prop::num::f32::ZERO, 12..40),
    ) {
        prop_assume!(values_.iter().any(|value| *value != values_[0]));
        let rows: String = values_.iter().enumerate().map(|(n, value)| format!("{value},{}\n", ["u", "v", "v"][n % 3])).collect();
        let table = read(format!("x,y\n{rows}"));
        let Values::Number(numbers) = values(&table, "x") else { panic!("no numbers") };
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(numbers), bits(&values_));
    }
}
