//! Checks the hyperparameters that a person sets, before anything is stored.

use std::collections::BTreeMap;

use evergreen_http::Problem;
use evergreen_lifecycle::{Family, HyperparameterError, check_hyperparameters};
use serde_json::Value;

use crate::problem::{self, invalid_field};

/// Maximum number of bytes of all hyperparameters, as JSON text.
const MAX_BYTES: usize = 4096;

/// Checks hyperparameters with the rule of the training function. Without `family`, one of all families must take them.
///
/// # Errors
/// A 400 [`Problem`] names the field.
pub(super) fn check(set: &BTreeMap<String, Value>, family: Option<Family>) -> Result<(), Problem> {
    let text = serde_json::to_string(set).map_err(problem::internal)?;
    if text.len() > MAX_BYTES {
        let expected = format!("at most {MAX_BYTES} bytes of JSON");
        return Err(invalid_field("hyperparameters", "The hyperparameters are too long.", expected));
    }
    let families = family.map_or_else(|| Family::ALL.to_vec(), |family| vec![family]);
    check_hyperparameters(&families, set).map_err(|error| refused(&error))
}

// The error's own text repeats the value, which a response must not do.
fn refused(error: &HyperparameterError) -> Problem {
    let field = format!("hyperparameters.{}", error.name());
    let (detail, expected) = match error {
        HyperparameterError::Unknown { families, known, .. } => {
            (format!("No hyperparameter of {families} has this name."), format!("one of {known}"))
        }
        HyperparameterError::NoNumber { name, least, most, .. } => {
            (format!("The hyperparameter {name} is not a number."), format!("a number from {least} to {most}"))
        }
        HyperparameterError::Limits { name, whole, least, most, .. } => {
            let kind = if *whole { "a whole number" } else { "a number" };
            (format!("The hyperparameter {name} cannot have this value."), format!("{kind} from {least} to {most}"))
        }
        _ => ("A hyperparameter cannot have this value.".to_owned(), "a value that docs/DATASETS.md names".to_owned()),
    };
    invalid_field(&field, detail, expected)
}
