//! A trained or imported model that is not yet registered as a version.

use evergreen_learning::{EvaluationError, Holdout, Trained};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::drift::TableDrift;
use evergreen_lifecycle::feedback::WrittenLosses;
use evergreen_lifecycle::ports::{LARGEST_COPY, Registration};
use evergreen_lifecycle::rollout::{PromotionMode, Rollout};
use evergreen_lifecycle::{
    Announcement, Artifact, Champion, Dataset, DatasetProfile, Decision, Durations, LifecycleEvent, MANIFEST_FORMAT,
    Manifest, Pointer, PrimaryMetric, RecordedOptions, Rescored, Run, RunMetrics, RunState, Scores, Verdict, Version,
    VersionNumber, time,
};
use evergreen_scoring::{Model, probe};
use evergreen_table::{FrameColumn, Values};
use jiff::Timestamp;

use crate::config::TrainingSettings;

/// The data set of one training or import: its summary, its statistics, and how long reading it took.
#[derive(Debug, Clone)]
pub struct DatasetRecord {
    /// Summary of the data set. It becomes part of the registry records of the run and of the version.
    pub summary: Dataset,
    /// Statistics of the data set, with all warnings about the data set and about the training.
    pub profile: DatasetProfile,
    /// The options of the training. `None` for an import.
    pub options: Option<RecordedOptions>,
    /// The comparison with the champion's data set. `None` if there is nothing to compare with.
    pub drift: Option<TableDrift>,
    /// How long it took to read the data set, in seconds.
    pub load_seconds: f64,
}

/// State of the registry at the time of the gate's decision: the current champion's record and the last revision
/// number.
#[derive(Debug, Clone, Copy)]
pub struct RegistrySnapshot<'a> {
    /// The registry record that names the champion. `None` if no version was ever promoted.
    pub pointer: Option<&'a Pointer>,
    /// Revision number of the last promotion. Each promotion of a model version to champion gets a higher number.
    pub last_revision: u32,
    /// The newest rollout, which may have ended. `None` if there was none.
    pub rollout: Option<&'a Rollout>,
}

// The gate decides later whether this version becomes the champion.
/// The challenger: a trained or imported model that has a version number and is not yet registered.
#[derive(Debug, Clone)]
pub struct Challenger {
    number: VersionNumber,
    dataset: DatasetRecord,
    trained: Trained,
    artifact: Artifact,
}

impl Challenger {
    /// Returns the names of the columns in the hold-out rows, except free-text columns (each value has several words).
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        // An imported model may use fewer columns.
        let columns = self.trained.holdout.frame().columns().iter();
        let counts = |column: &&FrameColumn| !matches!(column.values, Values::Text { .. });
        columns.filter(counts).map(|column| column.name.as_str())
    }

    /// Creates the challenger with version number `number` from a trained model. Computes its S3 key and its SHA-256.
    pub fn new(run: &Run, number: VersionNumber, dataset: DatasetRecord, trained: Trained) -> Self {
        let artifact = Artifact {
            key: number.object_key(&run.model, "model.onnx"),
            sha256: sha256_hex(&trained.artifact),
            size: trained.artifact.len() as u64,
        };
        Self { number, dataset, trained, artifact }
    }

    /// Returns the same model under the new version number `number`.
    pub fn renumbered(self, run: &Run, number: VersionNumber) -> Self {
        let artifact = Artifact { key: number.object_key(&run.model, "model.onnx"), ..self.artifact };
        Self { number, artifact, ..self }
    }

    /// Returns the version number of this model.
    pub fn number(&self) -> VersionNumber {
        self.number
    }

    /// Returns the S3 key of the model's artifact.
    pub fn key(&self) -> &str {
        &self.artifact.key
    }

    /// Returns the bytes of the model's artifact, an ONNX file.
    pub fn content(&self) -> &[u8] {
        &self.trained.artifact
    }

    /// Returns the summary of the data set on which the model was trained, or, for an imported model, evaluated.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset.summary
    }

    /// Returns the loaded model.
    pub fn model(&self) -> &Model {
        &self.trained.model
    }

    /// Returns the hold-out rows of this training run.
    pub fn holdout(&self) -> &Holdout {
        &self.trained.holdout
    }

    /// Scores this new model on its hold-out rows, by the given metric.
    ///
    /// # Errors
    /// Returns [`EvaluationError`] if the metric belongs to another task.
    pub fn scores(&self, metric: PrimaryMetric) -> Result<Scores, EvaluationError> {
        self.scores_of(&self.trained.model, metric)
    }

    /// Scores a baseline that gives the same answer for every hold-out row, by the given metric. `None` if there is no
    /// such baseline.
    pub fn constant_scores(&self, metric: PrimaryMetric) -> Option<Scores> {
        self.trained.holdout.constant_scores(self.trained.constant.as_ref()?, metric).ok()
    }

    /// Scores another model (for example, the champion's) on the hold-out rows of this training run.
    ///
    /// # Errors
    /// Returns [`EvaluationError`] if that model has other columns, other labels or another task.
    pub fn scores_of(&self, model: &Model, metric: PrimaryMetric) -> Result<Scores, EvaluationError> {
        self.trained.holdout.scores(model, metric)
    }

    /// Creates the registry records and the events with which this model version is registered. `decision` says whether
    /// the version becomes the champion.
    ///
    /// # Errors
    /// Returns an error if an event cannot be serialized.
    pub fn registration(
        &self,
        run: &Run,
        decision: Decision,
        seen: &RegistrySnapshot<'_>,
        settings: &TrainingSettings,
        total_seconds: f64,
        now: Timestamp,
    ) -> Result<Registration, serde_json::Error> {
        // The decision is based on `seen`, the registry's state. The run took `total_seconds` so far.
        let (finished_at, number) = (time::to_millis(now), self.number);
        let metrics = RunMetrics::of(&self.trained.evaluation, self.trained.training_score, total_seconds);
        let promotion = mode(settings.promotion, &decision);
        let version = Version { promotion, ..self.version(run, decision, total_seconds, finished_at) };
        let rollout = rollout(&version, seen, settings, finished_at);
        let reason = reason(&version, rollout.as_ref());
        let state = if version.decision.promotes() {
            RunState::Succeeded { finished_at, version: number, reason }
        } else {
            RunState::Rejected { finished_at, version: number, reason }
        };
        let promotion = version
            .is_promoted_at_once()
            .then(|| Champion::following(seen.pointer, seen.last_revision, version.clone(), finished_at));
        // The registry copies only small artifacts, so a larger artifact is not cloned here.
        let is_kept = promotion.is_some() && self.content().len() <= LARGEST_COPY;
        let run = Run { metrics: Some(metrics), rescored: rescored(&version.decision), state, ..run.clone() };
        let drift = self.dataset.drift.as_ref().map(TableDrift::summary);
        let events = LifecycleEvent::of_version(&run, &version, drift, finished_at);
        Ok(Registration {
            announcements: events.iter().map(Announcement::of).collect::<Result<_, _>>()?,
            run,
            version,
            promotion,
            rollout,
            seen_revision: seen.pointer.map_or(0, |pointer| pointer.revision),
            artifact: is_kept.then(|| self.content().to_vec()),
        })
    }

    /// Creates the manifest of the model version: a JSON file beside the artifact in S3 that describes the version.
    pub fn manifest(&self, registration: &Registration) -> Manifest {
        let signature = self.trained.model.signature().clone();
        let importances = self.trained.importances.iter().copied();
        let contributions = self.trained.model.mean_contributions().unwrap_or_default();
        let contributions = contributions.into_iter().map(f64::from);
        Manifest {
            format: MANIFEST_FORMAT,
            model: registration.run.model.clone(),
            version: registration.version.clone(),
            feature_importances: signature.column_names().map(str::to_owned).zip(importances).collect(),
            contributions: signature.column_names().map(str::to_owned).zip(contributions).collect(),
            signature,
            trigger: registration.run.trigger.clone(),
            profile: self.dataset.profile.clone(),
            baseline: self.trained.baseline.clone(),
            hold_out: self.trained.model.metadata().hold_out.as_ref().and_then(WrittenLosses::read),
            curves: Some(self.trained.curves.clone()),
            table_drift: self.dataset.drift.clone(),
            probes: probe(&self.trained.model),
            options: self.dataset.options.clone(),
            architecture: Some(std::env::consts::ARCH.to_owned()),
            candidates: self.trained.candidates.clone(),
        }
    }

    fn version(&self, run: &Run, decision: Decision, total: f64, trained_at: Timestamp) -> Version {
        debug_assert!(run.seed.is_some() || run.imported.is_some(), "a training run has a seed");
        let (fit, evaluate) = (self.trained.fit_duration, self.trained.evaluate_duration);
        Version {
            number: self.number,
            run_id: run.id.clone(),
            artifact: self.artifact.clone(),
            manifest_key: self.number.object_key(&run.model, "manifest.json"),
            trained_at,
            code_version: run.code_version.clone(),
            dataset: self.dataset.summary.clone(),
            // An import has no seed. Its version records the seed 0.
            seed: run.seed.unwrap_or(0),
            family: self.trained.family,
            parameters: self.trained.parameters.clone(),
            search: self.trained.search.clone(),
            imported: run.imported.clone(),
            training_score: self.trained.training_score,
            evaluation: self.trained.evaluation.clone(),
            durations: Durations {
                load: self.dataset.load_seconds,
                fit: fit.as_secs_f64(),
                evaluate: evaluate.as_secs_f64(),
                total,
            },
            decision,
            promotion: PromotionMode::Direct,
        }
    }
}

/// Returns what happens with a version that passed the gate. Without a champion to compare it with, it is promoted
/// directly: a first version, or the successor of one that cannot be loaded.
fn mode(wanted: PromotionMode, decision: &Decision) -> PromotionMode {
    match (wanted, decision.verdict) {
        (_, Verdict::FirstChampion) | (PromotionMode::Canary, Verdict::ChampionUnreadable) => PromotionMode::Direct,
        _ => wanted,
    }
}

/// Returns the rollout that begins now. `None` if the version has none.
fn rollout(
    version: &Version,
    seen: &RegistrySnapshot<'_>,
    settings: &TrainingSettings,
    now: Timestamp,
) -> Option<Rollout> {
    let pointer = seen.pointer.filter(|_| version.decision.promotes() && version.promotion == PromotionMode::Canary)?;
    let champion = (pointer.number, pointer.revision);
    Some(Rollout::beginning(seen.rollout, champion, version.clone(), settings.rollout.clone(), now))
}

fn reason(version: &Version, rollout: Option<&Rollout>) -> String {
    match rollout.and_then(|rollout| rollout.replaced) {
        Some(replaced) => format!("{}, in place of the rollout of version {replaced}", version.why()),
        None => version.why(),
    }
}

/// Returns the champion's loss on the hold-out rows of this run. `None` if the gate could not score the champion.
fn rescored(decision: &Decision) -> Option<Rescored> {
    let (version, loss) = (decision.champion_version?, decision.champion_loss?);
    Some(Rescored { version, metric: decision.metric, loss })
}
