//! Problems with what was sent to `/predict`.

use lambda_http::http::StatusCode;

use super::{Kind, Problem};
use crate::body::{BodyFault, MAX_BODY_BYTES};
use crate::rows::{Columns, Fault, MAX_ROWS};

/// The most of a name that is repeated, in characters.
const MAX_ECHO: usize = 64;
/// The most columns that are listed in one answer.
const MAX_LISTED: usize = 20;
const JSON: &str = "JSON in UTF-8";
const ROW: &str = "an object with a number for each column";
const NUMBER: &str = "a JSON number that fits a 32-bit float; NaN and Infinity are none";

static UNSUPPORTED_MEDIA_TYPE: Kind =
    Kind::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type");
static BODY_TOO_LARGE: Kind = Kind::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large");
static NOT_JSON: Kind = Kind::new(StatusCode::BAD_REQUEST, "not-json", "Not JSON");
static WRONG_SHAPE: Kind = Kind::new(StatusCode::BAD_REQUEST, "wrong-shape", "Wrong shape");
static NO_ROWS: Kind = Kind::new(StatusCode::BAD_REQUEST, "no-rows", "No rows");
static TOO_MANY_ROWS: Kind = Kind::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-rows", "Too many rows");
static UNKNOWN_COLUMN: Kind = Kind::new(StatusCode::BAD_REQUEST, "unknown-column", "Unknown column");
static DUPLICATE_COLUMN: Kind = Kind::new(StatusCode::BAD_REQUEST, "duplicate-column", "Duplicate column");
static MISSING_COLUMN: Kind = Kind::new(StatusCode::BAD_REQUEST, "missing-column", "Missing column");
static NOT_A_NUMBER: Kind = Kind::new(StatusCode::BAD_REQUEST, "not-a-number", "Not a number");
static OUT_OF_RANGE: Kind = Kind::new(StatusCode::BAD_REQUEST, "out-of-range", "Out of range");

impl Problem {
    /// The body could not be taken for JSON at all.
    pub fn of_body(fault: BodyFault) -> Self {
        match fault {
            BodyFault::MediaType => {
                let detail = "The content type is missing or not JSON.";
                Self::new(&UNSUPPORTED_MEDIA_TYPE, detail).expecting("application/json")
            }
            BodyFault::TooLarge => {
                let detail = format!("The body is longer than {MAX_BODY_BYTES} bytes.");
                Self::new(&BODY_TOO_LARGE, detail).expecting(format!("at most {MAX_BODY_BYTES} bytes"))
            }
            BodyFault::Utf8 => not_json("The body is not UTF-8."),
            BodyFault::Empty => not_json("The body is empty."),
        }
    }

    /// The body is not JSON, or no rows of `columns`.
    pub fn of_rows(fault: Fault, columns: &Columns) -> Self {
        let (row, field) = (fault.row(), fault.column(columns).map(shortened));
        let (kind, what, expected) = match fault {
            Fault::NotJson { line, column, field, .. } => {
                let what = format!("is not valid JSON, at line {line}, column {column}");
                (&NOT_JSON, what, field.map_or(JSON, |_| NUMBER).into())
            }
            Fault::WrongShape(found) => (&WRONG_SHAPE, format!("is {found}"), rows_wanted()),
            Fault::NoRows => (&NO_ROWS, "is an empty list".into(), rows_wanted()),
            Fault::TooManyRows => {
                (&TOO_MANY_ROWS, format!("has more than {MAX_ROWS} rows"), format!("at most {MAX_ROWS} rows"))
            }
            Fault::NotAnObject { found, .. } => (&WRONG_SHAPE, format!("is {found}"), ROW.into()),
            Fault::UnknownColumn { .. } => (&UNKNOWN_COLUMN, "is not one of the model's".into(), listed(columns)),
            Fault::DuplicateColumn { .. } => (&DUPLICATE_COLUMN, "is given twice".into(), "each column once".into()),
            Fault::MissingColumn { .. } => (&MISSING_COLUMN, "is missing".into(), listed(columns)),
            Fault::NotANumber { found, .. } => (&NOT_A_NUMBER, format!("is {found}"), NUMBER.into()),
            Fault::OutOfRange { .. } => (&OUT_OF_RANGE, "does not fit a 32-bit float".into(), NUMBER.into()),
        };
        let detail = format!("{} {what}.", place(row, field.as_deref()));
        Self { row, field, ..Self::new(kind, detail).expecting(expected) }
    }
}

fn not_json(detail: &str) -> Problem {
    Problem::new(&NOT_JSON, detail).expecting(JSON)
}

fn rows_wanted() -> String {
    format!("{ROW}, or a list of 1 to {MAX_ROWS} of them")
}

fn place(row: Option<usize>, field: Option<&str>) -> String {
    match (row, field) {
        (None, None) => "The body".into(),
        (Some(row), None) => format!("Row {row}"),
        (None, Some(field)) => format!("Column \"{field}\""),
        (Some(row), Some(field)) => format!("Row {row}: column \"{field}\""),
    }
}

fn listed(columns: &Columns) -> String {
    let names = columns.names();
    let mut list = names.iter().take(MAX_LISTED).map(|name| shortened(name)).collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = names.len().checked_sub(MAX_LISTED) {
        list.push_str(&format!(" and {more} more, see GET /model"));
    }
    list
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(MAX_ECHO) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
