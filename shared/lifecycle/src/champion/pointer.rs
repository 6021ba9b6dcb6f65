//! The champion pointer (the champion's record in the registry), as far as this release can read it.
//!
//! A new environment needs only the artifact, the version number and the revision. These three can be read even if the
//! rest of the record cannot. That happens, for example, after a rollback to this release.

use jiff::Timestamp;
use serde_json::Value;

use super::Champion;
use crate::record::{Record, Unreadable, field, moment};
use crate::{Artifact, Dataset, Decision, Evaluation, VersionNumber};

/// The champion's record in the registry. Every release must be able to read the public fields. The rest may be
/// unreadable.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointer {
    /// Number of promotions of this model so far, from 1 up. Conditional writes compare this number, so that no write
    /// replaces a newer promotion.
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
    /// Reads the public fields of a champion's record that this release cannot read completely.
    ///
    /// # Errors
    /// Returns the `record` itself if it lacks the revision, the version number or the artifact. Then no environment of
    /// this release can load that champion.
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

    /// Returns the champion's whole record, or `None` if this release cannot read the record completely.
    pub fn champion(&self) -> Option<&Champion> {
        self.rest.as_deref().ok()
    }

    /// Returns why this release cannot read the champion's whole record, or `None` if it can.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.rest.as_ref().err()
    }

    /// Returns when this version became champion. `None` if this release cannot read the date.
    pub fn promoted_at(&self) -> Option<Timestamp> {
        self.of(|champion| Some(champion.promoted_at), |fields| moment(fields, "promoted_at"))
    }

    /// Returns the version number of the previous champion. `None` if there was none or the number is unreadable.
    pub fn previous(&self) -> Option<VersionNumber> {
        self.of(|champion| champion.previous, |fields| field(fields, "previous"))
    }

    /// Returns when the champion's training ended, or when an imported champion was imported. `None` if the date is
    /// unreadable.
    pub fn trained_at(&self) -> Option<Timestamp> {
        self.of(|champion| Some(champion.version.trained_at), |fields| moment(fields, "version/trained_at"))
    }

    /// Returns the champion's accuracy (0–1) or R² (at most 1) on the hold-out of its training. `None` if it is
    /// unreadable.
    pub fn headline(&self) -> Option<f64> {
        self.of(
            |champion| Some(champion.headline()),
            |fields| {
                let figure = |name| field(fields, &format!("version/evaluation/{name}"));
                figure("accuracy").or_else(|| figure("r2"))
            },
        )
    }

    /// Returns the gate's decision about the champion. `None` if this release cannot read the decision.
    pub fn decision(&self) -> Option<Decision> {
        self.of(|champion| Some(champion.version.decision.clone()), |fields| field(fields, "version/decision"))
    }

    /// Returns the champion's metrics on the hold-out of its training. `None` if this release cannot read them.
    pub fn evaluation(&self) -> Option<Evaluation> {
        self.of(|champion| Some(champion.version.evaluation.clone()), |fields| field(fields, "version/evaluation"))
    }

    /// Returns the share of rows whose true value a prediction interval should contain, 0–1. `None` for a classifier,
    /// and if this release cannot read the share.
    pub fn interval_level(&self) -> Option<f64> {
        self.of(
            |champion| match &champion.version.evaluation {
                Evaluation::Regression(figures) => Some(figures.interval.level),
                Evaluation::Classification(_) => None,
            },
            |fields| field(fields, "version/evaluation/interval/level"),
        )
    }

    /// Returns the data set that the champion was trained on, or, for an imported model, evaluated on. `None` if its
    /// description is unreadable.
    pub fn dataset(&self) -> Option<Dataset> {
        self.of(|champion| Some(champion.version.dataset.clone()), |fields| field(fields, "version/dataset"))
    }

    /// Returns whether the model was uploaded as a file, and not trained here.
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
