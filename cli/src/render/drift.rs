//! What `GET /drift` answers: how served rows compare with the training data, and what the stack did about it.

use serde_json::{Value, json};

use super::scalar::at;
use super::table::{TableColumn, table};

/// Returns the comparisons as sentences, the columns that differ as a table, the skew check, and the reactions.
pub fn drift(answer: &Value) -> String {
    let comparisons = list(answer, "comparisons");
    let mut lines: Vec<String> = comparisons.iter().map(|one| text(one, "sentence")).collect();
    if lines.is_empty() {
        lines.push("Nothing was compared yet: the champion has served no rows in a complete hour.".to_owned());
    }
    let rows: Vec<Value> = comparisons.iter().flat_map(differing).collect();
    if !rows.is_empty() {
        let columns = [
            TableColumn::of("PERIOD", "period"),
            TableColumn::of("COLUMN", "name"),
            TableColumn::of("PSI", "psi"),
            TableColumn::of("RESULT", "result"),
            TableColumn::of("IN WORDS", "sentence"),
        ];
        lines.extend([String::new(), table(&rows, &columns, ""), String::new()]);
    }
    lines.push(match at(answer, "skew") {
        Value::Null => "Answers in training and now: not compared yet.".to_owned(),
        skew => format!("Answers in training and now: {}", text(skew, "sentence")),
    });
    let reactions: Vec<String> = list(answer, "reactions").iter().map(|one| text(one, "sentence")).collect();
    if reactions.is_empty() {
        lines.push("The stack has done nothing by itself.".to_owned());
    }
    lines.extend(reactions);
    lines.join("\n")
}

/// Returns the columns of a comparison that are beyond noise, those that have drifted first.
fn differing(comparison: &Value) -> Vec<Value> {
    let is = |column: &Value, field: &str| at(column, field).as_bool() == Some(true);
    let mut columns: Vec<&Value> = list(comparison, "columns").iter().filter(|it| is(it, "is_beyond_noise")).collect();
    columns.sort_by_key(|column| !is(column, "is_drifted"));
    let period = text(comparison, "length").replace('_', " ");
    let row = |column: &&Value| {
        let result = if is(column, "is_drifted") { "drifted" } else { "small" };
        json!({"period": period, "name": at(column, "name"), "psi": at(column, "psi"), "result": result,
            "sentence": at(column, "sentence")})
    };
    columns.iter().map(row).collect()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    at(value, name).as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value, name: &str) -> String {
    at(value, name).as_str().unwrap_or_default().to_owned()
}
