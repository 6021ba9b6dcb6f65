//! Model versions: the stored models of one name, numbered 1, 2, 3 and so on.

use std::fmt;
use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Dataset, Decision, Durations, Evaluation, Family, ModelName, Parameters, RunId, SearchSummary};

/// A version's number, from 1 up. Numbers only grow. An attempt that takes a number and is then stopped leaves a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VersionNumber(NonZeroU32);

impl VersionNumber {
    /// The number of the first version.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// Returns the number, or `None` for 0.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// Returns the number as an integer.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// Returns the number with eight digits. Keys that contain it sort in numeric order.
    pub fn padded(self) -> String {
        format!("{:08}", self.0)
    }

    /// Returns the key under which the version's object `file` is stored.
    pub fn object_key(self, model: &ModelName, file: &str) -> String {
        format!("{}{}/{file}", Self::objects_of(model), self.padded())
    }

    /// Returns the prefix that all keys of the model's objects share.
    pub fn objects_of(model: &ModelName) -> String {
        format!("models/{model}/")
    }

    /// Returns the version number in an object's `key`, or `None` if the key does not belong to a version.
    pub fn of_object(model: &ModelName, key: &str) -> Option<Self> {
        let (number, _file) = key.strip_prefix(&Self::objects_of(model))?.split_once('/')?;
        Self::of_padded(number)
    }

    /// Parses the output of [`padded`](Self::padded). Returns `None` for any other text.
    pub fn of_padded(text: &str) -> Option<Self> {
        Self::new(text.parse().ok()?).filter(|number| number.padded() == text)
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A stored model file: its location, and the hash that identifies its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The object's key in the artifact bucket.
    pub key: String,
    /// SHA-256 of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
}

/// An imported model file, as it was at the time of the import. A copy of it is kept beside the version's artifact,
/// under the name [`IMPORTED_FILE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The key in the bucket under which somebody uploaded the file.
    pub key: String,
    /// SHA-256 of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
    /// The program that wrote the file, according to the file: `skl2onnx 1.19`, or `unknown`.
    pub producer: String,
}

/// Name of the copy of an imported file. It is kept beside the artifact that was made from it.
pub const IMPORTED_FILE: &str = "imported.onnx";

/// The registry's record of a stored model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// The version's number.
    pub number: VersionNumber,
    /// The run that made this version.
    pub run_id: RunId,
    /// The model file.
    pub artifact: Artifact,
    /// Key of the manifest.
    pub manifest_key: String,
    /// When the training ended, or when a model was imported.
    #[serde(with = "crate::time")]
    pub trained_at: Timestamp,
    /// Version of the code that trained the model.
    pub code_version: String,
    /// The data set that the model was trained on. For an imported model, the data set that it was evaluated on.
    pub dataset: Dataset,
    /// Random seed of the training; 0 for an imported model.
    pub seed: u64,
    /// The kind of model.
    #[serde(default)]
    pub family: Family,
    /// Hyperparameters of the training. For an imported model, whatever can be counted in the file.
    pub parameters: Parameters,
    /// How the hyperparameters were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    /// The uploaded file, if the model is imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Accuracy (0–1) or R² (at most 1) on the training rows. An imported model may be trained on other rows.
    #[serde(alias = "training_accuracy")]
    pub training_score: f64,
    /// Metrics on the hold-out rows.
    pub evaluation: Evaluation,
    /// How long the steps of the run took.
    pub durations: Durations,
    /// The gate's decision.
    pub decision: Decision,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn padded_numbers_sort_as_numbers_do(a in 1u32..100_000_000, b in 1u32..100_000_000) {
            let padded = |n| VersionNumber::new(n).unwrap().padded();
            prop_assert_eq!(padded(a).cmp(&padded(b)), a.cmp(&b));
        }
    }

    #[test]
    fn an_object_is_stored_below_its_model_and_version() {
        let key = VersionNumber::FIRST.object_key(&"iris".parse().unwrap(), "model.onnx");
        assert_eq!(key, "models/iris/00000001/model.onnx");
        assert_eq!(VersionNumber::of_object(&"iris".parse().unwrap(), &key), Some(VersionNumber::FIRST));
    }

    #[test]
    fn an_object_outside_of_versions_has_no_number() {
        let iris = "iris".parse().unwrap();
        for key in ["models/iris/00000000/a", "models/iris/1/a", "models/iris/00000001", "models/iris/+0000001/a", "a"]
        {
            assert_eq!(VersionNumber::of_object(&iris, key), None, "{key}");
        }
        assert_eq!(VersionNumber::of_object(&"other".parse().unwrap(), "models/iris/00000001/a"), None);
    }
}
