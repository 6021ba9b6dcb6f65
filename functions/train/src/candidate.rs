//! A trained model on its way to being a version.

use evergreen_learning::{EvaluationError, Trained};
use evergreen_lifecycle::ports::{LARGEST_COPY, Registration};
use evergreen_lifecycle::{
    Announcement, Artifact, Champion, Dataset, DatasetProfile, Decision, Durations, LifecycleEvent, MANIFEST_FORMAT,
    Manifest, Pointer, PrimaryMetric, Rescored, Run, RunMetrics, RunState, Scores, Version, VersionNumber, time,
};
use evergreen_scoring::{Model, sha256_hex};
use evergreen_table::{FrameColumn, Values};
use jiff::Timestamp;

/// What a model was learnt from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The table's record.
    pub dataset: Dataset,
    /// How the table was read, with everything that is odd about it or about what was learnt of it.
    pub profile: DatasetProfile,
    /// How long that took, in seconds.
    pub load_seconds: f64,
}

/// What the gate decides by.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The pointer to the champion.
    pub pointer: Option<&'a Pointer>,
    /// The highest revision in the history.
    pub last_revision: u32,
}

/// A trained model with its number, not yet judged.
#[derive(Debug, Clone)]
pub struct Candidate {
    number: VersionNumber,
    source: Source,
    trained: Trained,
    artifact: Artifact,
}

impl Candidate {
    /// The columns of the table that it is judged on, but for texts of several words; a model made elsewhere may take fewer.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let columns = self.trained.holdout.frame().columns().iter();
        let counts = |column: &&FrameColumn| !matches!(column.values, Values::Text { .. });
        columns.filter(counts).map(|column| column.name.as_str())
    }

    /// What `trained` is to be called and where it is to be stored.
    pub fn new(run: &Run, number: VersionNumber, source: Source, trained: Trained) -> Self {
        let artifact = Artifact {
            key: number.object_key(&run.model, "model.onnx"),
            sha256: sha256_hex(&trained.artifact),
            size: trained.artifact.len() as u64,
        };
        Self { number, source, trained, artifact }
    }

    /// The same under another number.
    pub fn renumbered(self, run: &Run, number: VersionNumber) -> Self {
        let artifact = Artifact { key: number.object_key(&run.model, "model.onnx"), ..self.artifact };
        Self { number, artifact, ..self }
    }

    /// Its number.
    pub fn number(&self) -> VersionNumber {
        self.number
    }

    /// Where its file is stored.
    pub fn key(&self) -> &str {
        &self.artifact.key
    }

    /// Its file.
    pub fn content(&self) -> &[u8] {
        &self.trained.artifact
    }

    /// What it learnt from.
    pub fn dataset(&self) -> &Dataset {
        &self.source.dataset
    }

    /// How it does by `metric` on the rows that it has not learnt from.
    ///
    /// # Errors
    /// [`EvaluationError`] when the metric is none of its task.
    pub fn scores(&self, metric: PrimaryMetric) -> Result<Scores, EvaluationError> {
        self.scores_of(&self.trained.model, metric)
    }

    /// How a model does there that always answers the same; nothing where nothing can be learnt of that.
    pub fn constant_scores(&self, metric: PrimaryMetric) -> Option<Scores> {
        self.trained.holdout.constant_scores(self.trained.constant.as_ref()?, metric).ok()
    }

    /// How another model does on them.
    ///
    /// # Errors
    /// [`EvaluationError`] when it takes other columns, gives other labels or is for another task.
    pub fn scores_of(&self, model: &Model, metric: PrimaryMetric) -> Result<Scores, EvaluationError> {
        self.trained.holdout.scores(model, metric)
    }

    /// What is to be registered once the gate has decided, and told; `seen` is the champion that it decided by,
    /// `total_seconds` the run's length so far.
    ///
    /// # Errors
    /// What is to be told has no JSON form.
    pub fn registration(
        &self,
        run: &Run,
        decision: Decision,
        seen: &Seen<'_>,
        total_seconds: f64,
        now: Timestamp,
    ) -> Result<Registration, serde_json::Error> {
        let (finished_at, reason, version) = (time::to_millis(now), decision.to_string(), self.number);
        let state = if decision.promotes() {
            RunState::Succeeded { finished_at, version, reason }
        } else {
            RunState::Rejected { finished_at, version, reason }
        };
        let metrics = RunMetrics::of(&self.trained.evaluation, self.trained.training_score, total_seconds);
        let version = self.version(run, decision, total_seconds, finished_at);
        let promotion = version
            .decision
            .promotes()
            .then(|| Champion::following(seen.pointer, seen.last_revision, version.clone(), finished_at));
        // What is larger would be left out: no need to copy it here.
        let is_kept = promotion.is_some() && self.content().len() <= LARGEST_COPY;
        let run = Run { metrics: Some(metrics), rescored: rescored(&version.decision), state, ..run.clone() };
        let events = LifecycleEvent::of_version(&run, &version, finished_at);
        Ok(Registration {
            announcements: events.iter().map(Announcement::of).collect::<Result<_, _>>()?,
            run,
            version,
            promotion,
            seen_revision: seen.pointer.map_or(0, |pointer| pointer.revision),
            artifact: is_kept.then(|| self.content().to_vec()),
        })
    }

    /// The manifest of what is to be registered.
    pub fn manifest(&self, registration: &Registration) -> Manifest {
        let signature = self.trained.model.signature().clone();
        let importances = self.trained.importances.iter().copied();
        Manifest {
            format: MANIFEST_FORMAT,
            model: registration.run.model.clone(),
            version: registration.version.clone(),
            feature_importances: signature.column_names().map(str::to_owned).zip(importances).collect(),
            signature,
            trigger: registration.run.trigger.clone(),
            profile: self.source.profile.clone(),
            baseline: self.trained.baseline.clone(),
            candidates: self.trained.candidates.clone(),
        }
    }

    fn version(&self, run: &Run, decision: Decision, total: f64, trained_at: Timestamp) -> Version {
        let (fit, evaluate) = (self.trained.fit_duration, self.trained.evaluate_duration);
        Version {
            number: self.number,
            run_id: run.id.clone(),
            artifact: self.artifact.clone(),
            manifest_key: self.number.object_key(&run.model, "manifest.json"),
            trained_at,
            code_version: run.code_version.clone(),
            dataset: self.source.dataset.clone(),
            seed: run.seed.unwrap_or_default(),
            family: self.trained.family,
            parameters: self.trained.parameters.clone(),
            search: self.trained.search.clone(),
            imported: run.imported.clone(),
            training_score: self.trained.training_score,
            evaluation: self.trained.evaluation.clone(),
            durations: Durations {
                load: self.source.load_seconds,
                fit: fit.as_secs_f64(),
                evaluate: evaluate.as_secs_f64(),
                total,
            },
            decision,
        }
    }
}

/// How the champion did, where the gate could ask it.
fn rescored(decision: &Decision) -> Option<Rescored> {
    let (version, loss) = (decision.champion_version?, decision.champion_loss?);
    Some(Rescored { version, metric: decision.metric, loss })
}
