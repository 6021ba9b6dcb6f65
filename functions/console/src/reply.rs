//! Successful JSON answers, and how an answer waits for another service.

use std::future::Future;
use std::time::Duration;

use evergreen_http::Problem;
use evergreen_lifecycle::ports::Unavailable;
use lambda_http::http::StatusCode;
use serde::Serialize;
use tokio::time::timeout;

use crate::problem;

// The SDK's retries alone can take longer than the function's timeout.
/// Maximum time of one call to another service.
const PATIENCE: Duration = Duration::from_secs(8);

/// A successful JSON answer.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status, such as 200 or 202.
    pub status: StatusCode,
    /// The body, as JSON text.
    pub body: String,
}

impl Reply {
    /// Creates a 200 answer.
    ///
    /// # Errors
    /// A 500 [`Problem`] if the view cannot be written as JSON.
    pub fn ok(view: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::OK, view)
    }

    /// Creates a 202 answer: the request is taken, and the work begins soon.
    ///
    /// # Errors
    /// A 500 [`Problem`] if the view cannot be written as JSON.
    pub fn accepted(view: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::ACCEPTED, view)
    }

    fn with(status: StatusCode, view: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self { status, body: serde_json::to_string(view).map_err(problem::internal)? })
    }
}

/// Waits for a call to another service. Returns a 503 problem if the call fails or takes too long.
pub(crate) async fn read<T>(call: impl Future<Output = Result<T, Unavailable>>) -> Result<T, Problem> {
    let Ok(answer) = timeout(PATIENCE, call).await else {
        tracing::error!(limit = PATIENCE.as_secs(), "another service did not answer in time");
        return Err(Problem::unavailable());
    };
    answer.map_err(problem::unavailable)
}
