//! The comparison of versions: one row for each name, and one column for each version.

use serde_json::Value;

use super::scalar::{at, scalar};
use super::table::{TableColumn, table};

/// Returns the parts of a comparison, each as a table: metrics, what differs, the gate's tests, and the signature.
pub fn comparison(answer: &Value) -> String {
    let versions: Vec<_> = list(answer, "versions").iter().map(scalar).collect();
    let mut parts = vec![metrics(answer, &versions)];
    parts.push(section(
        "What differs",
        &rows(answer, "differing", &versions),
        "Nothing: they were made in the same way.",
    ));
    let tests: Vec<_> = list(answer, "tests").iter().map(test).collect();
    parts.push(section(
        "The gate's test",
        &tests.join("\n"),
        "The gate did not compare these versions with each other.",
    ));
    parts.push(section(
        "Signature",
        &rows(answer, "signature", &versions),
        "All versions have the same columns and labels.",
    ));
    parts.join("\n\n")
}

/// Returns the metrics, each with its difference from the first version.
fn metrics(answer: &Value, versions: &[String]) -> String {
    let mut columns = vec![TableColumn::of("METRIC", "name")];
    for (index, version) in versions.iter().enumerate() {
        columns.push(TableColumn::made(&format!("VERSION {version}"), move |row| scalar(nth(row, "values", index))));
        if index > 0 {
            columns.push(TableColumn::made("DIFFERENCE", move |row| signed(nth(row, "differences", index))));
        }
    }
    table(list(answer, "metrics"), &columns, "The versions have no metrics.")
}

fn rows(answer: &Value, name: &str, versions: &[String]) -> String {
    let mut columns = vec![TableColumn::of("NAME", "name")];
    for (index, version) in versions.iter().enumerate() {
        columns.push(TableColumn::made(&format!("VERSION {version}"), move |row| scalar(nth(row, "values", index))));
    }
    table(list(answer, name), &columns, "")
}

fn test(test: &Value) -> String {
    let (challenger, champion) = (scalar(at(test, "challenger")), scalar(at(test, "champion")));
    let impact = match at(test, "impact") {
        Value::Null => String::new(),
        impact => format!("\nanswers that change: {}", scalar(impact)),
    };
    format!("version {challenger} against version {champion}: {}{impact}", scalar(at(test, "reason")))
}

fn section(title: &str, content: &str, none: &str) -> String {
    let content = if content.is_empty() { none } else { content };
    format!("{}\n{content}", console::style(title).bold())
}

fn signed(value: &Value) -> String {
    match value.as_f64() {
        Some(difference) if difference > 0.0 => format!("+{}", scalar(value)),
        _ => scalar(value),
    }
}

fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    at(answer, name).as_array().map(Vec::as_slice).unwrap_or_default()
}

fn nth<'a>(row: &'a Value, name: &str, index: usize) -> &'a Value {
    at(row, name).get(index).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn metrics_have_a_column_for_each_version_and_the_difference_from_the_first() {
        let text = comparison(&json!({
            "versions": [5, 7],
            "metrics": [{"name": "roc_auc", "values": [0.95, 0.98], "differences": [0.0, 0.03]},
                {"name": "log_loss", "values": [0.2, 0.1], "differences": [0.0, -0.1]}],
            "differing": [{"name": "max_depth", "values": [3, null]}],
            "tests": [{"challenger": 7, "champion": 5, "reason": "better by more than chance explains",
                "impact": "against version 5, on 1,200 hold-out rows: 31 of 1,200 answers change"}],
            "signature": [],
        }));
        for expected in [
            "VERSION 5",
            "VERSION 7",
            "+0.0300",
            "-0.1000",
            "max_depth",
            "version 7 against version 5: better by more",
            "answers that change: against version 5, on 1,200 hold-out rows: 31 of",
            "All versions have the same columns and labels.",
        ] {
            assert!(text.contains(expected), "{expected} is not in:\n{text}");
        }
    }
}
