//! A table whose columns vanish or change is not taken for the champion's.

use evergreen_learning::{Table, drift, encode};

use super::{read, read_with, with_column};

/// What the check says of `now` when the champion was trained on `before`.
fn check(before: &Table, now: &Table) -> Result<Vec<String>, String> {
    let (signature, _) = encode::fit(before.frame(), before.target(), &before.split().training).unwrap();
    drift::check(&signature, &before.dataset("before"), now).map_err(|error| error.to_string())
}

fn champions() -> Table {
    read(with_column(&["1", "2", "3"]))
}

#[test]
fn the_same_columns_are_no_drift() {
    assert_eq!(check(&champions(), &read(with_column(&["4", "5", ""]))), Ok(vec![]));
}

#[test]
fn a_new_column_is_a_warning() {
    let new = check(&read(super::sound()), &champions());
    assert_eq!(new, Ok(vec!["column \"x\" is new since the champion was trained".to_owned()]));
}

#[test]
fn a_column_that_vanished_is_named_with_how_to_accept_it() {
    let message = "column \"x\" is gone since the champion was trained; expected it, or, to do without it, drop = [\"x\"] in \
                   dataset.toml";
    assert_eq!(check(&champions(), &read(super::sound())), Err(message.to_owned()));
    let accepted = read_with(super::sound(), "drop = [\"x\"]").unwrap();
    assert_eq!(check(&champions(), &accepted), Ok(vec![]));
}

#[test]
fn a_column_that_changed_its_type_is_named_with_how_to_accept_it() {
    let texts = || with_column(&["low", "middle", "high"]);
    let message = "column \"x\" is a category now and was a number when the champion was trained; expected the same, or, to \
                   accept it, types.\"x\" = \"category\" in dataset.toml";
    assert_eq!(check(&champions(), &read(texts())), Err(message.to_owned()));
    let accepted = read_with(texts(), "types.\"x\" = \"category\"").unwrap();
    assert_eq!(check(&champions(), &accepted), Ok(vec![]));
}

#[test]
fn a_column_that_says_nothing_any_more_is_named_with_the_reason() {
    let message = check(&champions(), &read(with_column(&["1"]))).unwrap_err();
    let expected = "column \"x\", which the champion takes, is left out now (it has the same value in every row)";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn another_target_makes_another_table() {
    let other = read_with(super::sound(), "target = \"b\"").unwrap();
    assert_eq!(check(&champions(), &other), Ok(vec![]));
}
