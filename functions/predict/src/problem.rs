//! The error responses of the predict function, in the format of RFC 9457 (problem details).

mod input;

pub(crate) use input::shortened;
pub use input::{of_body, of_rows};

use evergreen_http::{Problem, ProblemKind};
use lambda_http::http::StatusCode;

use crate::other_versions::OtherVersionError;
use crate::route;

static NO_CHAMPION: ProblemKind = ProblemKind::new(StatusCode::SERVICE_UNAVAILABLE, "no-champion", "No champion");
static UNKNOWN_VERSION: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-version", "Unknown version");
static UNKNOWN_ALIAS: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-alias", "Unknown alias");
static CANNOT_SERVE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "cannot-serve", "Cannot answer predictions");

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

/// Creates the response to a request for a version that cannot answer it. `place` is the name of the query parameter or
/// header that names the version.
pub fn of_version(error: &OtherVersionError, place: &str) -> Problem {
    let problem = match error {
        OtherVersionError::UnknownAlias(name) => Problem::new(&UNKNOWN_ALIAS, format!("No alias is called {name}."))
            .expecting("an alias that is set, or the number of a version"),
        OtherVersionError::UnknownVersion(number) => {
            Problem::new(&UNKNOWN_VERSION, format!("Version {number} is not registered."))
                .expecting("the number of a registered version")
        }
        OtherVersionError::CannotServe(number) => {
            let detail = format!("Version {number} cannot answer: its artifact is missing, damaged or unreadable.");
            Problem::new(&CANNOT_SERVE, detail).expecting("a version with an intact artifact")
        }
        OtherVersionError::Unavailable => Problem::unavailable(),
    };
    problem.at(place)
}
