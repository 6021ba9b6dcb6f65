//! Tests that a table is refused for training if columns have vanished or changed since the champion (the model version
//! that answers predictions) was trained.

use evergreen_learning::{Prepared, drift};
use evergreen_table::Table;

use super::{read, read_with, with_column};

/// Test helper: checks the table `now` against a champion (model version) that was trained on the table `before`.
fn check(before: &Table, now: &Table) -> Result<Vec<String>, String> {
    // Returns the warnings, or why the table is refused.
    let learnt = Prepared::of(before.clone()).unwrap();
    drift::check(learnt.signature(), &before.dataset("before"), now).map_err(|error| error.to_string())
}

fn champions() -> Table {
    read(with_column(&["1", "2", "3"]))
}

#[test]
fn the_same_columns_are_not_drift() {
    assert_eq!(check(&champions(), &read(with_column(&["4", "5", ""]))), Ok(vec![]));
}

#[test]
fn a_new_column_is_a_warning() {
    let new = check(&read(super::sound()), &champions());
    assert_eq!(new, Ok(vec!["column \"x\" is new since the champion was trained".to_owned()]));
}

#[test]
fn a_missing_column_is_named_with_the_setting_that_accepts_it() {
    let message = "column \"x\": the champion needs the column and the table does not have it; add the column, or write \
                   drop = [\"x\"] into dataset.toml to train without it";
    assert_eq!(check(&champions(), &read(super::sound())), Err(message.to_owned()));
    let accepted = read_with(super::sound(), "drop = [\"x\"]").unwrap();
    assert_eq!(check(&champions(), &accepted), Ok(vec![]));
}

#[test]
fn a_column_with_a_changed_type_is_named_with_the_setting_that_accepts_it() {
    let texts = || with_column(&["low", "middle", "high"]);
    let message = "column \"x\": the type is category and was number when the champion was trained; expected the same \
                   type; correct the values, or write types.\"x\" = \"category\" into dataset.toml to accept it";
    assert_eq!(check(&champions(), &read(texts())), Err(message.to_owned()));
    let accepted = read_with(texts(), "types.\"x\" = \"category\"").unwrap();
    assert_eq!(check(&champions(), &accepted), Ok(vec![]));
}

#[test]
fn a_column_without_information_is_named_with_the_reason() {
    let message = check(&champions(), &read(with_column(&["1"]))).unwrap_err();
    let expected =
        "column \"x\": the champion needs the column and it is now left out (it has the same value in every row)";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn another_target_makes_another_table() {
    let other = read_with(super::sound(), "target = \"b\"").unwrap();
    assert_eq!(check(&champions(), &other), Ok(vec![]));
}

/// Returns the CSV text of a valid table. Its target column repeats the given values.
fn with_target(values: &[&str]) -> String {
    let rows = (0..20).map(|n| format!("{n}.5,{},-{n}e1\n", values[n % values.len()]));
    format!("a,y,b\n{}", rows.collect::<String>())
}

#[test]
fn a_target_for_another_task_is_named_with_the_setting_that_accepts_it() {
    let (labels, numbers) = (|| with_target(&["1", "2"]), || with_target(&["1.5", "2.5", "3"]));
    let message = "column \"y\", the target: the task is regression and was classification when the champion was \
                   trained; expected the same task; correct the values, or write task = \"regression\" into \
                   dataset.toml to accept it";
    assert_eq!(check(&read(labels()), &read(numbers())), Err(message.to_owned()));
    let back = check(&read(numbers()), &read(labels())).unwrap_err();
    assert!(back.ends_with("task = \"classification\" into dataset.toml to accept it"), "{back}");
    for toml in ["task = \"regression\"", "types.y = \"number\""] {
        assert_eq!(check(&read(labels()), &read_with(numbers(), toml).unwrap()), Ok(vec![]), "{toml}");
    }
}

#[test]
fn labels_of_another_kind_are_named_with_how_to_accept_them() {
    let (numbers, texts) = (|| read(with_target(&["1", "2"])), || with_target(&["1", "two"]));
    let message = "column \"y\", the target: the labels are texts and were whole numbers when the champion was trained; \
                   expected the same kind; correct the values, or write types.\"y\" = \"category\" into dataset.toml \
                   to accept it";
    assert_eq!(check(&numbers(), &read(texts())), Err(message.to_owned()));
    let of_the_task = read_with(texts(), "task = \"classification\"").unwrap();
    assert_eq!(check(&numbers(), &of_the_task), Err(message.to_owned()), "the task was not in question");
    let accepted = read_with(texts(), "types.\"y\" = \"category\"").unwrap();
    assert_eq!(check(&numbers(), &accepted), Ok(vec![]));

    let back = check(&read(texts()), &numbers()).unwrap_err();
    assert!(back.contains("the labels are whole numbers and were texts"), "{back}");
    let accepted = read_with(with_target(&["1", "2"]), "types.\"y\" = \"category\"").unwrap();
    assert_eq!(check(&read(texts()), &accepted), Ok(vec![]));
    let truths = check(&numbers(), &read(with_target(&["true", "false"]))).unwrap_err();
    assert!(truths.contains("the labels are truth values and were whole numbers"), "{truths}");
}

#[test]
fn other_labels_of_the_same_type_are_not_drift() {
    assert_eq!(check(&read(with_target(&["1", "2"])), &read(with_target(&["2", "3", "4"]))), Ok(vec![]));
}
