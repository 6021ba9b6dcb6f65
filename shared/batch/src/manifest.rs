//! The end of a job: the check that every row was answered exactly once, and the manifest that says so.

use std::collections::{BTreeMap, HashMap, HashSet};

use evergreen_lifecycle::{ModelName, VersionNumber};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::job::{BatchJob, JobId, MANIFEST};
use crate::location::Location;
use crate::part::{BatchPart, PartFailure, PartReceipt};
use crate::plan::is_whole;

/// What is said about a part without any note.
const SILENT: &str = "no invocation ended; perhaps each ran out of time or memory, or the execution was stopped";

/// What is known of a job's parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobEvidence {
    /// The receipts. A part may have several, if several invocations scored it.
    pub receipts: Vec<PartReceipt>,
    /// The objects under the prefix of the answers, with their sizes.
    pub outputs: Vec<(Location, u64)>,
    /// Why the last attempts failed.
    pub failures: Vec<PartFailure>,
}

/// The result of a job, in the object `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchManifest {
    /// The identity of the job.
    pub job: JobId,
    /// The model.
    pub model: ModelName,
    /// The version that scored all rows.
    pub version: VersionNumber,
    /// Whether every row was answered exactly once.
    pub complete: bool,
    /// Reason why the job is not complete, in a sentence. `None` if it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<String>,
    /// The file, or the prefix of the files, with the rows.
    pub input: Location,
    /// The prefix of the answers.
    pub output: Location,
    /// When the job was planned.
    pub planned_at: Timestamp,
    /// When it was checked.
    pub checked_at: Timestamp,
    /// Number of rows that were answered, including those with an error.
    pub rows: u64,
    /// Number of rows that have an error in place of a prediction.
    pub errors: u64,
    /// The time of all parts together, in milliseconds.
    pub milliseconds: u64,
    /// The cost so far in US dollars, at list prices: an estimate without failed attempts.
    pub dollars: f64,
    /// What the contributions add up to. `None` without explanations.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub explained: Option<String>,
    /// The files with rows.
    pub files: Vec<ScoredFile>,
    /// The parts that were answered.
    pub parts: Vec<AnsweredPart>,
    /// The parts that were not.
    pub failed: Vec<FailedPart>,
    /// Objects under the prefix of the answers that no part should have written.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub extra: Vec<Location>,
}

/// A file whose rows were scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoredFile {
    /// Where it is.
    pub file: Location,
    /// Its entity tag when it was planned.
    pub etag: String,
    /// Number of its rows.
    pub rows: u64,
    /// Number of its rows that have an error.
    pub errors: u64,
    /// Number of its parts.
    pub parts: u32,
}

/// A part that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredPart {
    /// The number of the part.
    pub number: u32,
    /// The object with its answers.
    pub output: Location,
    /// Index of its first row in its file, from 0.
    pub first: u64,
    /// Number of its rows.
    pub rows: u64,
    /// Number of its rows that have an error.
    pub errors: u64,
    /// The size of its answers in bytes.
    pub bytes: u64,
    /// The SHA-256 of its answers.
    pub sha256: String,
}

/// A part that was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedPart {
    /// The number of the part.
    pub number: u32,
    /// The file with its rows.
    pub file: Location,
    /// Index of its first row in its file, from 0.
    pub first: u64,
    /// Number of its rows.
    pub rows: u64,
    /// Why the last attempt failed.
    pub reason: String,
}

/// Returns the receipt of each part that was answered: it has the planned number of rows, and the object with the answers
/// has the size that the receipt says.
pub fn answered<'a>(
    parts: &[BatchPart],
    receipts: &'a [PartReceipt],
    outputs: &[(Location, u64)],
) -> BTreeMap<u32, &'a PartReceipt> {
    let sizes: HashMap<&Location, u64> = outputs.iter().map(|(place, size)| (place, *size)).collect();
    let planned: BTreeMap<u32, &BatchPart> = parts.iter().map(|part| (part.number, part)).collect();
    let is_valid = |receipt: &PartReceipt| {
        planned.get(&receipt.part).is_some_and(|part| {
            part.rows == receipt.rows && sizes.get(&part.output).is_some_and(|size| *size == receipt.bytes)
        })
    };
    receipts.iter().filter(|receipt| is_valid(receipt)).map(|receipt| (receipt.part, receipt)).collect()
}

/// Returns the parts that a resumed job must score: those that were not answered.
pub fn unanswered(parts: Vec<BatchPart>, receipts: &[PartReceipt], outputs: &[(Location, u64)]) -> Vec<BatchPart> {
    let done: HashSet<u32> = answered(&parts, receipts, outputs).into_keys().collect();
    parts.into_iter().filter(|part| !done.contains(&part.number)).collect()
}

impl BatchManifest {
    /// Checks that every planned row was answered exactly once: each part has an object with its answers and a receipt
    /// with the planned number of rows, and there is no other object.
    pub fn check(
        job: &BatchJob,
        planned_at: Timestamp,
        parts: &[BatchPart],
        evidence: &JobEvidence,
        checked_at: Timestamp,
    ) -> Self {
        let receipts = answered(parts, &evidence.receipts, &evidence.outputs);
        let failed = failed_parts(parts, &receipts, &evidence.failures);
        let planned: HashSet<&Location> = parts.iter().map(|part| &part.output).collect();
        let manifest = job.output.join(MANIFEST);
        let others = evidence.outputs.iter().map(|(place, _)| place);
        let extra: Vec<Location> =
            others.filter(|place| **place != manifest && !planned.contains(place)).cloned().collect();
        let problem = problem(parts, &failed, &extra);
        // Each invocation that ended is billed, also if another one scored the same part.
        let milliseconds = evidence.receipts.iter().map(|receipt| receipt.milliseconds).sum();
        Self {
            job: job.id.clone(),
            model: job.model.clone(),
            version: job.version,
            complete: problem.is_none(),
            problem,
            input: job.input.clone(),
            output: job.output.clone(),
            planned_at,
            checked_at,
            rows: receipts.values().map(|receipt| receipt.rows).sum(),
            errors: receipts.values().map(|receipt| receipt.errors).sum(),
            milliseconds,
            dollars: job.rates.dollars(evidence.receipts.len() as u64, milliseconds),
            explained: receipts.values().find_map(|receipt| receipt.explained.clone()),
            files: files(parts, &receipts),
            parts: parts.iter().filter_map(|part| AnsweredPart::of(part, &receipts)).collect(),
            failed,
            extra,
        }
    }
}

impl AnsweredPart {
    fn of(part: &BatchPart, receipts: &BTreeMap<u32, &PartReceipt>) -> Option<Self> {
        let receipt = receipts.get(&part.number)?;
        Some(Self {
            number: part.number,
            output: part.output.clone(),
            first: part.first,
            rows: part.rows,
            errors: receipt.errors,
            bytes: receipt.bytes,
            sha256: receipt.sha256.clone(),
        })
    }
}

fn failed_parts(
    parts: &[BatchPart],
    receipts: &BTreeMap<u32, &PartReceipt>,
    failures: &[PartFailure],
) -> Vec<FailedPart> {
    let reasons: HashMap<u32, &str> = failures.iter().map(|failure| (failure.part, failure.reason.as_str())).collect();
    let missing = parts.iter().filter(|part| !receipts.contains_key(&part.number));
    let failed = missing.map(|part| FailedPart {
        number: part.number,
        file: part.file.clone(),
        first: part.first,
        rows: part.rows,
        reason: reasons.get(&part.number).copied().unwrap_or(SILENT).to_owned(),
    });
    failed.collect()
}

fn files(parts: &[BatchPart], receipts: &BTreeMap<u32, &PartReceipt>) -> Vec<ScoredFile> {
    let mut files: Vec<ScoredFile> = Vec::new();
    for part in parts {
        let errors = receipts.get(&part.number).map_or(0, |receipt| receipt.errors);
        match files.last_mut().filter(|last| last.file == part.file) {
            Some(last) => {
                last.rows += part.rows;
                last.errors += errors;
                last.parts += 1;
            }
            None => files.push(ScoredFile {
                file: part.file.clone(),
                etag: part.etag.clone(),
                rows: part.rows,
                errors,
                parts: 1,
            }),
        }
    }
    files
}

fn problem(parts: &[BatchPart], failed: &[FailedPart], extra: &[Location]) -> Option<String> {
    if !is_whole(parts) {
        return Some("the list of parts does not have every row exactly once; start a new job".to_owned());
    }
    if let Some(first) = failed.first() {
        let (count, all) = (failed.len(), parts.len());
        return Some(format!(
            "{count} of {all} parts have no answers, such as part {}: {}",
            first.number, first.reason
        ));
    }
    let (count, first) = (extra.len(), extra.first()?);
    Some(format!("{count} objects beside the answers are not from this job, such as {first}; remove them"))
}
