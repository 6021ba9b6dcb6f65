//! Tests of rows that come with feedback: which are kept, and what the answer says about them.

use evergreen_feedback::read;
use evergreen_lifecycle::feedback::{KeptRows, KnownTruth, RowCell};
use serde_json::{Value, json};

use crate::feedback::{fixture, setosa};
use crate::support::Fixture;

fn keeping() -> Fixture {
    let fixture = fixture();
    fixture.memory.state().keeps_feedback = true;
    fixture
}

fn element(unique: u64, actual: &str, length: Value) -> Value {
    json!({"id": setosa(unique), "actual": actual, "row": {"petal length (cm)": length, "note": "ignored"}})
}

/// Returns the kept rows of all files, with the keys of the files.
fn kept(fixture: &Fixture) -> Vec<(String, KeptRows)> {
    let state = fixture.memory.state();
    let files = state.objects.iter().filter(|(key, _)| key.starts_with("feedback/"));
    files.map(|(key, content)| (key.clone(), read(content.clone()).unwrap())).collect()
}

#[tokio::test]
async fn a_row_is_kept_with_its_true_label_in_the_file_of_the_day() {
    let fixture = keeping();
    let elements = json!({"feedback": [element(1, "setosa", json!(1.4)), element(2, "virginica", json!("5.1")),
        {"id": setosa(3), "actual": "setosa"}]});
    let answer = fixture.feed(elements).await.json();
    assert_eq!((&answer["counted"], &answer["rows"]), (&json!(3), &json!({"kept": 2, "not_kept": 0, "why": null})));
    let files = kept(&fixture);
    let [(key, rows)] = files.as_slice() else { panic!("{files:?}") };
    assert!(key.starts_with("feedback/iris/day=2026-11-24/00000002-"), "{key}");
    let truths: Vec<_> = rows.rows.iter().map(|row| (row.truth.clone(), row.cells.clone())).collect();
    let expected = [("setosa", 1.4), ("virginica", 5.1)];
    let expected = expected.map(|(label, length)| (KnownTruth::Label(label.into()), vec![RowCell::Number(length)]));
    assert_eq!(truths, expected);
}

#[tokio::test]
async fn the_row_of_an_id_that_comes_twice_is_kept_once() {
    let fixture = keeping();
    let twice = json!({"feedback": [element(1, "setosa", json!(1.4)), element(1, "setosa", json!(9.9))]});
    assert_eq!(fixture.feed(twice).await.json()["rows"]["kept"], 1);
    let again =
        fixture.feed(json!({"feedback": [element(1, "setosa", json!(9.9)), element(2, "setosa", json!(1.0))]})).await;
    let again = again.json();
    assert_eq!((&again["counted"], &again["repeated"]), (&json!(1), &json!(1)));
    assert_eq!((&again["rows"]["kept"], &again["rows"]["not_kept"]), (&json!(1), &json!(1)));
    assert!(again["rows"]["why"].as_str().unwrap().contains("sent before"), "{again}");
    let rows: Vec<_> = kept(&fixture).into_iter().flat_map(|(_, rows)| rows.rows).collect();
    let mut lengths: Vec<_> = rows.into_iter().map(|row| row.cells).collect();
    lengths.sort_by_key(|cells| format!("{cells:?}"));
    assert_eq!(lengths, [[RowCell::Number(1.0)], [RowCell::Number(1.4)]]);
}

#[tokio::test]
async fn a_stack_that_keeps_no_rows_says_so_and_counts_the_true_value() {
    let fixture = fixture();
    let answer = fixture.feed(element(1, "setosa", json!("not even a number"))).await.json();
    assert_eq!(
        (&answer["counted"], &answer["rows"]["kept"], &answer["rows"]["not_kept"]),
        (&json!(1), &json!(0), &json!(1))
    );
    assert!(answer["rows"]["why"].as_str().unwrap().contains("KeepFeedbackRows=false"), "{answer}");
    assert!(kept(&fixture).is_empty());
}

#[tokio::test]
async fn a_row_that_does_not_fit_is_refused_by_its_column_and_not_counted() {
    let fixture = keeping();
    let elements = json!({"feedback": [element(1, "setosa", json!("secret")), element(2, "setosa", Value::Null),
        {"id": setosa(3), "actual": "setosa", "row": [1.4]}, element(4, "setosa", json!(1.4))]});
    let answer = fixture.feed(elements).await;
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    let answer = answer.json();
    let words = |refused: &Value| format!("{} {}: {}", refused["index"], refused["field"], refused["detail"]);
    let refused: Vec<_> = answer["refused"].as_array().unwrap().iter().map(words).collect();
    insta::assert_snapshot!(refused.join("\n"), @r#"
    0 "row": "Column \"petal length (cm)\" of the row: a text that does not fit."
    1 "row": "Column \"petal length (cm)\" of the row: the value is missing."
    2 "row": "The row is not an object."
    "#);
    assert_eq!((&answer["counted"], &answer["rows"]["kept"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn if_a_row_cannot_be_stored_nothing_is_counted_and_the_request_can_be_repeated() {
    let fixture = keeping();
    fixture.memory.state().away.insert("feedback_rows".into());
    let elements = json!({"feedback": [element(1, "setosa", json!(1.4))]});
    assert_eq!(fixture.feed(elements.clone()).await.problem().0, 503);
    assert!(fixture.memory.state().counted_ids.is_empty());
    fixture.memory.state().away.clear();
    // The rows are stored, and the answer to the counting is lost.
    fixture.memory.state().unheard.insert("count_feedback", 1);
    assert_eq!(fixture.feed(elements.clone()).await.problem().0, 503);
    assert_eq!(fixture.feed(elements).await.json()["rows"]["kept"], 0);
    assert_eq!(kept(&fixture).iter().map(|(_, rows)| rows.rows.len()).sum::<usize>(), 1);
}
