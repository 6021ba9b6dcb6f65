//! What the pages show beside the registry: usage, cost, mails. The caller of a page reads it, because each comes from
//! another service.

use evergreen_lifecycle::ports::AcceptedMail;
use jiff::Timestamp;

use crate::config::StackFacts;

/// A fact that may be unknown. The error says why, as a sentence for people.
pub type Known<T> = Result<T, String>;

/// Facts that pages show and that come neither from the registry nor from the bucket.
#[derive(Debug, Clone)]
pub struct PageFacts {
    /// Facts about the stack.
    pub stack: StackFacts,
    /// How the model was used lately.
    pub usage: Known<UsageFact>,
    /// The cost of the current month so far.
    pub cost: Known<CostFact>,
    /// The mails that the emulator accepted, newest first. `None` on AWS, and on pages that show no mails.
    pub mails: Option<Known<Vec<AcceptedMail>>>,
}

/// How the model was used in the last hours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageFact {
    /// The hours, oldest first.
    pub hours: Vec<UsageHour>,
    /// The 99th percentile of the response times in milliseconds. `None` if nobody called.
    pub p99_milliseconds: Option<f64>,
}

/// The prediction requests of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageHour {
    /// The beginning of the hour.
    pub from: Timestamp,
    /// The number of requests that got predictions.
    pub answered: u64,
    /// The number of requests that were refused because of their content or key.
    pub refused: u64,
    /// The number of requests that failed.
    pub failed: u64,
}

/// The cost of a month so far, in dollars.
#[derive(Debug, Clone, PartialEq)]
pub struct CostFact {
    /// What the month has cost so far.
    pub so_far: f64,
    /// What the whole month will cost if it goes on like this. `None` if it is too early to say.
    pub expected: Option<f64>,
    /// The cost of each part, highest first.
    pub services: Vec<(String, f64)>,
    /// How the numbers were found and what they leave out.
    pub source: String,
}
