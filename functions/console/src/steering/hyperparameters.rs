//! Checks the hyperparameters that a person sets, before anything is stored.

use std::collections::BTreeMap;

use evergreen_http::Problem;
use serde_json::Value;

use crate::problem::{self, invalid_field};

/// Maximum number of bytes of all hyperparameters, as JSON text.
const MAX_BYTES: usize = 4096;

// EventBridge refuses an event with a larger whole number, and would do so after the answer to the person.
/// Numbers from this one on, and down from its negative, are refused: 2^63.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// Checks that the training function can receive the hyperparameters.
///
/// # Errors
/// A 400 [`Problem`] names the field.
pub(super) fn check(set: &BTreeMap<String, Value>) -> Result<(), Problem> {
    let text = serde_json::to_string(set).map_err(problem::internal)?;
    if text.len() > MAX_BYTES {
        let expected = format!("at most {MAX_BYTES} bytes of JSON");
        return Err(invalid_field("hyperparameters", "The hyperparameters are too long.", expected));
    }
    match set.iter().find(|(_, value)| !fits(value)) {
        Some((name, _)) => {
            let expected = "numbers between -9,223,372,036,854,775,808 and 9,223,372,036,854,775,807";
            let field = format!("hyperparameters.{name}");
            Err(invalid_field(&field, "A hyperparameter has too large a number.", expected))
        }
        None => Ok(()),
    }
}

fn fits(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64() || number.as_f64().is_some_and(|number| number.abs() < TOO_LARGE),
        Value::Array(values) => values.iter().all(fits),
        Value::Object(values) => values.values().all(fits),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}
