//! The objects of jobs, as JSON.

use std::collections::HashSet;

use evergreen_batch::{
    BatchPart, InputFile, JobEvidence, JobId, JobKeys, Location, PartFailure, PartReceipt, PlannedJob,
};
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::ports::{BatchObjects, ListedObject, ObjectReadError};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::BatchStepError;

/// Number of objects that are read at once.
const AT_ONCE: usize = 32;
const JSON: &str = "application/json";

/// The objects of jobs in the stack's bucket, and the objects of answers.
#[derive(Debug)]
pub(crate) struct JobStore<'a, O> {
    pub(crate) objects: &'a O,
    pub(crate) bucket: &'a str,
    pub(crate) model: &'a ModelName,
}

impl<O: BatchObjects> JobStore<'_, O> {
    pub(crate) fn keys(&self, job: &JobId) -> JobKeys {
        JobKeys::of(self.model, job)
    }

    /// Reads a job that was planned. `None` if it was not.
    pub(crate) async fn planned(&self, job: &JobId) -> Result<Option<PlannedJob>, BatchStepError> {
        match self.read(&self.keys(job).job()).await {
            Err(BatchStepError::Read(ObjectReadError::NotFound { .. })) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Reads the list of all parts of a job.
    pub(crate) async fn parts(&self, planned: &PlannedJob) -> Result<Vec<BatchPart>, BatchStepError> {
        self.read(&planned.plan).await
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<T, BatchStepError> {
        let content = self.objects.read(self.bucket, key, None, None).await?;
        let place = || Location::new(self.bucket, key);
        serde_json::from_slice(&content).map_err(|cause| BatchStepError::Unreadable { place: place(), cause })
    }

    pub(crate) async fn write(&self, key: &str, value: &(impl Serialize + Sync)) -> Result<(), BatchStepError> {
        let content = serde_json::to_vec(value).map_err(BatchStepError::Json)?;
        Ok(self.objects.write(self.bucket, key, content, JSON).await?)
    }

    /// Stores a value if no object has the key. Returns whether it was stored.
    pub(crate) async fn create(&self, key: &str, value: &(impl Serialize + Sync)) -> Result<bool, BatchStepError> {
        let content = serde_json::to_vec(value).map_err(BatchStepError::Json)?;
        Ok(self.objects.create_new(self.bucket, key, content, JSON).await?)
    }

    /// Reads what is known of a job's parts.
    pub(crate) async fn evidence(&self, job: &JobId, output: &Location) -> Result<JobEvidence, BatchStepError> {
        let keys = self.keys(job);
        let receipts = self.objects.list(self.bucket, &keys.receipts()).await?;
        let reads = receipts.into_iter().map(|object| async move { self.read::<PartReceipt>(&object.key).await });
        let receipts = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        let outputs = self.objects.list(&output.bucket, &output.key).await?;
        let outputs = outputs.into_iter().map(|object| (Location::new(&output.bucket, object.key), object.size));
        Ok(JobEvidence { receipts, outputs: outputs.collect(), failures: Vec::new() })
    }

    /// Reads why the last attempts at these parts failed.
    pub(crate) async fn failures(&self, job: &JobId, parts: &[u32]) -> Result<Vec<PartFailure>, BatchStepError> {
        let keys = self.keys(job);
        let wanted: HashSet<String> = parts.iter().map(|part| keys.failure(*part)).collect();
        let notes = self.objects.list(self.bucket, &keys.failures()).await?;
        let notes = notes.into_iter().filter(|note| wanted.contains(&note.key));
        let reads = notes.map(|note| async move { self.read::<PartFailure>(&note.key).await });
        stream::iter(reads).buffered(AT_ONCE).try_collect().await
    }

    /// Lists the files at an address: one object, or all under a prefix.
    pub(crate) async fn files(&self, input: &Location) -> Result<Vec<InputFile>, BatchStepError> {
        let found = self.objects.list(&input.bucket, &input.key).await?;
        let file = |object: ListedObject| InputFile {
            location: Location::new(&input.bucket, object.key),
            size: object.size,
            etag: object.etag,
        };
        Ok(found.into_iter().map(file).filter(|file| input.contains(&file.location)).collect())
    }
}
