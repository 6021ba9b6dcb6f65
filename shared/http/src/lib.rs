//! What the functions behind HTTP share: error responses in the format of RFC 9457, JSON responses, times in JSON, and the
//! JSON Schema of a row that the model predicts.

mod moment;
mod problem;
mod response;
mod row_schema;

use std::error::Error;

pub use moment::{maybe_moment, moment};
pub use problem::{Problem, ProblemKind};
pub use response::JsonResponse;
pub use row_schema::RowSchema;

/// Returns the messages of an error and of all its sources, joined in one line for the log.
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
