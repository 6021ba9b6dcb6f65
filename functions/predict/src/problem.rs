//! The error responses of the predict function, in the format of RFC 9457 (problem details).

mod input;

pub(crate) use input::shortened;
pub use input::{of_body, of_head, of_rows};

use evergreen_http::{Problem, ProblemKind};
use evergreen_lifecycle::{ModelName, VersionNumber};
use evergreen_rows::EXPLAIN;
use lambda_http::http::StatusCode;

use crate::explaining::ExplainFault;
use crate::other_versions::OtherVersionError;
use crate::route;

static NO_CHAMPION: ProblemKind = ProblemKind::new(StatusCode::SERVICE_UNAVAILABLE, "no-champion", "No champion");
static UNKNOWN_VERSION: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-version", "Unknown version");
static UNKNOWN_ALIAS: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-alias", "Unknown alias");
static UNKNOWN_MODEL: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-model", "Unknown model");
static CANNOT_SERVE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "cannot-serve", "Cannot answer predictions");

static CANNOT_EXPLAIN: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "cannot-explain", "Cannot explain predictions");
static TOO_MANY_EXPLANATIONS: ProblemKind =
    ProblemKind::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-explanations", "Too many explanations");

/// Creates the 404 response to a request whose path belongs to no endpoint.
pub fn not_found() -> Problem {
    Problem::not_found("No endpoint has this path.", route::summary())
}

/// Creates the 404 response to a request whose path names a model that this stack does not have. `part` is the part of the
/// path with the name.
pub fn unknown_model(part: &str, model: &ModelName) -> Problem {
    Problem::new(&UNKNOWN_MODEL, format!("The path names another {part} than the stack's model."))
        .at(part)
        .expecting(model.as_str())
}

/// Creates the 400 response to an inference request whose header `name` is not the length of a part of its body, which
/// has `length` bytes.
pub fn wrong_head_length(name: &str, length: usize) -> Problem {
    let detail = format!("The header {name} is not the length of the JSON part of the body.");
    Problem::invalid_parameter(name, detail, format!("a whole number up to {length}, the length of the body"))
}

/// Creates the 400 response to an inference request that asks for a tensor that answers do not have.
pub fn unknown_output(name: &str, outputs: &[&str]) -> Problem {
    let name = shortened(name);
    Problem::invalid_parameter("outputs", format!("No answer has a tensor called \"{name}\"."), outputs.join(", "))
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

/// Creates the 400 response to a request whose query parameter `explain` is wrong. `what` says how.
pub fn explain_value(what: &str) -> Problem {
    Problem::invalid_parameter(EXPLAIN, format!("The query parameter \"{EXPLAIN}\" {what}."), "true or false, once")
}

/// Creates the response to a request for explanations that the version cannot give.
pub fn of_explaining(fault: ExplainFault, version: VersionNumber) -> Problem {
    let problem = match fault {
        ExplainFault::Model(error) => {
            let detail = format!("Version {version} cannot explain its predictions: {error}.");
            Problem::new(&CANNOT_EXPLAIN, detail)
                .expecting("a request without explanations, or a version that this release has trained or imported")
        }
        ExplainFault::TooMany(most) => {
            let detail = format!("More than {most} rows ask for an explanation.");
            Problem::new(&TOO_MANY_EXPLANATIONS, detail).expecting(format!("at most {most} rows with an explanation"))
        }
    };
    problem.at(EXPLAIN)
}
