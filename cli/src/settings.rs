//! Values of hyperparameters and of columns on the command line: `name=value`.

use serde_json::Value;

/// A name and its value.
pub type Setting = (String, Value);

/// Parses `name=value`. The value is JSON if it is a number, `true`, `false` or `null`, and a text otherwise.
pub fn parse(text: &str) -> Result<Setting, String> {
    let (name, value) =
        text.split_once('=').filter(|(name, _)| !name.trim().is_empty()).ok_or("expected NAME=VALUE")?;
    Ok((name.trim().to_owned(), scalar(value)))
}

fn scalar(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

/// Returns the settings as a JSON object. The last of several values of one name counts.
pub fn object(settings: Vec<Setting>) -> Value {
    Value::Object(settings.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_truth_values_are_json_and_all_else_is_text() {
        assert_eq!(parse("max_depth=12"), Ok(("max_depth".to_owned(), json!(12))));
        assert_eq!(parse("alpha=1e-3"), Ok(("alpha".to_owned(), json!(0.001))));
        assert_eq!(parse("active=true"), Ok(("active".to_owned(), json!(true))));
        assert_eq!(parse("plan=basic"), Ok(("plan".to_owned(), json!("basic"))));
        assert_eq!(parse("sepal length (cm)=5.1"), Ok(("sepal length (cm)".to_owned(), json!(5.1))));
        assert_eq!(parse("note=a=b"), Ok(("note".to_owned(), json!("a=b"))));
    }

    #[test]
    fn a_value_without_a_name_is_refused() {
        assert!(parse("=5").is_err());
        assert!(parse("5").is_err());
    }
}
