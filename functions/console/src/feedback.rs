//! `POST /feedback`: takes what turned out true about predictions, and counts how right they were.
//!
//! An id says, signed, what was predicted. So each element is judged without a stored prediction. A wrong element is
//! refused, and the others are counted. Each id is counted once, so a caller may repeat a request. If the stack's settings
//! ask for it, the row of an element is kept.

mod entry;
mod keeping;
mod versions;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use evergreen_http::Problem;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{
    FeedbackGroup, InvalidPredictionId, JudgedPrediction, KeptRow, MAX_CLOCK_DIFFERENCE, MAX_FEEDBACK_AGE,
    PredictionKey, PredictionRecord,
};
use evergreen_lifecycle::ports::{FeedbackCounting, PredictionKeys};
use jiff::Timestamp;
use lambda_http::Request;
use serde::Serialize;

use self::entry::{Entry, FeedbackBody, RefusedEntry, WrongEntry};
use self::keeping::{RowsAnswer, SentRows, known_truth};
use self::versions::{KnownVersion, KnownVersions};
use crate::body;
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};

/// Maximum number of elements in a request.
pub const MAX_ENTRIES: usize = 1000;

// An element with a long id and a long label has about 300 bytes. API Gateway and Lambda take about 6 MB.
/// Maximum length of the body in bytes.
const MAX_BYTES: usize = 4 << 20;

/// What an environment keeps between requests: the key of the ids, and facts about versions.
#[derive(Debug, Default)]
pub(crate) struct FeedbackMemory {
    key: OnceLock<PredictionKey>,
    versions: KnownVersions,
}

/// The answer to a request.
#[derive(Debug, Serialize)]
struct FeedbackAnswer {
    /// Number of predictions that are counted now.
    counted: usize,
    /// Number of predictions that were counted before. Their first true value stays counted.
    repeated: usize,
    /// The elements that cannot be counted.
    refused: Vec<RefusedEntry>,
    /// What became of the rows. `None` if the request has no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<RowsAnswer>,
}

/// An element whose id was opened.
struct OpenedEntry {
    index: usize,
    entry: Entry,
    record: PredictionRecord,
}

/// The elements of a request, compared with what was predicted.
#[derive(Default)]
struct JudgedEntries {
    judged: Vec<JudgedPrediction>,
    rows: SentRows,
    refused: Vec<RefusedEntry>,
}

impl OpenedEntry {
    /// Compares the element with what was predicted. Also returns the row that is to be kept. `known` has the facts about
    /// the version that predicted.
    fn judge(
        &self,
        known: Option<&KnownVersion>,
        keeps_rows: bool,
    ) -> Result<(JudgedPrediction, Option<KeptRow>), WrongEntry> {
        let (entry, record) = (&self.entry, &self.record);
        let truth = entry.truth(record, known.map(|known| known.signature.labels()))?;
        let hold_out = known.and_then(|known| known.hold_out.as_ref());
        let judged = JudgedPrediction::new(&entry.id, record, truth, hold_out).ok_or_else(entry::does_not_fit)?;
        let Some(row) = entry.row.as_ref().filter(|_| keeps_rows) else { return Ok((judged, None)) };
        let signature = known.map(|known| &known.signature);
        let cells = entry.cells(row, signature)?;
        let truth = signature.and_then(|signature| known_truth(truth, signature)).ok_or_else(entry::does_not_fit)?;
        let row = KeptRow { id_hash: judged.id_hash.clone(), predicted_at: record.at, truth, cells };
        Ok((judged, Some(row)))
    }
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn take_feedback(&self, request: &Request) -> Result<Reply, Problem> {
        let body: FeedbackBody = body::json_up_to(request, MAX_BYTES)?;
        let is_single = body.is_single();
        let (opened, mut refused) = self.open_ids(body.entries()?).await?;
        let JudgedEntries { judged, rows, refused: wrong } = self.judge(opened).await?;
        refused.extend(wrong);
        refused.sort_by_key(|entry| entry.index);
        if let (true, Some(first)) = (judged.is_empty(), refused.first()) {
            return Err(first.problem(is_single, refused.len()));
        }
        let accepted = judged.len();
        let rows = self.keep(rows).await?;
        let counted = self.count(judged).await?;
        let answer = FeedbackAnswer { counted, repeated: accepted - counted, refused, rows };
        tracing::info!(counted, repeated = answer.repeated, refused = answer.refused.len(), "feedback");
        Reply::ok(&answer)
    }

    /// Opens the ids of the elements. Returns the elements that could be opened, and those that are refused.
    async fn open_ids(
        &self,
        entries: Vec<Result<Entry, RefusedEntry>>,
    ) -> Result<(Vec<OpenedEntry>, Vec<RefusedEntry>), Problem> {
        let key = self.prediction_key().await?;
        let now = self.now();
        let (mut opened, mut refused) = (Vec::new(), Vec::new());
        for (index, entry) in entries.into_iter().enumerate() {
            let result = entry.and_then(|entry| {
                let record = record(key.as_ref(), &entry.id, now).map_err(|wrong| wrong.of(index))?;
                Ok(OpenedEntry { index, entry, record })
            });
            match result {
                Ok(entry) => opened.push(entry),
                Err(entry) => refused.push(entry),
            }
        }
        Ok((opened, refused))
    }

    /// Compares what was predicted with what turned out true, and checks the rows.
    async fn judge(&self, opened: Vec<OpenedEntry>) -> Result<JudgedEntries, Problem> {
        let numbers: BTreeSet<VersionNumber> = opened.iter().map(|entry| entry.record.version).collect();
        let versions = self.feedback.versions.get(self, numbers).await?;
        let (keeps_rows, mut all) = (self.keeps_rows(), JudgedEntries::default());
        for entry in opened {
            let known = versions.get(&entry.record.version).map(AsRef::as_ref);
            match entry.judge(known, keeps_rows) {
                Ok((judged, row)) => {
                    all.rows.sent += usize::from(entry.entry.row.is_some());
                    if let (Some(row), Some(known)) = (row, known) {
                        all.rows.add(judged.version, &known.signature, row);
                    }
                    all.judged.push(judged);
                }
                Err(wrong) => all.refused.push(wrong.of(entry.index)),
            }
        }
        Ok(all)
    }

    /// Counts the predictions, and returns how many were not counted before.
    async fn count(&self, judged: Vec<JudgedPrediction>) -> Result<usize, Problem> {
        let mut counted = 0;
        for group in FeedbackGroup::of(judged) {
            // If this fails, the groups before are counted. A repeated request counts them as repeated.
            let known = read(self.world.registry().count_feedback(&group)).await?;
            counted += group.predictions.len() - known.len();
        }
        Ok(counted)
    }

    /// Returns the key of the ids. `None` if no prediction of this stack has an id yet.
    async fn prediction_key(&self) -> Result<Option<PredictionKey>, Problem> {
        if let Some(key) = self.feedback.key.get() {
            return Ok(Some(key.clone()));
        }
        let key = read(self.world.registry().prediction_key()).await?;
        if let Some(key) = &key {
            // The key never changes, so it does not matter which call is faster.
            let _ = self.feedback.key.set(key.clone());
        }
        Ok(key)
    }
}

/// Returns what the id says.
fn record(key: Option<&PredictionKey>, id: &str, now: Timestamp) -> Result<PredictionRecord, entry::WrongEntry> {
    let record = match key {
        Some(key) => key.open(id),
        None => Err(InvalidPredictionId::NotSigned),
    };
    let record = record.map_err(|error| entry::wrong_id(&error))?;
    let age = now.duration_since(record.at);
    if age > MAX_FEEDBACK_AGE {
        return Err(entry::too_old());
    }
    if -age > MAX_CLOCK_DIFFERENCE {
        return Err(entry::of_the_future());
    }
    Ok(record)
}
