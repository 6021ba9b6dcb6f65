//! The lineage of a model.

use evergreen_lifecycle::{Family, Parameters};
use serde::{Deserialize, Serialize};

/// Everything that is needed to make the same artifact again, byte for byte.
///
/// It does not contain version numbers, run numbers or times, because these belong to a single run. The object's key,
/// the manifest and the registry contain them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// Version of the code that trained the model.
    pub code_version: String,
    /// Fingerprint of the data set: SHA-256 of the training data, in lower-case hexadecimal.
    pub dataset: String,
    /// Seed of the training run.
    pub seed: u64,
    /// Family of the model.
    pub family: Family,
    /// Hyperparameters of the training run.
    pub parameters: Parameters,
}

impl Lineage {
    /// Returns the lineage as JSON with a fixed order of keys.
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
        };
        let text = r#"{"code_version":"1.2.3","dataset":"ab","seed":18446744073709551615,"family":"gradient_boosting","parameters":{"max_depth":null,"n_estimators":100}}"#;
        assert_eq!(lineage.to_json(), text);
        assert_eq!(serde_json::from_str::<Lineage>(text).unwrap(), lineage);
    }
}
