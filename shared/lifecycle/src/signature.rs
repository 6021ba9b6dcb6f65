//! The signature: which columns a model takes and which labels it gives.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Columns in and labels out of a model, both in the model's own order. Column names are unique, and so are labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawSignature")]
pub struct Signature {
    columns: Vec<String>,
    labels: Vec<String>,
}

/// Why a list of columns and labels is no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A model of no columns cannot tell rows apart.
    #[error("a signature needs at least one column")]
    NoColumns,
    /// A classifier of fewer than two labels decides nothing.
    #[error("a signature needs at least two labels, got {0}")]
    TooFewLabels(usize),
    /// The same name twice.
    #[error("a signature names {0:?} twice")]
    Duplicate(String),
}

#[derive(Deserialize)]
struct RawSignature {
    columns: Vec<String>,
    labels: Vec<String>,
}

impl Signature {
    /// A signature of `columns` (at least one) and `labels` (at least two); the index of a label is the class that
    /// the model predicts.
    ///
    /// # Errors
    /// [`SignatureError`] when there are too few of either, or when a name occurs twice.
    pub fn new(columns: Vec<String>, labels: Vec<String>) -> Result<Self, SignatureError> {
        if columns.is_empty() {
            return Err(SignatureError::NoColumns);
        }
        if labels.len() < 2 {
            return Err(SignatureError::TooFewLabels(labels.len()));
        }
        for names in [&columns, &labels] {
            let mut seen = BTreeSet::new();
            if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
                return Err(SignatureError::Duplicate(twice.clone()));
            }
        }
        Ok(Self { columns, labels })
    }

    /// Column names, in the order in which the model reads a row.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Labels; the index is the class.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }
}

impl TryFrom<RawSignature> for Signature {
    type Error = SignatureError;

    fn try_from(raw: RawSignature) -> Result<Self, Self::Error> {
        Self::new(raw.columns, raw.labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_repeated_column_is_named() {
        let error = Signature::new(names(&["a", "b", "a"]), names(&["x", "y"])).unwrap_err();
        assert_eq!(error, SignatureError::Duplicate("a".into()));
    }

    #[test]
    fn a_stored_signature_is_checked_like_a_new_one() {
        let stored = r#"{"columns":["a"],"labels":["only"]}"#;
        let error = serde_json::from_str::<Signature>(stored).unwrap_err();
        assert!(error.to_string().contains("at least two labels, got 1"), "{error}");
    }
}
