//! What probably caused an alarm, in one sentence with its evidence.
//!
//! The registry and the metrics show what changed shortly before: the champion, the data set, the code, the served rows or
//! the number of requests. A change is a likely cause and no proof, so the sentence names the change and its time. Without a
//! change there is no sentence.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{Champion, Dataset, Run, RunId, VersionNumber};

/// How long before an alarm a change may have happened to be its likely cause.
pub const CAUSE_REACH: SignedDuration = SignedDuration::from_hours(24);

/// Share of rows by which a data set must have grown or shrunk, so that its size may be a cause.
const MUCH: f64 = 0.2;

/// Factor by which the requests of an hour must differ from the usual ones.
const MANY_TIMES: f64 = 3.0;

/// Minimum number of requests in the busier one of the two hours that are compared.
const MIN_REQUESTS: f64 = 30.0;

/// Maximum number of columns that a sentence names.
const NAMED: usize = 3;

/// What an alarm is about. It decides which changes can have caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseSubject {
    /// How good the champion is, or how the rows that it serves look.
    Quality,
    /// Whether and how training ends.
    Training,
    /// Whether and how fast predictions are answered.
    Serving,
    /// Anything else, which no known change causes.
    Other,
}

/// What the registry and the metrics say about the time before an alarm. Empty fields are unknown.
#[derive(Debug, Clone, Default)]
pub struct CauseEvidence<'a> {
    /// The newest runs, newest first.
    pub runs: &'a [Run],
    /// The champion.
    pub champion: Option<&'a Champion>,
    /// The result of the newest comparison of served rows with the baseline, if columns have drifted.
    pub drift: Option<&'a str>,
    /// The requests to the prediction API, hour by hour, oldest first. The last hour is that of the alarm.
    pub requests: &'a [f64],
}

/// A change that probably caused an alarm.
#[derive(Debug, Clone, PartialEq)]
pub enum LikelyCause {
    /// Another version became the champion.
    NewChampion {
        /// The new champion.
        version: VersionNumber,
        /// When it became the champion.
        at: Timestamp,
    },
    /// The data set of the newest run differs from that of the run before.
    DataChanged {
        /// The newest run.
        run: RunId,
        /// The number of rows before and now.
        rows: (usize, usize),
        /// Names of feature columns that are gone.
        gone: Vec<String>,
        /// Names of feature columns that are new.
        added: Vec<String>,
    },
    /// Served rows are not like the training data. The field is the result of the comparison.
    RowsDrifted(String),
    /// The newest run has other code than the run before.
    CodeChanged {
        /// The newest run.
        run: RunId,
        /// The code version of the run before.
        from: String,
        /// The code version of the newest run.
        to: String,
    },
    /// The prediction API gets many more, or many fewer, requests than usual.
    TrafficChanged {
        /// The median of the hours before.
        usual: f64,
        /// The requests of the last hour.
        now: f64,
    },
    /// No run has started for a time.
    NothingArrived {
        /// When the newest run started.
        since: Timestamp,
    },
}

impl LikelyCause {
    /// Returns the most likely cause of an alarm about `subject` that was raised at `raised`. `None` if the evidence shows
    /// no change.
    pub fn likely(subject: CauseSubject, evidence: &CauseEvidence<'_>, raised: Timestamp) -> Option<Self> {
        match subject {
            CauseSubject::Quality => drifted(evidence)
                .or_else(|| new_champion(evidence, raised))
                .or_else(|| data_changed(evidence, raised))
                .or_else(|| code_changed(evidence, raised)),
            CauseSubject::Training => code_changed(evidence, raised)
                .or_else(|| data_changed(evidence, raised))
                .or_else(|| nothing_arrived(evidence, raised)),
            CauseSubject::Serving => new_champion(evidence, raised).or_else(|| traffic_changed(evidence)),
            CauseSubject::Other => None,
        }
    }
}

fn is_shortly_before(at: Timestamp, raised: Timestamp) -> bool {
    at <= raised && raised.duration_since(at) <= CAUSE_REACH
}

fn drifted(evidence: &CauseEvidence<'_>) -> Option<LikelyCause> {
    evidence.drift.map(|sentence| LikelyCause::RowsDrifted(sentence.to_owned()))
}

fn new_champion(evidence: &CauseEvidence<'_>, raised: Timestamp) -> Option<LikelyCause> {
    let champion = evidence.champion?;
    // The first champion replaces nothing.
    champion.previous?;
    let cause = LikelyCause::NewChampion { version: champion.version.number, at: champion.promoted_at };
    is_shortly_before(champion.promoted_at, raised).then_some(cause)
}

/// Returns the newest training run before the alarm, if it started shortly before, and the one before it.
fn newest_two<'a>(evidence: &CauseEvidence<'a>, raised: Timestamp) -> Option<(&'a Run, &'a Run)> {
    let mut trainings = evidence.runs.iter().filter(|run| run.trigger.is_training() && run.started_at <= raised);
    let (newest, former) = (trainings.next()?, trainings.next()?);
    is_shortly_before(newest.started_at, raised).then_some((newest, former))
}

fn data_changed(evidence: &CauseEvidence<'_>, raised: Timestamp) -> Option<LikelyCause> {
    let (newest, former) = newest_two(evidence, raised)?;
    let (now, before) = (newest.dataset.as_ref()?, former.dataset.as_ref()?);
    let rows = (before.rows, now.rows);
    let change = rows.1.abs_diff(rows.0) as f64 / (rows.0 as f64).max(1.0);
    let (gone, added) = (missing(before, now), missing(now, before));
    let is_much = change >= MUCH || !gone.is_empty() || !added.is_empty();
    is_much.then(|| LikelyCause::DataChanged { run: newest.id.clone(), rows, gone, added })
}

/// Returns the columns of `one` that `other` does not have.
fn missing(one: &Dataset, other: &Dataset) -> Vec<String> {
    one.columns.iter().filter(|column| !other.columns.contains(column)).cloned().collect()
}

fn code_changed(evidence: &CauseEvidence<'_>, raised: Timestamp) -> Option<LikelyCause> {
    let (newest, former) = newest_two(evidence, raised)?;
    let (from, to) = (former.code_version.clone(), newest.code_version.clone());
    let is_known = !from.is_empty() && !to.is_empty();
    (is_known && from != to).then(|| LikelyCause::CodeChanged { run: newest.id.clone(), from, to })
}

fn traffic_changed(evidence: &CauseEvidence<'_>) -> Option<LikelyCause> {
    let (now, before) = evidence.requests.split_last()?;
    let mut before = before.to_vec();
    before.sort_by(f64::total_cmp);
    let usual = *before.get(before.len() / 2)?;
    let is_other = *now >= usual * MANY_TIMES || *now * MANY_TIMES <= usual;
    (is_other && now.max(usual) >= MIN_REQUESTS).then_some(LikelyCause::TrafficChanged { usual, now: *now })
}

fn nothing_arrived(evidence: &CauseEvidence<'_>, raised: Timestamp) -> Option<LikelyCause> {
    let newest = evidence.runs.iter().find(|run| run.trigger.is_training())?;
    let since = newest.started_at;
    (raised.duration_since(since) > CAUSE_REACH).then_some(LikelyCause::NothingArrived { since })
}

/// Writes the cause as a sentence with its evidence.
impl fmt::Display for LikelyCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewChampion { version, at } => {
                write!(formatter, "version {version} became the champion on {}.", utc(*at))
            }
            Self::DataChanged { run, rows: (before, rows), gone, added } => {
                write!(
                    formatter,
                    "the data set has changed. Run {run} read {rows} rows; the run before read {before}."
                )?;
                listed(formatter, "Gone columns", gone)?;
                listed(formatter, "New columns", added)
            }
            Self::RowsDrifted(sentence) => write!(formatter, "the served rows have changed. {sentence}"),
            Self::CodeChanged { run, from, to } => {
                write!(
                    formatter,
                    "the code has changed. Run {run} had the code version {to}; the run before had {from}."
                )
            }
            Self::TrafficChanged { usual, now } => {
                let change = if now > usual { "more" } else { "fewer" };
                write!(formatter, "the prediction API gets {change} requests: {now} in the last hour, usually {usual}.")
            }
            Self::NothingArrived { since } => write!(formatter, "no run has started since {}.", utc(*since)),
        }
    }
}

/// Writes the first names of a list, and how many more there are.
fn listed(formatter: &mut fmt::Formatter<'_>, what: &str, names: &[String]) -> fmt::Result {
    let (shown, more) = (names.iter().take(NAMED).cloned().collect::<Vec<_>>(), names.len().saturating_sub(NAMED));
    match (shown.is_empty(), more) {
        (true, _) => Ok(()),
        (false, 0) => write!(formatter, " {what}: {}.", shown.join(", ")),
        (false, more) => write!(formatter, " {what}: {} and {more} more.", shown.join(", ")),
    }
}

fn utc(at: Timestamp) -> impl fmt::Display {
    jiff::tz::Offset::UTC.to_datetime(at).strftime("%a %-d %b %Y, %H:%M UTC").to_string()
}
