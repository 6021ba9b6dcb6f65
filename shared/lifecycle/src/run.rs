//! Training runs: the records of their cause, input, state and result.

mod metrics;
mod order;
mod progress;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use metrics::RunMetrics;
pub use order::{began, is_ahead};
pub use progress::{Progress, RunStage};

use crate::{
    Dataset, Imported, MeanLoss, ModelName, Parameters, PrimaryMetric, RunId, SearchSummary, VersionNumber, time,
};

/// The cause of a training run: the schedule, a person, or an uploaded model file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trigger {
    /// The training schedule started the training run.
    Schedule {
        /// The time for which the training run was scheduled. `None` if the scheduler does not report it.
        scheduled_at: Option<Timestamp>,
    },
    /// A person requested the training run.
    Manual {
        /// The person's reason for the request, in free text. `None` if the person gave no reason.
        note: Option<String>,
    },
    /// Somebody uploaded a model file. The training run only evaluates this file.
    Import {
        /// The S3 key of the uploaded model file.
        key: String,
        /// The reason for the import, in free text. `None` if nobody gave a reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

impl Trigger {
    /// Returns whether the run trains a model. `false` for an import of a model file.
    pub fn is_training(&self) -> bool {
        !matches!(self, Self::Import { .. })
    }
}

// The record of a run whose model version became the champion is kept forever. Records of failed runs, and of runs
// whose model version the gate refused, may be deleted after some days.
/// Record of one training run: its cause, its input and its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The unique identifier of the training run.
    pub id: RunId,
    /// The name of the model that this training run trains or imports.
    pub model: ModelName,
    // Conditional writes to the model registry compare this number, so an older attempt cannot overwrite a newer one.
    /// The number of this attempt at the training run, from 1 up. A retry is a new attempt.
    pub attempt: u32,
    /// The identifier of the Lambda invocation that makes this attempt. Lambda's retries keep the same identifier.
    pub invocation: String,
    // Records of earlier releases have no such field. Then the value is 1.
    /// How many times the same Lambda invocation has tried this training run, including this try.
    #[serde(default = "first_try")]
    pub tries: u32,
    /// The cause of this training run: the schedule, a person, or an uploaded model file.
    pub trigger: Trigger,
    /// The version of the program that made this attempt at the training run.
    pub code_version: String,
    /// The time at which this attempt at the training run began.
    #[serde(with = "crate::time")]
    pub started_at: Timestamp,
    // If the state is still `RUNNING` after this time, the attempt counts as lost.
    /// The latest time at which this attempt at the training run can still be running. Lambda stops it by then.
    #[serde(with = "crate::time")]
    pub lease_until: Timestamp,
    /// The training data set. `None` until the training run has loaded it.
    pub dataset: Option<Dataset>,
    /// The random seed of the training. `None` until the training run has chosen it.
    pub seed: Option<u64>,
    /// The hyperparameters of the trained model. `None` until the training run has chosen them.
    pub parameters: Option<Parameters>,
    /// A summary of the hyperparameter search. `None` if there was no search, or if it has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    // The warnings do not prevent the training.
    /// Warnings about unusual properties of the data set. Empty if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Facts about the uploaded model file. `None` until the file was read, and for a run that trains a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    // `None` if the champion could not be evaluated on these rows.
    /// The loss of the champion (the model in use) on the hold-out rows of this training run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescored: Option<Rescored>,
    /// The main metrics of the new model. `None` until the training run has evaluated the model.
    pub metrics: Option<RunMetrics>,
    /// How far the attempt has come. `None` before its first report, after its end, and if it took only seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The state of the training run, with its result if the run has ended.
    #[serde(flatten)]
    pub state: RunState,
}

/// The evaluation of an older model version on the hold-out rows of a later training run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rescored {
    /// The number of the older model version, which was the champion at that time.
    pub version: VersionNumber,
    /// The metric that defines the loss.
    pub metric: PrimaryMetric,
    /// The older model version's mean loss on the hold-out rows of the later run.
    pub loss: MeanLoss,
}

/// The state of a training run, as the registry stores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum RunState {
    /// The attempt at the training run is running, or it was stopped before it could record a result.
    Running,
    /// The training run made a model version, and this version became the champion.
    Succeeded {
        /// The time at which the training run ended.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// The number of the model version that the training run made.
        version: VersionNumber,
        /// Why the gate promoted the model version, as text for a person.
        reason: String,
    },
    /// The training run made a model version, and the gate refused to make it the champion.
    Rejected {
        /// The time at which the training run ended.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// The number of the model version that the training run made.
        version: VersionNumber,
        /// Why the gate refused the model version, as text for a person.
        reason: String,
    },
    /// The training run failed and made no model version.
    Failed {
        /// The time at which the training run failed.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// The error message of the failed training run, as text for a person.
        reason: String,
        /// The time until which Lambda may retry the failed training run. `None` if Lambda will not retry the run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_until: Option<Timestamp>,
    },
}

// The first pause follows the first try. Source: "How Lambda handles errors and retries with asynchronous invocation"
// in the AWS Lambda developer guide.
/// The pauses before Lambda's two retries of an asynchronous invocation.
const RETRY_DELAYS: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(2)];

// Lambda's queue may be busy, and a cold start takes time. Only the start must be within this delay, because a started
// retry sets the training run to `RUNNING`.
/// How much later than planned a Lambda retry may start, at most.
const RETRY_MARGIN: SignedDuration = SignedDuration::from_mins(2);

fn first_try() -> u32 {
    1
}

// A run is `Lost` if the stored state is still `Running` after the maximum duration of its attempt.
/// The status of a training run at a given time: the stored state, or `Lost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// The attempt at the training run is running.
    Running,
    /// The attempt at the training run was stopped before it could record a result.
    Lost,
    /// The training run made a model version, and this version became the champion.
    Succeeded,
    /// The training run made a model version, and the gate refused to make it the champion.
    Rejected,
    /// The training run failed and made no model version.
    Failed,
}

/// The answer to a request to start a training run or to try it again: allowed, or refused for one reason.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    // The caller must store the new attempt before it does anything else.
    /// The attempt may start. The fields are the new attempt and the previous one (`None` for a first attempt).
    Open(Box<Run>, Option<Box<Run>>),
    // The caller has nothing to do.
    /// Refused: the training run has already made a model version. The field is the stored run.
    Finished(Box<Run>),
    /// Refused: another Lambda invocation is working on the same training run. The field is the stored run.
    Busy(Box<Run>),
    // Another try of the invocation would fail in the same way.
    /// Refused: this Lambda invocation has already failed, and Lambda will not retry it. The field is the stored run.
    Failed(Box<Run>),
}

impl Run {
    /// Decides whether a requested attempt at a training run may start.
    ///
    /// `stored` is the stored record of the same run, or `None` if there is no record.
    ///
    /// ```
    /// use evergreen_lifecycle::{Admission, Run};
    /// use evergreen_testkit::{moment, run};
    ///
    /// let request = run("7", moment("2026-11-24T03:00:00Z"));
    /// // Nothing is stored yet, so the request begins the first attempt.
    /// let admission = Run::admit(request.clone(), None, request.started_at);
    /// assert_eq!(admission, Admission::Open(Box::new(request.clone()), None));
    ///
    /// // Another invocation asks for the same run while the attempt is running.
    /// let another = Run { invocation: "another".into(), ..request.clone() };
    /// let admission = Run::admit(another, Some(request.clone()), moment("2026-11-24T03:01:00Z"));
    /// assert_eq!(admission, Admission::Busy(Box::new(request)));
    /// ```
    pub fn admit(request: Self, stored: Option<Self>, now: Timestamp) -> Admission {
        // The caller gives `request` the attempt number 1. For a retry, the number is increased below.
        let Some(stored) = stored else {
            return Admission::Open(Box::new(request), None);
        };
        match stored.status_at(now) {
            RunStatus::Succeeded | RunStatus::Rejected => Admission::Finished(Box::new(stored)),
            // If Lambda retries the same invocation, the earlier attempt was stopped. So only another invocation is
            // refused.
            RunStatus::Running if stored.invocation != request.invocation => Admission::Busy(Box::new(stored)),
            // The failure of this invocation is final, so another try of the invocation would fail too.
            RunStatus::Failed if stored.invocation == request.invocation && stored.retry_until().is_none() => {
                Admission::Failed(Box::new(stored))
            }
            // A lost attempt may be repeated: its maximum duration has passed, or Lambda retries the same invocation. A
            // failed run may also be tried again, because the cause of the failure may be gone.
            RunStatus::Running | RunStatus::Lost | RunStatus::Failed => {
                let tries = if stored.invocation == request.invocation { stored.tries.saturating_add(1) } else { 1 };
                let attempt = Self { attempt: stored.attempt + 1, tries, ..request };
                Admission::Open(Box::new(attempt), Some(Box::new(stored)))
            }
        }
    }

    /// Decides whether an attempt may go on after the attempt number `paused` has paused.
    ///
    /// `stored` is the stored record of the same run, or `None` if there is no record.
    pub fn admit_after_pause(request: Self, stored: Option<Self>, paused: u32, now: Timestamp) -> Admission {
        match stored {
            // The paused attempt has ended by itself, although its time is not over.
            Some(stored) if stored.attempt == paused && stored.state == RunState::Running => {
                let attempt = Self { attempt: stored.attempt + 1, tries: 1, ..request };
                Admission::Open(Box::new(attempt), Some(Box::new(stored)))
            }
            stored => Self::admit(request, stored, now),
        }
    }

    /// Returns the status of the training run at the time `now`.
    pub fn status_at(&self, now: Timestamp) -> RunStatus {
        match self.state {
            RunState::Running if now > self.lease_until => RunStatus::Lost,
            RunState::Running => RunStatus::Running,
            RunState::Succeeded { .. } => RunStatus::Succeeded,
            RunState::Rejected { .. } => RunStatus::Rejected,
            RunState::Failed { .. } => RunStatus::Failed,
        }
    }

    /// Returns the time at which the training run ended. Returns `None` if the run is running or lost.
    pub fn finished_at(&self) -> Option<Timestamp> {
        match self.state {
            RunState::Running => None,
            RunState::Succeeded { finished_at, .. }
            | RunState::Rejected { finished_at, .. }
            | RunState::Failed { finished_at, .. } => Some(finished_at),
        }
    }

    // `None` while the run is running or lost.
    /// Returns why the gate promoted or refused the model version, or the error message of a failed run.
    pub fn reason(&self) -> Option<&str> {
        match &self.state {
            RunState::Running => None,
            RunState::Succeeded { reason, .. }
            | RunState::Rejected { reason, .. }
            | RunState::Failed { reason, .. } => Some(reason),
        }
    }

    /// Returns the number of the model version that the training run made. `None` if it made no version.
    pub fn version(&self) -> Option<VersionNumber> {
        match self.state {
            RunState::Succeeded { version, .. } | RunState::Rejected { version, .. } => Some(version),
            RunState::Running | RunState::Failed { .. } => None,
        }
    }

    /// Returns the time until which Lambda may retry this failed training run. `None` if no retry can follow.
    pub fn retry_until(&self) -> Option<Timestamp> {
        match self.state {
            RunState::Failed { retry_until, .. } => retry_until,
            RunState::Running | RunState::Succeeded { .. } | RunState::Rejected { .. } => None,
        }
    }

    /// Returns the time until which Lambda may retry this attempt if it fails at `now`. `None` after the last try.
    pub fn retry_window(&self, now: Timestamp) -> Option<Timestamp> {
        // Lambda never retries a synchronous invocation, but the code cannot recognize one. So the failure of a
        // synchronous invocation also counts as final only some minutes later.
        let delay = RETRY_DELAYS.get(self.tries.saturating_sub(1) as usize)?;
        Some(time::to_millis(now + *delay + RETRY_MARGIN))
    }

    /// Returns a text that identifies this attempt: run identifier, attempt number and invocation identifier. The
    /// attempt writes the text into the metadata of every S3 object that it stores.
    pub fn mark(&self) -> String {
        // The text differs from that of every other attempt, even of attempts in another model registry that uses the
        // same bucket.
        let mark = format!("{}/{}/{}", self.id, self.attempt, self.invocation);
        // S3 metadata may only contain printable ASCII characters.
        mark.replace(|char: char| !char.is_ascii_graphic(), "_")
    }

    // `retry_until` is the time until which Lambda may retry the run. `None` means that Lambda will not retry it.
    /// Returns a copy of this training run as failed at `now`, with the error message `reason`.
    pub fn failed(self, reason: String, retry_until: Option<Timestamp>, now: Timestamp) -> Self {
        Self { state: RunState::Failed { finished_at: time::to_millis(now), reason, retry_until }, ..self }
    }
}

#[cfg(test)]
mod tests;
