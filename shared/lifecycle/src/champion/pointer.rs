//! The champion pointer as this release can read it.
//!
//! A new environment needs little of the pointer: which artifact to load, and under which number and revision. So the pointer
//! can be read where the rest of its record cannot, for example after a rollback to this release.

use jiff::Timestamp;
use serde_json::Value;

use super::Champion;
use crate::record::{Record, Unreadable, field, moment};
use crate::{Artifact, Dataset, Decision, Evaluation, VersionNumber};

/// The champion pointer: what every release must be able to read of it, and the rest as far as it can be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointer {
    /// Counts the promotions of this model, from 1 up: what a conditional write compares.
    pub revision: u32,
    /// The version that serves.
    pub number: VersionNumber,
    /// Its model file.
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
    /// What can be read of a pointer whose whole record cannot be.
    ///
    /// # Errors
    /// The record itself when it does not say what to load: no environment of this release can serve it.
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

    /// The whole record, unless this release cannot read it.
    pub fn champion(&self) -> Option<&Champion> {
        self.rest.as_deref().ok()
    }

    /// What keeps the whole record from being read.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.rest.as_ref().err()
    }

    /// When it became champion.
    pub fn promoted_at(&self) -> Option<Timestamp> {
        self.of(|champion| Some(champion.promoted_at), |fields| moment(fields, "promoted_at"))
    }

    /// The version that it replaced.
    pub fn previous(&self) -> Option<VersionNumber> {
        self.of(|champion| champion.previous, |fields| field(fields, "previous"))
    }

    /// When its training ended, or when an imported file was taken in.
    pub fn trained_at(&self) -> Option<Timestamp> {
        self.of(|champion| Some(champion.version.trained_at), |fields| moment(fields, "version/trained_at"))
    }

    /// Its accuracy, 0–1, or R², at most 1, on the hold-out when it was trained.
    pub fn headline(&self) -> Option<f64> {
        self.of(
            |champion| Some(champion.headline()),
            |fields| {
                let figure = |name| field(fields, &format!("version/evaluation/{name}"));
                figure("accuracy").or_else(|| figure("r2"))
            },
        )
    }

    /// What the gate decided of it, with the figures.
    pub fn decision(&self) -> Option<Decision> {
        self.of(|champion| Some(champion.version.decision.clone()), |fields| field(fields, "version/decision"))
    }

    /// Its figures on the hold-out when it was trained.
    pub fn evaluation(&self) -> Option<Evaluation> {
        self.of(|champion| Some(champion.version.evaluation.clone()), |fields| field(fields, "version/evaluation"))
    }

    /// The share of rows that a prediction interval is to hold, 0–1, of a regression model.
    pub fn interval_level(&self) -> Option<f64> {
        self.of(
            |champion| match &champion.version.evaluation {
                Evaluation::Regression(figures) => Some(figures.interval.level),
                Evaluation::Classification(_) => None,
            },
            |fields| field(fields, "version/evaluation/interval/level"),
        )
    }

    /// The table that it learnt from, or that an imported file was judged on.
    pub fn dataset(&self) -> Option<Dataset> {
        self.of(|champion| Some(champion.version.dataset.clone()), |fields| field(fields, "version/dataset"))
    }

    /// Whether it was imported.
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
