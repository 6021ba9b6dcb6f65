//! Any JSON as indented names and values, for answers that have no layout of their own. Single values come first.

use serde_json::{Map, Value};

use super::scalar::scalar;
use super::table::{TableColumn, table};

/// Maximum number of entries of a list. `--json` prints all.
const ENTRIES: usize = 20;
/// Maximum number of columns that a list of objects may have as a table.
const COLUMNS: usize = 8;

/// Returns names and values, one a line, with nested values indented below their names.
pub fn fields(value: &Value) -> String {
    let mut lines = Vec::new();
    match value {
        Value::Object(fields) => object(fields, 0, &mut lines),
        Value::Array(values) => list(values, 0, &mut lines),
        single => lines.push(scalar(single)),
    }
    lines.join("\n")
}

fn object(fields: &Map<String, Value>, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let width = fields.iter().filter(|(_, value)| is_short(value)).map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut fields: Vec<_> = fields.iter().filter(|(_, value)| !is_empty(value)).collect();
    fields.sort_by_key(|(_, value)| !is_short(value));
    for (name, value) in fields {
        let name = name.replace('_', " ");
        match value {
            short if is_short(short) => lines.push(format!("{indent}{name:width$}  {}", scalar(short))),
            Value::Object(inner) => {
                lines.push(format!("{indent}{name}"));
                object(inner, depth + 1, lines);
            }
            Value::Array(values) => {
                lines.push(format!("{indent}{name}"));
                list(values, depth + 1, lines);
            }
            _ => {}
        }
    }
}

fn list(values: &[Value], depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let shown = values.get(..ENTRIES).unwrap_or(values);
    match headers(shown) {
        Some(names) => {
            let columns: Vec<_> = names
                .iter()
                .map(|name| {
                    TableColumn::made(&name.to_uppercase().replace('_', " "), move |row| {
                        scalar(row.get(name).unwrap_or(&Value::Null))
                    })
                })
                .collect();
            lines.extend(table(shown, &columns, "none").lines().map(|line| format!("{indent}{line}")));
        }
        None => {
            for value in shown {
                match value {
                    Value::Object(inner) => object(inner, depth, lines),
                    Value::Array(inner) if !is_short(value) => list(inner, depth, lines),
                    single => lines.push(format!("{indent}{}", scalar(single))),
                }
            }
        }
    }
    if values.len() > shown.len() {
        lines.push(format!("{indent}… and {} more (--json prints all)", values.len() - shown.len()));
    }
}

/// Returns the names of the fields of all objects, if the list fits a table.
fn headers(values: &[Value]) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for value in values {
        for (name, value) in value.as_object()? {
            if !is_short(value) && !is_empty(value) {
                return None;
            }
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    (!names.is_empty() && names.len() <= COLUMNS).then_some(names)
}

/// Returns whether a value fits behind its name.
fn is_short(value: &Value) -> bool {
    match value {
        Value::Array(values) => !values.is_empty() && values.len() <= ENTRIES && values.iter().all(is_single),
        single => is_single(single),
    }
}

fn is_single(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_values_are_indented_and_lists_of_objects_are_tables() {
        let value = json!({
            "number": 7, "run_id": "manual-1", "empty": [], "none": null,
            "parameters": {"alpha": 1.0},
            "classes": ["a", "b"],
            "tests": [{"name": "paired", "p": 0.03}, {"name": "sign", "p": 0.5}],
        });
        let text = fields(&value);
        for expected in
            ["number   7", "run id   manual-1", "parameters\n  alpha  1.0000", "classes  a, b", "NAME", "paired"]
        {
            assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
        }
        assert!(!text.contains("empty") && !text.contains("none"), "{text}");
    }

    #[test]
    fn a_long_list_says_how_much_it_leaves_out() {
        let text = fields(&json!({ "values": (0..100).collect::<Vec<_>>() }));
        assert!(text.ends_with("… and 80 more (--json prints all)"), "{text}");
    }
}
