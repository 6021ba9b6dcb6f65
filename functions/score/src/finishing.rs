//! The step `finish`: the check of all parts, and the manifest.

use evergreen_batch::{BatchJob, BatchManifest, JobEvidence, Location, MANIFEST, answered};
use evergreen_lifecycle::ports::{BatchObjects, Clock};
use serde::Serialize;

use crate::error::BatchStepError;
use crate::ports::ScoreWorld;
use crate::stored::JobStore;

/// The result of the step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FinishReport {
    job: String,
    /// Whether every row was answered exactly once.
    complete: bool,
    /// Reason why the job is not complete. Empty if it is.
    problem: String,
    manifest: Location,
    rows: u64,
    errors: u64,
    failed_parts: usize,
    dollars: f64,
}

/// Checks all parts of a job.
pub(crate) struct Finishing<'a, W: ScoreWorld> {
    pub(crate) world: &'a W,
    pub(crate) store: JobStore<'a, W::Objects>,
}

impl<W: ScoreWorld> Finishing<'_, W> {
    pub(crate) async fn finish(&self, job: &BatchJob) -> Result<FinishReport, BatchStepError> {
        let missing = || BatchStepError::NoJob(job.id.to_string());
        let planned = self.store.planned(&job.id).await?.ok_or_else(missing)?;
        let parts = self.store.parts(&planned).await?;
        let evidence = self.store.evidence(&job.id, &job.output).await?;
        let done = answered(&parts, &evidence.receipts, &evidence.outputs);
        let failed: Vec<u32> = parts.iter().map(|part| part.number).filter(|part| !done.contains_key(part)).collect();
        let failures = self.store.failures(&job.id, &failed).await?;
        let evidence = JobEvidence { failures, ..evidence };
        let now = self.world.clock().now();
        let manifest = BatchManifest::check(&planned.job, planned.planned_at, &parts, &evidence, now);
        self.store.write(&self.store.keys(&job.id).manifest(), &manifest).await?;
        let beside = job.output.join(MANIFEST);
        let content = serde_json::to_vec_pretty(&manifest).map_err(BatchStepError::Json)?;
        self.world.objects().write(&beside.bucket, &beside.key, content, "application/json").await?;
        tracing::info!(
            job = job.id.as_str(),
            complete = manifest.complete,
            rows = manifest.rows,
            errors = manifest.errors,
            failed = manifest.failed.len(),
            "checked"
        );
        Ok(FinishReport {
            job: job.id.to_string(),
            complete: manifest.complete,
            problem: manifest.problem.unwrap_or_default(),
            manifest: beside,
            rows: manifest.rows,
            errors: manifest.errors,
            failed_parts: manifest.failed.len(),
            dollars: manifest.dollars,
        })
    }
}
