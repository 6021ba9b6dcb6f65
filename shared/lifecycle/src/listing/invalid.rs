//! The error for a parameter of a search.

use crate::text::shortened;

/// Maximum length of a value in the error, in characters.
const MAX_VALUE: usize = 60;

/// Error: a parameter of a search is unknown or has a value that is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter {parameter}: found {value:?}, expected {expected}")]
pub struct InvalidFilter {
    /// The name of the parameter, such as `metric`.
    pub parameter: String,
    /// The value that was found, shortened.
    pub value: String,
    /// What was expected, in words.
    pub expected: String,
}

impl InvalidFilter {
    pub(super) fn new(parameter: &str, value: &str, expected: impl Into<String>) -> Self {
        Self {
            parameter: shortened(parameter, MAX_VALUE),
            value: shortened(value, MAX_VALUE),
            expected: expected.into(),
        }
    }
}
