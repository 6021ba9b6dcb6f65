//! Verifies a version: trains it again with the recorded table, seed and options, and compares the artifacts byte for
//! byte. A verification makes no version, and never changes which version serves.

mod comparing;
mod recorded;

use std::time::Instant;

use evergreen_learning::memory::Purpose;
use evergreen_learning::{Origin, Plan, train};
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, ChangeError, Steering, Versions};
use evergreen_lifecycle::{
    Actor, ActorKind, Announcement, AuditEntry, AuditedAction, Change, Edit, IMPORTED_FILE, Manifest, RecordedOptions,
    Verification, VerificationOutcome, Version, VersionNumber, time,
};

use crate::config::TrainingSettings;
use crate::dataset;
use crate::error::TrainError;
use crate::feedback;
use crate::importing;
use crate::ports::TrainWorld;
use crate::retries::RetryLimit;
use crate::trainer::{Invocation, Trainer};
use crate::work::{learning_deadline, off_thread};
use recorded::RecordedTable;

/// The name of the actor in the audit entry of a verification.
const ACTOR: &str = "train";

/// Result of a step of a verification: what the step gives, or why the version cannot be trained again.
type Step<T> = Result<T, String>;

impl<W: TrainWorld> Trainer<'_, W> {
    /// Trains a version again and records whether the artifact is the same.
    ///
    /// # Errors
    /// Returns [`TrainError`] if the version is not registered, or if the registry or the store does not answer.
    pub(crate) async fn verify(
        &self,
        number: VersionNumber,
        invocation: &Invocation,
    ) -> Result<Verification, TrainError> {
        let (started, retries) = (Instant::now(), self.retries(invocation));
        let version = retries.call(async || self.world.registry().version(number).await).await?;
        let version = version.ok_or(TrainError::NoSuchVersion(number))??;
        let (outcome, differences) = match self.differences(&version, invocation).await? {
            Ok(differences) if differences.is_empty() => (VerificationOutcome::Identical, differences),
            Ok(differences) => (VerificationOutcome::Differs, differences),
            Err(reason) => (VerificationOutcome::NotPossible, vec![reason]),
        };
        let verification = Verification {
            version: number,
            at: time::to_millis(self.world.clock().now()),
            outcome,
            differences,
            code_version: self.settings.code_version.clone(),
            recorded_code_version: version.code_version.clone(),
            architecture: std::env::consts::ARCH.to_owned(),
            seconds: started.elapsed().as_secs_f64(),
        };
        self.record_verification(&verification, invocation, retries).await?;
        Ok(verification)
    }

    /// Returns what differs between the stored artifact of a version and one that is made again.
    async fn differences(&self, version: &Version, invocation: &Invocation) -> Result<Step<Vec<String>>, TrainError> {
        let storage = self.world.storage();
        let Some(manifest) = found(storage.get(&version.manifest_key).await)? else {
            return Ok(Err(format!("its manifest {} is gone", version.manifest_key)));
        };
        let manifest: Manifest = match serde_json::from_slice(&manifest) {
            Ok(manifest) => manifest,
            Err(error) => return Ok(Err(format!("this release cannot read its manifest: {error}"))),
        };
        let Some(stored) = found(storage.get(&version.artifact.key).await)? else {
            return Ok(Err(format!("its artifact {} is gone", version.artifact.key)));
        };
        if manifest.profile.sample_rows.is_some() {
            return Ok(Err(
                "its table was read as a stream, and a verification needs the whole table in memory".to_owned()
            ));
        }
        let table = match RecordedTable::fetch(storage, &manifest.profile).await? {
            Ok(table) => table,
            Err(reason) => return Ok(Err(reason)),
        };
        let made = if version.imported.is_some() {
            self.import_again(version, &table).await
        } else {
            self.train_again(version, &manifest, &table, invocation).await
        };
        let new = match made {
            Ok(Ok(new)) => new,
            Ok(Err(reason)) => return Ok(Err(reason)),
            Err(TrainError::Unavailable(error)) => return Err(error.into()),
            Err(error) => return Ok(Err(format!("the training failed: {error}"))),
        };
        let mut differences = comparing::differences(&stored, &new);
        if !differences.is_empty() {
            differences.extend(self.causes(version, &manifest));
        }
        Ok(Ok(differences))
    }

    /// Trains again with everything that is recorded. Returns the new artifact.
    async fn train_again(
        &self,
        version: &Version,
        manifest: &Manifest,
        table: &RecordedTable,
        invocation: &Invocation,
    ) -> Result<Step<Vec<u8>>, TrainError> {
        let Some(options) = options_of(manifest, self.settings) else {
            return Ok(Err("an earlier release did not record the options of its training".to_owned()));
        };
        if options.memory > self.settings.memory {
            let needed = options.memory.div_ceil(1 << 20);
            return Ok(Err(format!("it was trained with {needed} MB for table and model; give the function as much")));
        }
        let settings = TrainingSettings { target: options.target, memory: options.memory, ..self.settings.clone() };
        let purpose = Purpose::Learn(options.family, &options.hyperparameters);
        let files = &manifest.profile.feedback;
        let feedback = match feedback::recorded(self.world.storage(), &self.settings.model, files).await? {
            Ok(feedback) => feedback,
            Err(reason) => return Ok(Err(reason)),
        };
        let prepared = dataset::read(table, &settings, purpose, feedback, None).await?.prepared;
        let plan = Plan::new(prepared.table(), options.family, &options.hyperparameters, version.seed)?;
        // The artifact contains the version of the code. So the recorded one is written, and a difference is then one of
        // the model.
        let origin = Origin { model: settings.model.to_string(), code_version: version.code_version.clone() };
        let deadline = learning_deadline(invocation.deadline, self.world.clock().now(), None);
        Ok(Ok(off_thread(move || train(&prepared, &plan, deadline, &origin)).await??.artifact))
    }

    /// Converts the kept copy of an imported model file again. Returns the new artifact.
    async fn import_again(&self, version: &Version, table: &RecordedTable) -> Result<Step<Vec<u8>>, TrainError> {
        let key = version.number.object_key(&self.settings.model, IMPORTED_FILE);
        let Some(content) = found(self.world.storage().get(&key).await)? else {
            return Ok(Err(format!("the copy of the imported file, {key}, is gone")));
        };
        let prepared = dataset::read(table, self.settings, Purpose::Judge, None, None).await?.prepared;
        let model = self.settings.model.clone();
        let adopted = off_thread(move || importing::convert(content, &key, &prepared, &model)).await?;
        adopted.map(Ok)
    }

    /// Returns the known reasons why an artifact that is made again may differ.
    fn causes(&self, version: &Version, manifest: &Manifest) -> Vec<String> {
        let mut causes = Vec::new();
        let now = &self.settings.code_version;
        if version.code_version != *now {
            causes.push(format!(
                "other code: this is version {now}, and the version was made by {}",
                version.code_version
            ));
        }
        let here = std::env::consts::ARCH;
        if let Some(other) = manifest.architecture.as_deref().filter(|other| *other != here) {
            causes.push(format!("another processor: this is {here}, and the version was made on {other}"));
        }
        if version.search.as_ref().is_some_and(|search| search.cut_short) {
            causes.push("the time of the first search ran out, so it tried fewer candidates".to_owned());
        }
        if manifest.options.is_none() && version.imported.is_none() {
            causes.push("an earlier release did not record all options and settings of the training".to_owned());
        }
        causes
    }

    /// Stores the result with an audit entry and an event, in one transaction.
    async fn record_verification(
        &self,
        verification: &Verification,
        invocation: &Invocation,
        retries: RetryLimit,
    ) -> Result<(), TrainError> {
        let number = verification.version;
        let outcome = verification.outcome.as_str().to_owned();
        let details = [("outcome".to_owned(), outcome), ("code_version".to_owned(), verification.code_version.clone())];
        let entry = AuditEntry {
            id: format!("verify-{number}-{}", invocation.id),
            at: verification.at,
            actor: Actor::new(ActorKind::Stack, ACTOR),
            action: AuditedAction::VersionVerified,
            subject: format!("version {number}"),
            reason: None,
            details: details.into(),
        };
        let announcement = Announcement::of_change(&entry, &self.settings.model, Some(number), None)?;
        let edits = vec![Edit::Verified(Box::new(verification.clone()))];
        let change = Change { edits, entry, announcements: vec![announcement], key: None };
        retries.call(async || apply(self.world.registry(), &change).await).await?;
        self.publish(&change.announcements, invocation).await;
        Ok(())
    }
}

/// Makes a change that no other change can conflict with.
pub(crate) async fn apply(registry: &impl Steering, change: &Change) -> Result<(), TrainError> {
    match registry.apply(change).await {
        Ok(()) | Err(ChangeError::Repeated(_)) => Ok(()),
        Err(ChangeError::Unavailable(error)) => Err(error.into()),
        Err(error) => Err(TrainError::NotChanged(error.to_string())),
    }
}

/// Returns the recorded options of a training. An earlier release recorded none. Then they are known only if the search
/// had one candidate.
fn options_of(manifest: &Manifest, stack: &TrainingSettings) -> Option<RecordedOptions> {
    let version = &manifest.version;
    let is_single = version.search.as_ref().is_some_and(|search| search.planned == 1);
    manifest.options.clone().or_else(|| {
        is_single.then(|| RecordedOptions {
            family: Some(version.family),
            hyperparameters: version.parameters.clone(),
            target: stack.target.clone(),
            memory: stack.memory,
        })
    })
}

/// Turns "not found" into `None`.
pub(crate) fn found(read: Result<Vec<u8>, ArtifactReadError>) -> Result<Option<Vec<u8>>, TrainError> {
    match read {
        Ok(content) => Ok(Some(content)),
        Err(ArtifactReadError::NotFound(_)) => Ok(None),
        Err(ArtifactReadError::Unavailable(error)) => Err(error.into()),
    }
}
