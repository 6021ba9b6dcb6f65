//! Error responses to a `POST /predict` request whose body is wrong.

use evergreen_http::{Problem, ProblemKind};
use evergreen_lifecycle::{Column, ColumnKind};
use evergreen_rows::{ColumnIndex, DescribedFault, MAX_ECHO, RowFault};
use lambda_http::http::StatusCode;

use crate::body::{BodyFault, MAX_BODY_BYTES};
use crate::media;

const TEXT: &str = "text in UTF-8";

static UNSUPPORTED_MEDIA_TYPE: ProblemKind =
    ProblemKind::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type");
static BODY_TOO_LARGE: ProblemKind =
    ProblemKind::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large");
static NOT_ACCEPTABLE: ProblemKind = ProblemKind::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", "Not acceptable");
static NOT_COMPRESSED: ProblemKind =
    ProblemKind::new(StatusCode::BAD_REQUEST, "not-compressed", "Not compressed as stated");
static NOT_JSON: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "not-json", "Not JSON");
static WRONG_SHAPE: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "wrong-shape", "Wrong shape");
static NO_ROWS: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "no-rows", "No rows");
static TOO_MANY_ROWS: ProblemKind = ProblemKind::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-rows", "Too many rows");
static UNKNOWN_COLUMN: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "unknown-column", "Unknown column");
static DUPLICATE_COLUMN: ProblemKind =
    ProblemKind::new(StatusCode::BAD_REQUEST, "duplicate-column", "Duplicate column");
static MISSING_COLUMN: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "missing-column", "Missing column");
static NOT_A_NUMBER: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "not-a-number", "Not a number");
static NOT_A_BOOLEAN: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "not-a-boolean", "Not a boolean");
static NOT_A_TIMESTAMP: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "not-a-timestamp", "Not a timestamp");
static NOT_A_CATEGORY: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "not-a-category", "Not a category");
static NOT_A_TEXT: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "not-a-text", "Not a text");
static OUT_OF_RANGE: ProblemKind = ProblemKind::new(StatusCode::BAD_REQUEST, "out-of-range", "Out of range");

/// Creates the error response to a request whose body cannot be read as JSON text.
pub fn of_body(fault: BodyFault) -> Problem {
    match fault {
        BodyFault::MediaType(expected) => {
            let detail = "The content type is missing, or the path takes no body of this type.";
            Problem::new(&UNSUPPORTED_MEDIA_TYPE, detail).expecting(expected)
        }
        BodyFault::Charset => {
            Problem::new(&UNSUPPORTED_MEDIA_TYPE, "The content type names another character set than UTF-8.")
                .expecting("charset=utf-8, or no charset")
        }
        BodyFault::Accept => Problem::new(&NOT_ACCEPTABLE, "The header accept names no media type of an answer.")
            .at("accept")
            .expecting(media::TEXTS),
        BodyFault::Encoding => {
            Problem::new(&UNSUPPORTED_MEDIA_TYPE, "The header content-encoding names an unknown compression.")
                .at("content-encoding")
                .expecting("gzip, deflate or identity")
        }
        BodyFault::Compressed => Problem::new(&NOT_COMPRESSED, "The compressed body is damaged or incomplete.")
            .expecting("a complete body in the compression that content-encoding names"),
        BodyFault::InflatesTooMuch => {
            let detail = format!("The body is longer than {MAX_BODY_BYTES} bytes after decompression.");
            Problem::new(&BODY_TOO_LARGE, detail).expecting(format!("at most {MAX_BODY_BYTES} bytes"))
        }
        BodyFault::Utf16 => not_json("The body is UTF-16."),
        BodyFault::TooLarge => {
            let detail = format!("The body is longer than {MAX_BODY_BYTES} bytes.");
            Problem::new(&BODY_TOO_LARGE, detail).expecting(format!("at most {MAX_BODY_BYTES} bytes"))
        }
        BodyFault::Utf8 => not_json("The body is not UTF-8."),
        BodyFault::Empty => not_json("The body is empty."),
    }
}

/// Creates the error response to an inference request whose JSON part cannot be read.
pub fn of_head(fault: RowFault) -> Problem {
    of_rows(fault, &ColumnIndex::new(&[]))
}

/// Creates the error response to a request whose body has no valid rows. `columns` are the columns that the model expects.
pub fn of_rows(fault: RowFault, columns: &ColumnIndex) -> Problem {
    let DescribedFault { row, field, detail, expected } = fault.describe(columns);
    Problem { row, field, ..Problem::new(kind(&fault, columns), detail).expecting(expected) }
}

/// Returns the kind of error response for an error in rows.
fn kind(fault: &RowFault, columns: &ColumnIndex) -> &'static ProblemKind {
    match fault {
        RowFault::NotJson { .. } => &NOT_JSON,
        RowFault::NoRows => &NO_ROWS,
        RowFault::TooManyRows => &TOO_MANY_ROWS,
        RowFault::UnknownColumn { .. } => &UNKNOWN_COLUMN,
        RowFault::DuplicateColumn { .. } => &DUPLICATE_COLUMN,
        RowFault::MissingColumn { .. } => &MISSING_COLUMN,
        RowFault::Unfit { .. } | RowFault::Missing { .. } => unfit(fault.column(columns)),
        RowFault::OutOfRange { .. } => &OUT_OF_RANGE,
        RowFault::WrongShape(_)
        | RowFault::NotAnObject { .. }
        | RowFault::WrongWidth { .. }
        | RowFault::WrongLength { .. }
        | RowFault::NotAColumn { .. }
        | RowFault::Layout { .. } => &WRONG_SHAPE,
    }
}

/// Returns the kind of error response for a wrong value in a column. `None` counts as a column of numbers.
fn unfit(column: Option<&Column>) -> &'static ProblemKind {
    match column.map(|column| &column.kind) {
        None | Some(ColumnKind::Number | ColumnKind::Double) => &NOT_A_NUMBER,
        Some(ColumnKind::Boolean) => &NOT_A_BOOLEAN,
        Some(ColumnKind::Timestamp { .. }) => &NOT_A_TIMESTAMP,
        Some(ColumnKind::Category { .. }) => &NOT_A_CATEGORY,
        Some(ColumnKind::Text { .. } | ColumnKind::WholeText) => &NOT_A_TEXT,
    }
}

fn not_json(detail: &str) -> Problem {
    Problem::new(&NOT_JSON, detail).expecting(TEXT)
}

/// Returns `name` unchanged if it is short. Otherwise returns its first [`MAX_ECHO`] characters and an ellipsis.
pub(crate) fn shortened(name: &str) -> String {
    evergreen_lifecycle::text::shortened(name, MAX_ECHO)
}
