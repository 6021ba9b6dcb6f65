//! Runs one training as a job outside Lambda, for tables that need more memory or time than a function has.

use evergreen_lifecycle::RunStatus;
use jiff::SignedDuration;
use serde_json::Value;

use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::trainer::{Invocation, TrainResponse, Trainer};

/// Maximum duration of a job. The template ends a job a minute later.
const TIME: SignedDuration = SignedDuration::from_mins(24 * 60 - 1);

/// Error: why a job failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The argument of the program is not an event in JSON.
    #[error("the argument is not an event: expected JSON such as {{\"id\": \"monthly-2026-11\"}}: {0}")]
    NotJson(#[source] serde_json::Error),
    /// The training has paused, because the job's time is nearly over. AWS Batch repeats a job that fails.
    #[error(
        "the training has paused before the end of the job; run the same job again, and it goes on from its checkpoint"
    )]
    Paused,
    /// The event was refused, or the training failed.
    #[error(transparent)]
    Failed(#[from] TrainError),
}

/// Does what an event asks for, as an invocation of the function does. `event` is the event as JSON text, and `id` the id of
/// the job, which stays the same if the job is repeated.
///
/// # Errors
/// [`JobError`], with the reason.
pub async fn run<W: TrainWorld>(trainer: &Trainer<'_, W>, event: &str, id: String) -> Result<TrainResponse, JobError> {
    let event: Value = serde_json::from_str(event).map_err(JobError::NotJson)?;
    let invocation = Invocation { id, deadline: trainer.world.clock().now() + TIME, is_job: true };
    match trainer.handle(event, &invocation).await? {
        TrainResponse::Run(report) if report.status == RunStatus::Running && !report.duplicate => Err(JobError::Paused),
        response => Ok(response),
    }
}
