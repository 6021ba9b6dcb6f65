//! The error responses of the predict function, in the format of RFC 9457 (problem details).

mod input;

pub(crate) use input::shortened;
pub use input::{of_body, of_rows};

use evergreen_http::{Problem, ProblemKind};
use lambda_http::http::StatusCode;

use crate::route;

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

/// Creates the 503 response to a request that needs the champion while no champion is loaded.
pub fn no_champion() -> Problem {
    Problem::new(&NO_CHAMPION, "No champion is loaded; try again later.").retryable()
}
