//! What the functions behind HTTP share: error responses in the format of RFC 9457, JSON responses, times in JSON, and the
//! JSON Schema of a row that the model predicts.

mod moment;
mod problem;
mod response;
mod row_schema;

pub use moment::{maybe_moment, moment};
pub use problem::{Problem, ProblemKind};
pub use response::JsonResponse;
pub use row_schema::RowSchema;
