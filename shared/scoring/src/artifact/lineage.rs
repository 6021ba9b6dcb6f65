//! Where a model comes from.

use evergreen_lifecycle::{Family, Parameters};
use serde::{Deserialize, Serialize};

/// What has to be known to make the same artifact again, byte for byte.
///
/// No number of a version, run or time is part of it: those are of one attempt, and the object's key, the manifest and the
/// registry have them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The code that trained.
    pub code_version: String,
    /// The table's fingerprint: SHA-256 of what was learnt from, in lower-case hexadecimal.
    pub dataset: String,
    /// Seed of the fit.
    pub seed: u64,
    /// The kind of model that was fitted.
    pub family: Family,
    /// Hyperparameters of the fit.
    pub parameters: Parameters,
}

impl Lineage {
    /// The lineage as text, always in the same order.
    pub(super) fn to_json(&self) -> String {
        // As with the signature: straight to text, and it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
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
