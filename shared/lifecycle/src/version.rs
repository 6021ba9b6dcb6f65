//! Versions: the stored models of a name, numbered 1, 2, 3…

use std::fmt;
use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Dataset, Decision, Durations, Evaluation, Family, ModelName, Parameters, RunId, SearchSummary};

/// A version's number, from 1 up. Numbers only grow; an attempt that dies after taking one leaves a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VersionNumber(NonZeroU32);

impl VersionNumber {
    /// The first version's number.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The number, or nothing for 0.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The number as an integer.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// Eight digits, for keys that sort as the numbers do.
    pub fn padded(self) -> String {
        format!("{:08}", self.0)
    }

    /// Where a version's object named `file` is stored.
    pub fn object_key(self, model: &ModelName, file: &str) -> String {
        format!("{}{}/{file}", Self::objects_of(model), self.padded())
    }

    /// What the keys of all versions' objects begin with.
    pub fn objects_of(model: &ModelName) -> String {
        format!("models/{model}/")
    }

    /// The number under which the object `key` is stored; none where it is no version's object.
    pub fn of_object(model: &ModelName, key: &str) -> Option<Self> {
        let (number, _file) = key.strip_prefix(&Self::objects_of(model))?.split_once('/')?;
        Self::of_padded(number)
    }

    /// The number that [`padded`](Self::padded) has written.
    pub fn of_padded(text: &str) -> Option<Self> {
        Self::new(text.parse().ok()?).filter(|number| number.padded() == text)
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A stored artifact: where it is and how to know that it is the one that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The object's key in the artifact bucket.
    pub key: String,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A model file that was made elsewhere, as it was when a version was made of it. Its bytes are kept beside the version's
/// artifact, under the name [`IMPORTED_FILE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Where in the bucket it was put.
    pub key: String,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// What wrote it, as the file says: `skl2onnx 1.19`, or `unknown`.
    pub producer: String,
}

/// The name under which a file made elsewhere is kept beside the artifact that was made of it.
pub const IMPORTED_FILE: &str = "imported.onnx";

/// A run's stored model with what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub number: VersionNumber,
    /// The run that made it.
    pub run_id: RunId,
    /// Its model file.
    pub artifact: Artifact,
    /// Key of its manifest.
    pub manifest_key: String,
    /// When its training ended, or when a file made elsewhere was taken in.
    #[serde(with = "crate::time")]
    pub trained_at: Timestamp,
    /// The code that trained it.
    pub code_version: String,
    /// The table that it learnt from, or that a file made elsewhere was judged on.
    pub dataset: Dataset,
    /// Seed of the fit; 0 of a file made elsewhere, which had none here.
    pub seed: u64,
    /// The kind of model that was fitted.
    #[serde(default)]
    pub family: Family,
    /// Hyperparameters of the fit; of a file made elsewhere, what can be counted of it.
    pub parameters: Parameters,
    /// How they were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    /// The file made elsewhere that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// Accuracy, 0–1, or R², at most 1, on the rows that it learnt from, or, made elsewhere, might have learnt from.
    #[serde(alias = "training_accuracy")]
    pub training_score: f64,
    /// Figures on the rows that it did not learn from.
    pub evaluation: Evaluation,
    /// How long its making took.
    pub durations: Durations,
    /// What the gate said.
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
    fn an_object_that_is_no_versions_has_no_number() {
        let iris = "iris".parse().unwrap();
        for key in ["models/iris/00000000/a", "models/iris/1/a", "models/iris/00000001", "models/iris/+0000001/a", "a"]
        {
            assert_eq!(VersionNumber::of_object(&iris, key), None, "{key}");
        }
        assert_eq!(VersionNumber::of_object(&"other".parse().unwrap(), "models/iris/00000001/a"), None);
    }
}
