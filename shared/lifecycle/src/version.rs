//! Model versions: their numbers and their records. Each successful training run or import stores one version.

use std::fmt;
use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::rollout::PromotionMode;
use crate::{Dataset, Decision, Durations, Evaluation, Family, ModelName, Parameters, RunId, SearchSummary};

// If a training run takes a number and is then stopped, this number is never used.
/// The number of a model version, from 1 up. Every new version gets a higher number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VersionNumber(NonZeroU32);

impl VersionNumber {
    /// The number of the first model version: 1.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// Creates a model version number. Returns `None` for 0.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// Returns the model version number as an integer.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// Returns the model version number as text with eight digits, such as `00000012`.
    pub fn padded(self) -> String {
        // Keys that contain the text are sorted by number.
        format!("{:08}", self.0)
    }

    /// Returns the S3 key of the file named `file` that belongs to this version of `model`.
    pub fn object_key(self, model: &ModelName, file: &str) -> String {
        format!("{}{}/{file}", Self::objects_of(model), self.padded())
    }

    /// Returns the prefix of the S3 keys of all files of `model`: `models/<model>/`.
    pub fn objects_of(model: &ModelName) -> String {
        format!("models/{model}/")
    }

    /// Returns the model version number in the S3 key `key`. `None` if the key belongs to no version of `model`.
    pub fn of_object(model: &ModelName, key: &str) -> Option<Self> {
        let (number, _file) = key.strip_prefix(&Self::objects_of(model))?.split_once('/')?;
        Self::of_padded(number)
    }

    /// Parses a model version number with eight digits, such as `00000012`. `None` for any other text.
    pub fn of_padded(text: &str) -> Option<Self> {
        Self::new(text.parse().ok()?).filter(|number| number.padded() == text)
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The location of a stored model file in S3, and the hash of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The S3 key of the model file.
    pub key: String,
    /// The SHA-256 hash of the model file, in lower-case hexadecimal.
    pub sha256: String,
    /// The size of the model file in bytes.
    pub size: u64,
}

// A copy of the file is kept beside the model version's own file, under the name `IMPORTED_FILE`.
/// Facts about a model file that somebody uploaded, at the time of its import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// The S3 key under which somebody uploaded the model file.
    pub key: String,
    /// The SHA-256 hash of the uploaded file, in lower-case hexadecimal.
    pub sha256: String,
    /// The size of the uploaded file in bytes.
    pub size: u64,
    /// The program that wrote the uploaded model file, such as `skl2onnx 1.19`. `unknown` if the file does not name it.
    pub producer: String,
    /// The comparison with answers of the author's library. `None` if no such answers were uploaded with the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<CheckedAnswers>,
}

/// The comparison of an imported model with answers of the author's library. All answers were equal within the tolerance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckedAnswers {
    /// The name of the file with the answers.
    pub file: String,
    /// The SHA-256 hash of that file, in lower-case hexadecimal.
    pub sha256: String,
    /// The number of compared rows.
    pub rows: u64,
    /// The largest difference: of a probability, or of a number relative to its size or to 1, whichever is larger.
    pub largest_difference: f64,
}

// The copy is kept in S3 beside the model file that was made from it.
/// The file name of the copy of an uploaded model file.
pub const IMPORTED_FILE: &str = "imported.onnx";

/// The model registry's record of one model version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// The number of the model version.
    pub number: VersionNumber,
    /// The identifier of the training run that made this model version.
    pub run_id: RunId,
    /// The location, hash and size of the stored model file.
    pub artifact: Artifact,
    /// The S3 key of the manifest, the JSON file that describes the model version.
    pub manifest_key: String,
    /// The time at which the training ended. For an imported model, the time of the import.
    #[serde(with = "crate::time")]
    pub trained_at: Timestamp,
    /// The version of the program that trained or imported the model.
    pub code_version: String,
    /// The data set that the model was trained on. For an imported model, the data set that it was evaluated on.
    pub dataset: Dataset,
    /// The random seed of the training. 0 for an imported model.
    pub seed: u64,
    /// The model family, such as random forest.
    #[serde(default)]
    pub family: Family,
    /// The hyperparameters of the training. For an imported model, counts from the file, such as the number of trees.
    pub parameters: Parameters,
    /// A summary of the hyperparameter search. `None` if there was no search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    /// Facts about the uploaded model file. `None` if this program trained the model and did not import it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    // For an imported model, the rows may not be the rows that the model was trained on.
    /// The score on the training rows: accuracy (0–1) for a classifier, R² (at most 1) for a regression model.
    #[serde(alias = "training_accuracy")]
    pub training_score: f64,
    /// The metrics of the model on the hold-out rows.
    pub evaluation: Evaluation,
    /// The duration of each step of the training run.
    pub durations: Durations,
    /// The decision of the gate: whether the model version became champion, and why.
    pub decision: Decision,
    /// What happens if the gate lets the version pass. The first version of all is always promoted directly.
    #[serde(default, skip_serializing_if = "PromotionMode::is_direct")]
    pub promotion: PromotionMode,
}

impl Version {
    /// Returns the gate's decision as text for a person, and what a version that passed does before it serves.
    pub fn why(&self) -> String {
        let next = match self.promotion {
            _ if !self.decision.promotes() => "",
            PromotionMode::Direct => "",
            PromotionMode::Canary => "; its rollout begins",
            PromotionMode::Manual => "; it waits for a person",
        };
        format!("{}{next}", self.decision)
    }

    /// Returns whether the version becomes the champion at once.
    pub fn is_promoted_at_once(&self) -> bool {
        self.decision.promotes() && self.promotion.is_direct()
    }
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
