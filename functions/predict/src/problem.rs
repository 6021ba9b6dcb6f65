//! The error responses of the predict function, in the format of RFC 9457 (problem details).

mod input;

pub(crate) use input::shortened;
pub use input::{of_body, of_rows};

use evergreen_http::{Problem, ProblemKind};
use lambda_http::http::StatusCode;

use crate::route;

static UNKNOWN_RUN: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-run", "Unknown run");
static NO_CHAMPION: ProblemKind = ProblemKind::new(StatusCode::SERVICE_UNAVAILABLE, "no-champion", "No champion");

/// Creates the 404 response to a request whose path belongs to no endpoint.
pub fn not_found() -> Problem {
    Problem::not_found("No endpoint has this path.", route::summary())
}

// The prediction API and the status API have different routes.
/// Creates the 404 response to a request that was sent to the wrong one of the stack's two HTTP APIs.
pub fn elsewhere() -> Problem {
    Problem::not_found("This path belongs to the other API of the stack.", route::summary())
}

/// Creates the 404 response to a request for a training run or an import that does not exist.
pub fn unknown_run() -> Problem {
    Problem::new(&UNKNOWN_RUN, "No run has this ID.").at("id")
}

/// Creates the 400 response to a request whose path does not end with a valid run ID.
pub fn invalid_run_id() -> Problem {
    let expected = "1–128 letters, digits, hyphens, underscores and dots";
    Problem::invalid_parameter("id", "The last part of the path is not a valid run ID.", expected)
}

/// Creates the 400 response to a request whose `limit` parameter is not a number from 1 to `max`.
pub fn invalid_limit(max: u32) -> Problem {
    let detail = "The query parameter \"limit\" is not a whole number in the allowed range.";
    Problem::invalid_parameter("limit", detail, format!("a whole number from 1 to {max}"))
}

/// Creates the 503 response to a request that needs the champion while no champion is loaded.
pub fn no_champion() -> Problem {
    Problem::new(&NO_CHAMPION, "No champion is loaded; try again later.").retryable()
}
