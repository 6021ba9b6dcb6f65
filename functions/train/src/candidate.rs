//! A trained model on its way to being a version.

use evergreen_learning::{Rows, Trained};
use evergreen_lifecycle::ports::Registration;
use evergreen_lifecycle::{
    Artifact, Champion, Dataset, Decision, Durations, MANIFEST_FORMAT, Manifest, Run, RunMetrics, RunState, Version,
    VersionNumber, time,
};
use evergreen_scoring::sha256_hex;
use jiff::Timestamp;

/// A trained model with its number, not yet judged.
#[derive(Debug, Clone)]
pub struct Candidate {
    number: VersionNumber,
    dataset: Dataset,
    load_seconds: f64,
    trained: Trained,
    artifact: Artifact,
}

impl Candidate {
    /// What `trained` is to be called and where it is to be stored.
    pub fn new(run: &Run, number: VersionNumber, dataset: Dataset, load_seconds: f64, trained: Trained) -> Self {
        let artifact = Artifact {
            key: number.object_key(&run.model, "model.onnx"),
            sha256: sha256_hex(&trained.artifact),
            size: trained.artifact.len() as u64,
        };
        Self { number, dataset, load_seconds, trained, artifact }
    }

    /// Where its file is stored.
    pub fn key(&self) -> &str {
        &self.artifact.key
    }

    /// Its file.
    pub fn content(&self) -> &[u8] {
        &self.trained.artifact
    }

    /// The rows that it has not learnt from.
    pub fn holdout(&self) -> &Rows {
        &self.trained.holdout
    }

    /// Its accuracy on them, 0–1.
    pub fn accuracy(&self) -> f64 {
        self.trained.evaluation.accuracy
    }

    /// What is to be registered once the gate has decided; `seen` is the champion that it decided by, `total_seconds` the
    /// run's length so far.
    pub fn registration(
        &self,
        run: &Run,
        decision: Decision,
        seen: Option<&Champion>,
        total_seconds: f64,
        now: Timestamp,
    ) -> Registration {
        let (finished_at, reason, version) = (time::to_millis(now), decision.to_string(), self.number);
        let state = if decision.promotes() {
            RunState::Succeeded { finished_at, version, reason }
        } else {
            RunState::Rejected { finished_at, version, reason }
        };
        let metrics = Some(self.headline(total_seconds));
        let version = self.version(run, decision, total_seconds, finished_at);
        let promotion = version.decision.promotes().then(|| Champion::succeeding(seen, version.clone(), finished_at));
        Registration {
            run: Run { metrics, state, ..run.clone() },
            version,
            promotion,
            seen_revision: Champion::revision_of(seen),
        }
    }

    /// The manifest of what is to be registered.
    pub fn manifest(&self, registration: &Registration) -> Manifest {
        let signature = self.trained.model.signature().clone();
        let importances = self.trained.importances.iter().copied();
        Manifest {
            format: MANIFEST_FORMAT,
            model: registration.run.model.clone(),
            version: registration.version.clone(),
            feature_importances: signature.columns().iter().cloned().zip(importances).collect(),
            signature,
            trigger: registration.run.trigger.clone(),
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
            dataset: self.dataset.clone(),
            seed: run.seed.unwrap_or_default(),
            parameters: run.parameters.clone().unwrap_or_default(),
            training_accuracy: self.trained.training_accuracy,
            evaluation: self.trained.evaluation.clone(),
            durations: Durations {
                load: self.load_seconds,
                fit: fit.as_secs_f64(),
                evaluate: evaluate.as_secs_f64(),
                total,
            },
            decision,
        }
    }

    fn headline(&self, duration: f64) -> RunMetrics {
        let evaluation = &self.trained.evaluation;
        RunMetrics {
            training_accuracy: self.trained.training_accuracy,
            accuracy: evaluation.accuracy,
            balanced_accuracy: evaluation.balanced_accuracy,
            f1: evaluation.f1,
            log_loss: evaluation.log_loss,
            roc_auc: evaluation.roc_auc,
            duration,
        }
    }
}
