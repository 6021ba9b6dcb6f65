//! Tests of predictions for rows with every kind of column, and of regression models.

use evergreen_lifecycle::{Evaluation, IntervalEvaluation, RegressionEvaluation, Version};
use evergreen_testkit::{moment, version};
use serde_json::{Value, json};

use crate::models::{estimate, subscribers};
use crate::support::{Fixture, FunctionAnswer};

/// Returns the JSON row of a subscriber who complained. The column `name` has the value `value`.
fn subscriber(name: &str, value: Value) -> Value {
    let mut row = json!({"age": 40, "complained": true, "since": "2019-03-01", "country": "de"});
    if !name.is_empty() {
        row[name] = value;
    }
    row
}

async fn answered(body: Value) -> FunctionAnswer {
    Fixture::serving_as(&subscribers()).await.predict(body.to_string()).await
}

fn regression() -> Version {
    let interval = IntervalEvaluation { level: 0.9, coverage: 0.93, width: 1.0, by_fifth: None };
    let figures = RegressionEvaluation {
        rows: 30,
        rmse: 0.4,
        mae: 0.3,
        median_absolute_error: 0.2,
        r2: 0.8,
        mape: None,
        rmsle: None,
        pinball: None,
        interval,
    };
    let evaluation = Evaluation::Regression(figures);
    Version { evaluation, training_score: 0.85, ..version(1, 0.9667, moment("2026-11-24T03:00:04Z")) }
}

#[tokio::test]
async fn labels_are_answered_as_they_are_in_the_table() {
    let rows = json!([subscriber("", Value::Null), subscriber("complained", false.into())]);
    insta::assert_snapshot!(answered(rows).await.without_ids(), @r#"{"prediction":[1,0],"labels":[true,false],"probabilities":[[0.0,1.0],[1.0,0.0]],"classes":[false,true],"model":{"name":"iris","version":1}}"#);
}

#[tokio::test]
async fn a_missing_value_is_accepted_in_a_nullable_column() {
    let mut row = subscriber("age", Value::Null);
    row["complained"] = false.into();
    let answer = answered(row).await.json();
    assert_eq!((&answer["probabilities"], answer.get("warnings")), (&json!([[0.25, 0.75]]), None));
    assert_eq!(answered(subscriber("country", Value::Null)).await.status, 200);
}

#[tokio::test]
async fn an_unseen_category_is_answered_with_a_warning_that_does_not_repeat_it() {
    let rows = json!([
        subscriber("country", "li".into()),
        subscriber("country", "Atlantis".into()),
        subscriber("country", 40961.into())
    ]);
    let response = answered(rows).await;
    insta::assert_snapshot!(response.without_ids(), @r#"{"prediction":[1,1,1],"labels":[true,true,true],"probabilities":[[0.0,1.0],[0.0,1.0],[0.0,1.0]],"classes":[false,true],"warnings":[{"row":1,"field":"country","message":"This category of \"country\" was not in the training data; the model treats it as a rare category."},{"row":2,"field":"country","message":"This category of \"country\" was not in the training data; the model treats it as a rare category."}],"model":{"name":"iris","version":1}}"#);
    assert!(!response.body.contains("Atlantis") && !response.body.contains("40961"), "{}", response.body);
}

#[tokio::test]
async fn warnings_are_counted_beyond_the_first_twenty() {
    let answer = answered(json!(vec![subscriber("country", "Atlantis".into()); 1000])).await.json();
    assert_eq!(answer["warnings"].as_array().map(Vec::len), Some(20));
    assert_eq!((&answer["warnings"][19]["row"], &answer["more_warnings"]), (&json!(19), &json!(980)));
}

#[tokio::test]
async fn a_value_that_does_not_fit_its_column_is_named_with_the_expected_type() {
    let mut problems = Vec::new();
    for (name, value) in [
        ("age", json!("forty")),
        ("age", json!(1e300)),
        ("complained", json!(2)),
        ("complained", Value::Null),
        ("since", json!("yesterday")),
        ("since", json!("")),
        ("country", json!(1.5)),
        ("country", json!(["de"])),
    ] {
        let response = answered(subscriber(name, value)).await;
        let body = response.json();
        assert_eq!((response.status, &body["field"]), (400, &json!(name)));
        let texts = ["type", "detail", "expected"].map(|member| body[member].as_str().unwrap().to_owned());
        problems.push(texts.join("\n  "));
    }
    insta::assert_snapshot!(problems.join("\n"), @r#"
    urn:evergreen:problem:not-a-number
      Column "age" is a string that is not a number.
      a JSON number that fits a 32-bit float, or a text that spells one; NaN and Infinity are not allowed; or null, if the value is missing
    urn:evergreen:problem:out-of-range
      Column "age" does not fit a 32-bit float.
      a JSON number that fits a 32-bit float, or a text that spells one; NaN and Infinity are not allowed; or null, if the value is missing
    urn:evergreen:problem:not-a-boolean
      Column "complained" is a number.
      true or false, 1 or 0, or one of these as text
    urn:evergreen:problem:not-a-boolean
      Column "complained" is null, but the training data had no missing values in it.
      true or false, 1 or 0, or one of these as text
    urn:evergreen:problem:not-a-timestamp
      Column "since" is a string that is not a date or time.
      a date or time as text, such as 2026-11-24, 2026-11-24T10:00:00Z or 2026-11-24T10:00:00+01:00, in UTC if it names no offset
    urn:evergreen:problem:not-a-timestamp
      Column "since" is empty, or a word for a missing value, but the training data had no missing values in it.
      a date or time as text, such as 2026-11-24, 2026-11-24T10:00:00Z or 2026-11-24T10:00:00+01:00, in UTC if it names no offset
    urn:evergreen:problem:not-a-category
      Column "country" is a number that is not a 64-bit integer.
      a string; a whole number or a boolean is read as its text; or null, if the value is missing
    urn:evergreen:problem:not-a-category
      Column "country" is a list.
      a string; a whole number or a boolean is read as its text; or null, if the value is missing
    "#);
}

#[tokio::test]
async fn an_omitted_column_is_refused_even_if_it_is_nullable() {
    let mut row = subscriber("", Value::Null);
    row.as_object_mut().unwrap().remove("age");
    let body = answered(row).await.json();
    assert_eq!(body["type"], "urn:evergreen:problem:missing-column");
    assert_eq!(body["detail"], "Column \"age\" is missing; send a missing value as null.");
}

#[tokio::test]
async fn a_regression_answers_with_intervals() {
    let fixture = Fixture::empty();
    fixture.promote_version(regression(), &estimate(Some(0.5)));
    insta::assert_snapshot!(fixture.predict(r#"[{"x": 0}, {"x": 1}]"#).await.without_ids(), @r#"{"prediction":[1.0,2.5],"intervals":[[0.5,1.5],[2.0,3.0]],"interval_level":0.9,"model":{"name":"iris","version":1}}"#);
}

#[tokio::test]
async fn a_regression_without_intervals_answers_without_them() {
    let fixture = Fixture::empty();
    fixture.promote_version(regression(), &estimate(None));
    insta::assert_snapshot!(fixture.predict(r#"{"x": 1}"#).await.without_ids(), @r#"{"prediction":[2.5],"model":{"name":"iris","version":1}}"#);
}

#[tokio::test]
async fn a_regression_model_is_shown_with_its_metrics() {
    let fixture = Fixture::empty();
    fixture.promote_version(regression(), &estimate(Some(0.5)));
    let body = fixture.get("/model").await.json();
    assert_eq!(body["signature"]["task"], "regression");
    assert_eq!((&body["metrics"]["training_r2"], &body["metrics"]["r2"]), (&json!(0.85), &json!(0.8)));
    assert_eq!(body["metrics"]["interval"]["coverage"], 0.93);
    assert_eq!(body["metrics"].get("training_accuracy"), None);
}

#[tokio::test]
async fn the_schema_names_every_column_with_its_type() {
    let body = Fixture::serving_as(&subscribers()).await.get("/model").await.json();
    assert_eq!(body["row_schema"]["required"], json!(["age", "complained", "since", "country"]));
    assert_eq!(body["row_schema"]["properties"]["country"]["type"], json!(["string", "null"]));
    assert_eq!(body["signature"]["columns"][3]["rare"], json!(["li"]));
}
