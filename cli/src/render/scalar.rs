//! Single values.

use serde_json::Value;

/// Maximum number of characters of a sentence in a table.
const SENTENCE: usize = 60;

/// Returns the value at a path of names, such as `version.number`. `null` if the path leads to no value.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(value, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

/// Returns a value as it is shown in a cell: at most four decimals, times to the second, and `-` for no value.
pub fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => {
            number.as_f64().filter(|_| number.is_f64()).map_or_else(|| number.to_string(), rounded)
        }
        Value::String(text) if is_time(text) => time(text),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(scalar).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", scalar(value))).collect();
            fields.sort_unstable();
            fields.join(" ")
        }
    }
}

/// Returns a time without fractions of a second: `2026-11-29 21:16:47`. Times are in UTC.
pub fn time(text: &str) -> String {
    let seconds = text.get(..19).unwrap_or(text);
    seconds.replace('T', " ")
}

/// Returns the beginning of a sentence, for a table.
pub fn sentence(text: &str) -> String {
    if text.chars().count() <= SENTENCE {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(SENTENCE).collect();
    format!("{}…", beginning.trim_end())
}

fn is_time(text: &str) -> bool {
    text.len() <= 35 && text.get(10..11) == Some("T") && text.parse::<jiff::Timestamp>().is_ok()
}

fn rounded(number: f64) -> String {
    if number != 0.0 && number.abs() < 0.001 { format!("{number:.2e}") } else { format!("{number:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_short() {
        assert_eq!(scalar(&json!(0.966_666_6)), "0.9667");
        assert_eq!(scalar(&json!(0.000_012_3)), "1.23e-5");
        assert_eq!(scalar(&json!(12)), "12");
        assert_eq!(scalar(&json!(null)), "-");
        assert_eq!(scalar(&json!(true)), "yes");
        assert_eq!(scalar(&json!("2026-11-29T21:16:47.123456Z")), "2026-11-29 21:16:47");
        assert_eq!(scalar(&json!({"trees": 100, "depth": 5})), "depth=5 trees=100");
    }

    #[test]
    fn a_long_sentence_is_cut_between_characters() {
        let long = "ä".repeat(100);
        assert_eq!(sentence(&long).chars().count(), 61);
        assert_eq!(sentence("short"), "short");
    }
}
