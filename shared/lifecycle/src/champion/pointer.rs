//! The champion pointer, as far as this release can read it.
//!
//! A new environment needs only a little of the pointer: the artifact, the version number and the revision. So these
//! can be read even if the rest of the record cannot, for example after a rollback to this release.

use jiff::Timestamp;
use serde_json::Value;

use super::Champion;
use crate::record::{Record, Unreadable, field, moment};
use crate::{Artifact, Dataset, Decision, Evaluation, VersionNumber};

/// The champion pointer. Every release must be able to read the public fields. The rest may be unreadable.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointer {
    /// Number of promotions of this model so far, from 1 up. Conditional writes compare it.
    pub revision: u32,
    /// The version that answers predictions.
    pub number: VersionNumber,
    /// The model file.
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
    /// Reads the necessary fields of a pointer whose whole record cannot be read.
    ///
    /// # Errors
    /// Returns the record itself if it does not say which artifact to load. Then no environment of this release can
    /// serve it.
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

    /// Returns the whole record, or `None` if this release cannot read it.
    pub fn champion(&self) -> Option<&Champion> {
        self.rest.as_deref().ok()
    }

    /// Returns why the whole record cannot be read, or `None` if it can.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.rest.as_ref().err()
    }

    /// Returns when this version became champion.
    pub fn promoted_at(&self) -> Option<Timestamp> {
        self.of(|champion| Some(champion.promoted_at), |fields| moment(fields, "promoted_at"))
    }

    /// Returns the previous champion's version.
    pub fn previous(&self) -> Option<VersionNumber> {
        self.of(|champion| champion.previous, |fields| field(fields, "previous"))
    }

    /// Returns when the training ended, or when a model was imported.
    pub fn trained_at(&self) -> Option<Timestamp> {
        self.of(|champion| Some(champion.version.trained_at), |fields| moment(fields, "version/trained_at"))
    }

    /// Returns accuracy (0–1) or R² (at most 1) on the hold-out of its training.
    pub fn headline(&self) -> Option<f64> {
        self.of(
            |champion| Some(champion.headline()),
            |fields| {
                let figure = |name| field(fields, &format!("version/evaluation/{name}"));
                figure("accuracy").or_else(|| figure("r2"))
            },
        )
    }

    /// Returns the gate's decision about this version.
    pub fn decision(&self) -> Option<Decision> {
        self.of(|champion| Some(champion.version.decision.clone()), |fields| field(fields, "version/decision"))
    }

    /// Returns the metrics on the hold-out of its training.
    pub fn evaluation(&self) -> Option<Evaluation> {
        self.of(|champion| Some(champion.version.evaluation.clone()), |fields| field(fields, "version/evaluation"))
    }

    /// Returns the share of rows that a prediction interval should contain, 0–1. `None` for a classifier.
    pub fn interval_level(&self) -> Option<f64> {
        self.of(
            |champion| match &champion.version.evaluation {
                Evaluation::Regression(figures) => Some(figures.interval.level),
                Evaluation::Classification(_) => None,
            },
            |fields| field(fields, "version/evaluation/interval/level"),
        )
    }

    /// Returns the data set that the model was trained on, or that an imported model was evaluated on.
    pub fn dataset(&self) -> Option<Dataset> {
        self.of(|champion| Some(champion.version.dataset.clone()), |fields| field(fields, "version/dataset"))
    }

    /// Checks whether the model is imported.
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
