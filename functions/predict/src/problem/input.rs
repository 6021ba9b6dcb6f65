//! Error responses to a `POST /predict` request whose body is wrong.

use evergreen_http::{Problem, ProblemKind};
use evergreen_lifecycle::{Column, ColumnKind};
use lambda_http::http::StatusCode;

use crate::body::{BodyFault, MAX_BODY_BYTES};
use crate::media;
use crate::rows::{ColumnIndex, RowFault};

/// Error responses repeat at most this number of characters of a column name.
const MAX_ECHO: usize = 64;
/// Error responses list at most this number of the model's columns.
const MAX_LISTED: usize = 20;
const JSON: &str = "JSON in UTF-8";
const TEXT: &str = "text in UTF-8";
const ROW: &str = "an object with a value for each column";

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
    if let RowFault::Layout { part, what, expected } = fault {
        let part = part.as_deref().map(shortened);
        let subject = part.as_deref().map_or_else(|| "The body".into(), |part| format!("\"{part}\""));
        let problem = Problem::new(&WRONG_SHAPE, format!("{subject} {what}.")).expecting(expected);
        return Problem { field: part, ..problem };
    }
    let (row, field) = (fault.row(), fault.field(columns).map(shortened));
    let column = fault.column(columns);
    let value = || column.map_or_else(|| JSON.into(), wanted);
    let (kind, what, expected) = match fault {
        RowFault::NotJson { line, column, .. } => {
            (&NOT_JSON, format!("is not valid JSON, at line {line}, column {column}"), value())
        }
        RowFault::WrongShape(found) => (&WRONG_SHAPE, format!("is {found}"), rows_wanted(columns)),
        RowFault::NoRows => (&NO_ROWS, "is an empty list".into(), rows_wanted(columns)),
        RowFault::TooManyRows => {
            let most = columns.max_rows();
            (&TOO_MANY_ROWS, format!("has more than {most} rows"), format!("at most {most} rows"))
        }
        RowFault::NotAnObject { found, .. } => (&WRONG_SHAPE, format!("is {found}"), ROW.into()),
        RowFault::UnknownColumn { .. } => (
            &UNKNOWN_COLUMN,
            "is not a column of the model, and one of the model's columns is missing".into(),
            listed(columns),
        ),
        RowFault::DuplicateColumn { .. } => {
            (&DUPLICATE_COLUMN, "occurs twice in the row".into(), "each column once".into())
        }
        RowFault::MissingColumn { .. } => (&MISSING_COLUMN, left_out(column), listed(columns)),
        RowFault::Unfit { found, .. } => (unfit(column), format!("is {found}"), value()),
        RowFault::Missing { found, .. } => {
            (unfit(column), format!("is {found}, but the training data had no missing values in it"), value())
        }
        RowFault::OutOfRange { .. } => (&OUT_OF_RANGE, "does not fit a 32-bit float".into(), value()),
        RowFault::WrongWidth { found, expected, .. } => {
            (&WRONG_SHAPE, format!("has {found} values"), format!("{expected} values, one for each column"))
        }
        RowFault::WrongLength { expected, .. } => (
            &WRONG_SHAPE,
            "has another number of values than the columns before it".into(),
            format!("{expected} values, one for each row"),
        ),
        RowFault::NotAColumn { found, .. } => {
            (&WRONG_SHAPE, format!("is {found}"), "a list with a value for each row".into())
        }
        // It is handled above.
        RowFault::Layout { what, expected, .. } => (&WRONG_SHAPE, what.into(), expected.into()),
    };
    let detail = format!("{} {what}.", place(row, field.as_deref()));
    Problem { row, field, ..Problem::new(kind, detail).expecting(expected) }
}

/// Returns a text that describes the values that a column accepts, such as "true or false, 1 or 0". It becomes the
/// `expected` field of the error response.
fn wanted(column: &Column) -> String {
    let wanted = match column.kind {
        ColumnKind::Number => {
            "a JSON number that fits a 32-bit float, or a text that spells one; NaN and Infinity are not allowed"
        }
        ColumnKind::Boolean => "true or false, 1 or 0, or one of these as text",
        ColumnKind::Timestamp { .. } => {
            "a date or time as text, such as 2026-11-24, 2026-11-24T10:00:00Z or 2026-11-24T10:00:00+01:00, in UTC if it \
             names no offset"
        }
        ColumnKind::Category { .. } | ColumnKind::Text { .. } => {
            "a string; a whole number or a boolean is read as its text"
        }
    };
    let or_null = if column.nullable { "; or null, if the value is missing" } else { "" };
    format!("{wanted}{or_null}")
}

/// Returns the kind of error response for a wrong value in a column. `None` counts as a column of numbers.
fn unfit(column: Option<&Column>) -> &'static ProblemKind {
    match column.map(|column| &column.kind) {
        None | Some(ColumnKind::Number) => &NOT_A_NUMBER,
        Some(ColumnKind::Boolean) => &NOT_A_BOOLEAN,
        Some(ColumnKind::Timestamp { .. }) => &NOT_A_TIMESTAMP,
        Some(ColumnKind::Category { .. }) => &NOT_A_CATEGORY,
        Some(ColumnKind::Text { .. }) => &NOT_A_TEXT,
    }
}

/// Returns the end of the error message for a row without the given column, such as "is missing".
fn left_out(column: Option<&Column>) -> String {
    // A row without the column is always an error, even if the model accepts `null` in that column.
    let nullable = column.is_some_and(|column| column.nullable);
    if nullable { "is missing; send a missing value as null".into() } else { "is missing".into() }
}

fn not_json(detail: &str) -> Problem {
    Problem::new(&NOT_JSON, detail).expecting(TEXT)
}

fn rows_wanted(columns: &ColumnIndex) -> String {
    format!("{ROW}, or a list of 1 to {} such objects", columns.max_rows())
}

fn place(row: Option<usize>, field: Option<&str>) -> String {
    match (row, field) {
        (None, None) => "The body".into(),
        (Some(row), None) => format!("Row {row}"),
        (None, Some(field)) => format!("Column \"{field}\""),
        (Some(row), Some(field)) => format!("Row {row}: column \"{field}\""),
    }
}

fn listed(columns: &ColumnIndex) -> String {
    let columns = columns.all();
    let names = columns.iter().take(MAX_LISTED).map(|column| shortened(&column.name));
    let mut list = names.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = columns.len().checked_sub(MAX_LISTED) {
        list.push_str(&format!(" and {more} more, see GET /model"));
    }
    list
}

/// Returns `name` unchanged if it is short. Otherwise returns its first [`MAX_ECHO`] characters and an ellipsis.
pub(crate) fn shortened(name: &str) -> String {
    evergreen_lifecycle::text::shortened(name, MAX_ECHO)
}
