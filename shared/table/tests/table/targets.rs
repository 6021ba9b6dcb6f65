//! Tests the target and the fingerprint of a table.

use evergreen_lifecycle::{Label, Task};
use evergreen_table::{Target, iris};

use super::{profile, read, read_with, valid, with_line};

fn labels(values: &[&str]) -> Vec<Label> {
    read(with_target(values)).target().labels().to_vec()
}

fn with_target(values: &[&str]) -> String {
    let rows: String = (0..60).map(|n| format!("{}.5,{}\n", n % 9, values[n % values.len()])).collect();
    format!("x,y\n{rows}")
}

#[test]
fn labels_have_types() {
    assert_eq!(labels(&["yes", "no"]), ["no", "yes"].map(Label::from));
    assert_eq!(labels(&["true", "False"]), [false, true].map(Label::Boolean));
    assert_eq!(labels(&["10", "9", "-1"]), [-1, 9, 10].map(Label::Integer));
    assert_eq!(labels(&["2026-01-01", "2026-01-02"]), ["2026-01-01", "2026-01-02"].map(Label::from));
}

#[test]
fn a_class_is_an_index_into_the_labels() {
    let Target::Classes { classes, .. } = read(valid()).target().clone() else { panic!("no classes") };
    assert_eq!(classes[..4], [0, 1, 0, 1]);
}

#[test]
fn the_positive_label_comes_last() {
    let table = read_with(valid(), "positive = \"no\"").unwrap();
    assert_eq!(table.target().labels(), ["yes", "no"].map(Label::from));
    let Target::Classes { classes, .. } = table.target() else { panic!("no classes") };
    assert_eq!(classes[..2], [1, 0]);
}

#[test]
fn the_task_follows_from_the_target() {
    let few: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    let task = |values: &[String]| read(with_target(&values.iter().map(String::as_str).collect::<Vec<_>>())).task();
    assert_eq!(task(&few), Task::Classification);
    assert_eq!(task(&many), Task::Regression);
    assert_eq!(task(&["1".into(), "1.5".into()]), Task::Regression);
    let year: Vec<String> = (2015..2026).map(|n| n.to_string()).collect();
    assert_eq!(task(&year), Task::Classification);
    let rows: String = (0..12).map(|n| format!("{}.5,{}\n", n % 9, 2015 + n)).collect();
    assert_eq!(read(format!("x,y\n{rows}")).task(), Task::Regression, "one row of each");
    let table = read(with_target(&["1", "1.5"]));
    assert_eq!(profile(&table, "y").2, "regression: numbers that are not whole");
    assert!(matches!(table.target(), Target::Numbers(numbers) if numbers[..2] == [1.0, 1.5]));
}

#[test]
fn the_task_can_be_set() {
    let as_classes = read_with(with_target(&["1", "1.5"]), "task = \"classification\"").unwrap();
    assert_eq!(as_classes.target().labels(), ["1", "1.5"].map(Label::from));
    let as_numbers = read_with(with_target(&["1", "2"]), "task = \"regression\"").unwrap();
    assert_eq!(as_numbers.task(), Task::Regression);
    assert_eq!(profile(&as_numbers, "y").2, "regression: dataset.toml says so");
}

#[test]
fn the_settings_name_the_target_before_all_others() {
    let table = read_with(valid(), "target = \"b\"").unwrap();
    assert_eq!((table.target_name(), table.task()), ("b", Task::Regression));
}

#[test]
fn a_fingerprint_does_not_depend_on_the_format_of_a_table() {
    let spaced = valid().replace(',', " , ").replace('\n', "\r\n\r\n").replace(" yes ", "\"yes\"");
    let spelt = read(format!("\u{feff}{spaced}").replace("\n3.5", "\n+3.50000000000000000001"));
    let table = read(valid());
    assert_eq!((spelt.frame(), spelt.target()), (table.frame(), table.target()));
    assert_eq!(spelt.fingerprint(), table.fingerprint());
}

#[test]
fn every_part_of_a_table_is_in_its_fingerprint() {
    let known = read(valid()).fingerprint().to_owned();
    assert_eq!(known.len(), 64);
    for changed in [
        valid().replace("3.5", "3.6"),
        valid().replace("a,", "c,"),
        valid().replace("yes", "yep"),
        with_line(2, "1.5,yes,-1e1").replace("1.5,no", "0.5,no"),
    ] {
        assert_ne!(read(changed).fingerprint(), known);
    }
    for toml in ["drop = [\"a\"]", "weights = \"a\"", "target = \"b\"", "positive = \"no\""] {
        assert_ne!(read_with(valid(), toml).unwrap().fingerprint(), known, "{toml}");
    }
}

#[test]
fn a_dataset_names_its_source() {
    let dataset = iris().unwrap().dataset("built-in");
    assert_eq!((dataset.source.as_str(), dataset.rows, dataset.target.as_str()), ("built-in", 150, "variety"));
    assert_eq!((dataset.columns.len(), dataset.task), (4, Task::Classification));
    assert_eq!(dataset.fingerprint, iris().unwrap().fingerprint());
}

#[test]
fn a_recorded_data_set_names_a_limited_number_of_columns() {
    let header: String = (0..300).map(|n| format!("x{n},")).collect();
    let rows: String = (0..20).map(|n| format!("{}{}\n", format!("{},", 3 * n).repeat(300), n % 2)).collect();
    let columns = read(format!("{header}y\n{rows}")).dataset("here").columns;
    // At most 200 column names are stored: the first ones in alphabetical order, so they do not depend on the order of
    // the columns.
    assert_eq!((columns.len(), columns.last().map(String::as_str)), (200, Some("x278")));
}
