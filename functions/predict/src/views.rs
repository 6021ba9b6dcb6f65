//! JSON bodies of the answers about the champion.

mod inference;

use std::collections::BTreeMap;

use evergreen_http::{RowSchema, maybe_moment, moment};
use evergreen_lifecycle::{
    Dataset, Decision, Evaluation, Family, Imported, ModelName, Parameters, Pointer, RunId, SearchSummary, Signature,
    Task, Version, VersionNumber,
};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use self::inference::{LiveView, ReadyView, ServerView, TensorsView};
use crate::champion::{ConfirmedChampion, LoadedChampion};
use crate::loaded::LoadedVersion;
use crate::other_versions::OtherVersion;

/// JSON answer to `GET /health` while a champion is loaded. The endpoint needs no API key.
#[derive(Debug, Serialize)]
pub struct HealthView<'a> {
    status: &'static str,
    model: &'a ModelName,
    version: VersionNumber,
    #[serde(serialize_with = "moment")]
    loaded_at: Timestamp,
    #[serde(serialize_with = "moment")]
    checked_at: Timestamp,
}

impl<'a> HealthView<'a> {
    /// Creates the answer to `GET /health` from the champion in memory.
    pub fn new(model: &'a ModelName, confirmed: &'a ConfirmedChampion) -> Self {
        Self {
            status: "ok",
            model,
            version: confirmed.champion.pointer().number,
            loaded_at: confirmed.champion.loaded_at(),
            checked_at: confirmed.confirmed_at,
        }
    }
}

/// JSON answer to `GET /version`: the number of the champion or of the named version, and since when the champion serves.
#[derive(Debug, Serialize)]
pub struct VersionView<'a> {
    model: &'a ModelName,
    version: VersionNumber,
    /// Time at which this model version became the champion. `None` if it is not the champion, or if a newer release of
    /// the software wrote the time and this release cannot read it.
    #[serde(serialize_with = "maybe_moment")]
    promoted_at: Option<Timestamp>,
}

impl<'a> VersionView<'a> {
    /// Creates the answer to `GET /version` about the champion.
    pub fn of_champion(model: &'a ModelName, pointer: &Pointer) -> Self {
        Self { model, version: pointer.number, promoted_at: pointer.promoted_at() }
    }

    /// Creates the answer to `GET /version` about a version that the request names.
    pub fn of_version(model: &'a ModelName, version: VersionNumber) -> Self {
        Self { model, version, promoted_at: None }
    }
}

/// JSON answer to `GET /model`: everything that the function knows about the champion, or about the named version.
#[derive(Debug, Serialize)]
pub struct ModelView<'a> {
    model: &'a ModelName,
    version: VersionNumber,
    previous_version: Option<VersionNumber>,
    #[serde(serialize_with = "maybe_moment")]
    trained_at: Option<Timestamp>,
    #[serde(serialize_with = "maybe_moment")]
    promoted_at: Option<Timestamp>,
    signature: &'a Signature,
    /// Decision threshold of a classifier with two labels. The model answers the second label if its probability is
    /// above this number. `None` for other models.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
    /// For each label, the factor by which the model multiplies the label's probability before it chooses a label.
    /// `None` if all labels count the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    label_weights: Option<&'a [f32]>,
    row_schema: RowSchema<'a>,
    /// The mean absolute contribution of each column to the predictions for hold-out rows, by name. `None` if the artifact
    /// does not have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    contributions: Option<BTreeMap<&'a str, f32>>,
    artifact: ArtifactView<'a>,
    #[serde(flatten)]
    record: Option<RecordView<'a>>,
    /// Why the answer lacks fields: a newer release of the software wrote the registry record, and this release cannot
    /// read it. `None` if no field is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// Fields of `GET /model` that come from the registry's record of the model version.
#[derive(Debug, Serialize)]
struct RecordView<'a> {
    run_id: &'a RunId,
    code_version: &'a str,
    metrics: Metrics<'a>,
    family: Family,
    parameters: &'a Parameters,
    search: Option<&'a SearchSummary>,
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<&'a Imported>,
    dataset: &'a Dataset,
    gate: GateView<'a>,
}

#[derive(Debug, Serialize)]
struct Metrics<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    training_accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training_r2: Option<f64>,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

impl<'a> Metrics<'a> {
    fn of(evaluation: &'a Evaluation, training_score: f64) -> Self {
        let of = |task| (evaluation.task() == task).then_some(training_score);
        Self { training_accuracy: of(Task::Classification), training_r2: of(Task::Regression), evaluation }
    }
}

#[derive(Debug, Serialize)]
struct ArtifactView<'a> {
    sha256: &'a str,
    size: u64,
}

#[derive(Debug, Serialize)]
struct GateView<'a> {
    #[serde(flatten)]
    decision: &'a Decision,
    #[serde(serialize_with = "text")]
    reason: &'a Decision,
}

impl<'a> ModelView<'a> {
    /// Creates the answer to `GET /model` about the champion.
    pub fn of_champion(model: &'a ModelName, champion: &'a LoadedChampion) -> Self {
        let pointer = champion.pointer();
        Self {
            previous_version: pointer.previous(),
            trained_at: pointer.trained_at(),
            promoted_at: pointer.promoted_at(),
            record: pointer.champion().map(|champion| RecordView::of(&champion.version)),
            unreadable: pointer.unreadable().map(ToString::to_string),
            ..Self::of_loaded(model, champion.version())
        }
    }

    /// Creates the answer to `GET /model` about a version that the request names. It says nothing about promotions.
    pub fn of_version(model: &'a ModelName, version: &'a OtherVersion) -> Self {
        let record = version.record();
        Self {
            trained_at: record.as_ref().map_or_else(|it| it.moment("trained_at"), |it| Some(it.trained_at)),
            record: record.as_ref().ok().map(RecordView::of),
            unreadable: record.as_ref().err().map(ToString::to_string),
            ..Self::of_loaded(model, version.loaded())
        }
    }

    fn of_loaded(model: &'a ModelName, version: &'a LoadedVersion) -> Self {
        let (loaded, artifact) = (version.model(), &version.facts().artifact);
        let signature = loaded.signature();
        Self {
            model,
            version: version.number(),
            previous_version: None,
            trained_at: None,
            promoted_at: None,
            signature,
            threshold: loaded.threshold(),
            label_weights: loaded.label_weights(),
            row_schema: RowSchema(signature.columns()),
            contributions: loaded.mean_contributions().map(|means| signature.column_names().zip(means).collect()),
            artifact: ArtifactView { sha256: &artifact.sha256, size: artifact.size },
            record: None,
            unreadable: None,
        }
    }
}

impl<'a> RecordView<'a> {
    fn of(version: &'a Version) -> Self {
        Self {
            run_id: &version.run_id,
            code_version: &version.code_version,
            metrics: Metrics::of(&version.evaluation, version.training_score),
            family: version.family,
            parameters: &version.parameters,
            search: version.search.as_ref(),
            seed: version.imported.is_none().then_some(version.seed),
            imported: version.imported.as_ref(),
            dataset: &version.dataset,
            gate: GateView { decision: &version.decision, reason: &version.decision },
        }
    }
}

fn text<S: Serializer>(decision: &&Decision, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(decision)
}
