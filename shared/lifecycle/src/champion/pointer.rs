//! The champion's record in the registry, even if this version of the software can read only a part of it.
//!
//! The prediction function needs only three fields: the artifact, the version number and the revision. They can be read
//! even if other fields cannot, for example after a rollback to an older software version.

use jiff::Timestamp;
use serde_json::Value;

use super::Champion;
use crate::record::{Record, Unreadable, field, moment};
use crate::{Artifact, Dataset, Decision, Evaluation, VersionNumber};

// Every version of the software must be able to read the public fields.
/// The champion's record in the registry. This version of the software may be unable to read some of its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointer {
    // A conditional write compares this number, so that it cannot overwrite a newer promotion.
    /// Number of promotions of this model so far, from 1 up.
    pub revision: u32,
    /// The version number of the champion, the model version that answers predictions.
    pub number: VersionNumber,
    /// The champion's model file in S3.
    pub artifact: Artifact,
    rest: Record<Box<Champion>>,
}

impl From<Champion> for Pointer {
    fn from(champion: Champion) -> Self {
        let (revision, number) = (champion.revision, champion.version.number);
        Self { revision, number, artifact: champion.version.artifact.clone(), rest: Ok(Box::new(champion)) }
    }
}

impl Pointer {
    /// Reads only the three fields of a champion's record that every version of the software can read.
    ///
    /// # Errors
    /// Returns the `record` itself if the revision, the version number or the artifact is missing. The prediction
    /// function then cannot load that champion.
    pub fn in_part(record: Unreadable) -> Record<Self> {
        let [revision, number] = ["revision", "version/number"].map(|name| record.field(name));
        let number = number.and_then(VersionNumber::new);
        match (revision, number, record.field("version/artifact")) {
            (Some(revision), Some(number), Some(artifact)) => {
                Ok(Self { revision, number, artifact, rest: Err(record) })
            }
            _ => Err(record),
        }
    }

    /// Returns the champion's whole record. `None` if this version of the software cannot read all fields.
    pub fn champion(&self) -> Option<&Champion> {
        self.rest.as_deref().ok()
    }

    /// Returns why some fields of the champion's record are unreadable. `None` if this software version can read all.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.rest.as_ref().err()
    }

    /// Returns when this model version became champion. `None` if the date is unreadable.
    pub fn promoted_at(&self) -> Option<Timestamp> {
        self.of(|champion| Some(champion.promoted_at), |fields| moment(fields, "promoted_at"))
    }

    /// Returns the version number of the previous champion. `None` if there was none or the number is unreadable.
    pub fn previous(&self) -> Option<VersionNumber> {
        self.of(|champion| champion.previous, |fields| field(fields, "previous"))
    }

    /// Returns when the champion was trained or imported. `None` if the date is unreadable.
    pub fn trained_at(&self) -> Option<Timestamp> {
        self.of(|champion| Some(champion.version.trained_at), |fields| moment(fields, "version/trained_at"))
    }

    /// Returns the champion's accuracy (0–1) or R² (at most 1) on its hold-out rows. `None` if the score is unreadable.
    pub fn headline(&self) -> Option<f64> {
        self.of(
            |champion| Some(champion.headline()),
            |fields| {
                let figure = |name| field(fields, &format!("version/evaluation/{name}"));
                figure("accuracy").or_else(|| figure("r2"))
            },
        )
    }

    /// Returns the promotion gate's decision on the champion, with its numbers. `None` if the decision is unreadable.
    pub fn decision(&self) -> Option<Decision> {
        self.of(|champion| Some(champion.version.decision.clone()), |fields| field(fields, "version/decision"))
    }

    /// Returns the champion's metrics on the hold-out rows of its training. `None` if the metrics are unreadable.
    pub fn evaluation(&self) -> Option<Evaluation> {
        self.of(|champion| Some(champion.version.evaluation.clone()), |fields| field(fields, "version/evaluation"))
    }

    /// Returns the target coverage (0–1) of the champion's prediction intervals. `None` for a classifier.
    pub fn interval_level(&self) -> Option<f64> {
        // Also `None` if the coverage is unreadable.
        self.of(
            |champion| match &champion.version.evaluation {
                Evaluation::Regression(figures) => Some(figures.interval.level),
                Evaluation::Classification(_) => None,
            },
            |fields| field(fields, "version/evaluation/interval/level"),
        )
    }

    /// Returns the data set on which the champion was trained. `None` if the field is unreadable.
    pub fn dataset(&self) -> Option<Dataset> {
        // For an imported model, this is the data set on which the model was evaluated.
        self.of(|champion| Some(champion.version.dataset.clone()), |fields| field(fields, "version/dataset"))
    }

    /// Returns whether the champion was uploaded as a model file, and not trained here.
    pub fn is_imported(&self) -> bool {
        self.of(
            |champion| champion.version.imported.as_ref().map(|_| ()),
            |fields| field::<Value>(fields, "version/imported").map(|_| ()),
        )
        .is_some()
    }

    fn of<T>(&self, whole: impl FnOnce(&Champion) -> Option<T>, part: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        match &self.rest {
            Ok(champion) => whole(champion),
            Err(record) => part(record.fields()),
        }
    }
}
