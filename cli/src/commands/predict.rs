//! The command `predict`: rows from a file, the standard input or the command line.

mod input;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api::StackApi;
use crate::failure::Failure;
use crate::render::{TableColumn, at, scalar, table};
use crate::settings::{self, Setting};

/// Maximum number of rows of one request.
const ROWS: usize = 1000;

/// Reads the rows of a file, or makes one row of the values on the command line.
pub fn rows(file: Option<PathBuf>, set: Vec<Setting>) -> Result<Vec<Value>, Failure> {
    let rows = match file {
        Some(path) => input::rows(&path)?,
        None => vec![settings::object(set)],
    };
    if rows.is_empty() { Err(Failure::Usage("the file has no rows".to_owned())) } else { Ok(rows) }
}

/// Predicts all rows, a thousand at a time.
pub async fn predict(api: &StackApi, rows: &[Value]) -> Result<Answer, Failure> {
    let mut answers = Vec::new();
    for part in rows.chunks(ROWS) {
        answers.push(api.send("POST", "/predict", Some(json!(part))).await?);
    }
    let text = text(&answers);
    let json = if answers.len() == 1 { answers.pop().unwrap_or_default() } else { Value::Array(answers) };
    Ok(Answer::new(json, text))
}

fn text(answers: &[Value]) -> String {
    let rows: Vec<_> = answers.iter().flat_map(rows_of).enumerate().map(numbered).collect();
    let columns = [
        TableColumn::of("ROW", "row"),
        TableColumn::of("PREDICTION", "prediction"),
        TableColumn::of("PROBABILITY", "probability"),
        TableColumn::of("INTERVAL", "interval"),
    ];
    let model = answers.first().map(|answer| at(answer, "model")).unwrap_or(&Value::Null);
    let mut text = table(&rows, &columns, "No rows.");
    text.push_str(&format!("\n\n{}, version {}", scalar(at(model, "name")), scalar(at(model, "version"))));
    let warnings = answers.iter().filter_map(|answer| at(answer, "warnings").as_array()).flatten();
    for warning in warnings {
        let sentence = at(warning, "detail").as_str().map_or_else(|| scalar(warning), str::to_owned);
        text.push_str(&format!("\nwarning: {sentence}"));
    }
    text
}

/// Returns one object for each row of an answer: the label or the number, and how sure the model is.
fn rows_of(answer: &Value) -> Vec<Value> {
    let list = |name: &str| at(answer, name).as_array().map(Vec::as_slice).unwrap_or_default();
    let predicted = if list("labels").is_empty() { list("prediction") } else { list("labels") };
    let row = |(index, prediction): (usize, &Value)| {
        let of_row = list("probabilities").get(index).and_then(Value::as_array);
        let highest = of_row.and_then(|row| row.iter().filter_map(Value::as_f64).reduce(f64::max));
        json!({"prediction": prediction, "probability": highest, "interval": interval(list("intervals").get(index))})
    };
    predicted.iter().enumerate().map(row).collect()
}

fn interval(interval: Option<&Value>) -> Value {
    match interval.and_then(Value::as_array).map(Vec::as_slice) {
        Some([low, high]) => json!(format!("{} to {}", scalar(low), scalar(high))),
        _ => Value::Null,
    }
}

fn numbered((index, mut row): (usize, Value)) -> Value {
    if let Some(fields) = row.as_object_mut() {
        fields.insert("row".to_owned(), json!(index + 1));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_shown_with_its_probability() {
        let text = text(&[json!({"prediction": [0], "labels": ["setosa"], "probabilities": [[0.9, 0.1]],
            "classes": ["setosa", "virginica"], "model": {"name": "iris", "version": 3}})]);
        assert!(text.contains("setosa") && text.contains("0.9000") && text.ends_with("iris, version 3"), "{text}");
    }

    #[test]
    fn a_number_is_shown_with_its_interval() {
        let text = text(&[json!({"prediction": [392.1611], "intervals": [[256.0, 528.5]], "interval_level": 0.9,
            "model": {"name": "flats", "version": 2}, "warnings": ["column \"id\" is not used"]})]);
        assert!(text.contains("392.1611") && text.contains("256.0000 to 528.5000"), "{text}");
        assert!(text.ends_with("warning: column \"id\" is not used"), "{text}");
    }
}
