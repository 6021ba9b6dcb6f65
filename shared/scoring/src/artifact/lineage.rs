//! The lineage of a model: how it was trained.

use evergreen_lifecycle::{Family, Parameters};
use serde::{Deserialize, Serialize};

// Version numbers, run numbers and times belong to a single training run. The key of the S3 object, the manifest and
// the registry contain them.
/// Lineage: how a model was trained. It contains everything that is needed to make the same artifact again, byte for
/// byte.
///
/// A lineage contains no version numbers, run numbers or times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// Version of the training code.
    pub code_version: String,
    /// Fingerprint of the data set: SHA-256 of the training data, in lower-case hexadecimal.
    pub dataset: String,
    /// Seed of the random numbers in the training run.
    pub seed: u64,
    /// Family (kind of algorithm) of the model, for example random forest.
    pub family: Family,
    /// Hyperparameters with which the model was trained.
    pub parameters: Parameters,
    /// Hash of the files of feedback that the training has read. `None` if it read none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<String>,
}

impl Lineage {
    /// Returns the lineage (how the model was trained) as JSON with a fixed order of keys.
    pub(super) fn to_json(&self) -> String {
        // Serialises directly to text, like the signature, and cannot fail.
        let json = serde_json::to_string(self);
        debug_assert!(json.is_ok(), "{json:?}");
        json.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_in_one_order_and_reads_back() {
        let parameters = [("n_estimators", 100.into()), ("max_depth", serde_json::Value::Null)];
        let lineage = Lineage {
            code_version: "1.2.3".into(),
            dataset: "ab".into(),
            seed: u64::MAX,
            family: Family::GradientBoosting,
            parameters: parameters.map(|(name, value)| (name.to_owned(), value)).into(),
            feedback: None,
        };
        let text = r#"{"code_version":"1.2.3","dataset":"ab","seed":18446744073709551615,"family":"gradient_boosting","parameters":{"max_depth":null,"n_estimators":100}}"#;
        assert_eq!(lineage.to_json(), text);
        assert_eq!(serde_json::from_str::<Lineage>(text).unwrap(), lineage);
    }
}
