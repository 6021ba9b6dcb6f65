//! Infers from the values of each column how it is read.

mod feature;
mod special;

use evergreen_lifecycle::{ColumnRole, Task};

use super::TableError;
use super::parts::{At, Parts};
use super::survey::Tally;
use crate::budget::{Column, Kind, Raw, Use};
use crate::cell::Form;
use crate::forms::Surveyed;
use crate::settings::{Settings, TypeName};

/// How the values of a column are stored in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Skip,
    Number,
    Boolean,
    Timestamp,
    Texts,
    /// Texts of several words.
    Words,
    /// Numbers, or moments in seconds, in double precision.
    Wide,
}

/// The role, storage and type of a column, with the reason.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub role: ColumnRole,
    pub storage: Storage,
    pub kind: TypeName,
    pub because: String,
    pub warnings: Vec<String>,
    /// Whether the usual marks and infinities count as missing values.
    pub marks_are_missing: bool,
}

/// Facts about a column from which its reading is inferred.
#[derive(Clone, Copy)]
pub(super) struct Judged<'a> {
    pub name: &'a str,
    pub tally: &'a Tally,
    /// The type from the settings.
    pub forced: Option<TypeName>,
    pub form: Form,
    /// Whether the header does not name the column.
    pub is_unnamed: bool,
    /// Whether a Parquet file stores the column as text.
    pub is_stored_text: bool,
    /// The type of the values if it cannot be read.
    pub unread: Option<&'a str>,
    pub parts: &'a Parts,
}

/// Infers how the columns are read. `roles` has one role for each column.
pub(super) fn infer(
    parts: &Parts,
    roles: &[ColumnRole],
    surveyed: &Surveyed,
    settings: &Settings,
) -> Result<Vec<Reading>, TableError> {
    let readings = readings(parts, roles, &surveyed.tallies, &surveyed.forms, settings);
    let readings = readings.collect::<Result<Vec<Reading>, TableError>>()?;
    Ok(keep_the_only(readings, surveyed))
}

/// Predicts from some of the values how the columns will be read. A column without a prediction is not kept during the
/// survey.
pub(super) fn foresee(
    parts: &Parts,
    roles: &[ColumnRole],
    tallies: &[Tally],
    forms: &[Form],
    settings: &Settings,
) -> Vec<Reading> {
    let readings = readings(parts, roles, tallies, forms, settings);
    let seen = roles.iter().zip(tallies).zip(readings);
    seen.map(|((role, tally), reading)| match reading {
        // More numbers may follow that differ from the sampled zeros or from the sampled index.
        Ok(reading) if *role == ColumnRole::Feature && reading.storage == Storage::Skip && tally.are_numbers() => {
            Reading::new(*role, Storage::Number, TypeName::Number, "")
        }
        Ok(reading) => reading,
        Err(_) => Reading::new(*role, Storage::Skip, TypeName::Category, ""),
    })
    .collect()
}

fn readings<'a>(
    parts: &'a Parts,
    roles: &'a [ColumnRole],
    tallies: &'a [Tally],
    forms: &'a [Form],
    settings: &'a Settings,
) -> impl Iterator<Item = Result<Reading, TableError>> + 'a {
    let columns = parts.names.iter().zip(roles).zip(tallies.iter().zip(forms)).enumerate();
    columns.map(|(index, ((name, role), (tally, form)))| {
        let forced = settings.types.get(name).copied();
        let unread = parts.unread.iter().find(|(column, _)| *column == index).map(|(_, kind)| kind.as_str());
        let is_unnamed = parts.unnamed.get(index).copied().unwrap_or_default();
        let is_stored_text = parts.stored_texts.contains(&index);
        let column = Judged { name, tally, forced, form: *form, is_unnamed, is_stored_text, unread, parts };
        match role {
            ColumnRole::Feature => feature::infer(column),
            ColumnRole::Target => special::target(column, settings.task),
            ColumnRole::Order => special::order(column),
            ColumnRole::Group => Ok(special::group(column)),
            ColumnRole::Weights => special::weights(column),
            ColumnRole::Dropped => Ok(special::dropped(column)),
        }
    })
}

/// Keeps a column that counts the rows as a feature if the table has no other feature.
fn keep_the_only(mut readings: Vec<Reading>, surveyed: &Surveyed) -> Vec<Reading> {
    if readings.iter().all(|reading| reading.role != ColumnRole::Feature) {
        let counts = readings.iter().zip(&surveyed.tallies).position(|(reading, tally)| reading.counts_rows(tally));
        if let Some(reading) = counts.and_then(|index| readings.get_mut(index)) {
            *reading = Reading::new(ColumnRole::Feature, Storage::Number, TypeName::Number, "every value is a number");
        }
    }
    readings
}

/// Returns what is kept in memory of the columns. `rows` is the number of rows in all files, and `raw` has their sizes.
pub(super) fn kept(readings: &[Reading], tallies: &[Tally], rows: u64, raw: Raw) -> Vec<Column> {
    let bytes = raw.bytes / (rows * readings.len() as u64).max(1);
    let column = |(reading, tally): (&Reading, &Tally)| {
        let used = match reading.role {
            ColumnRole::Target => Use::Target,
            ColumnRole::Order | ColumnRole::Group | ColumnRole::Weights => Use::Other,
            ColumnRole::Feature | ColumnRole::Dropped => Use::Feature,
        };
        let kind = match reading.storage {
            Storage::Skip => Kind::Skipped,
            Storage::Number | Storage::Boolean => Kind::Number,
            Storage::Texts | Storage::Words => Kind::Text(bytes),
            Storage::Timestamp | Storage::Wide => Kind::Wide,
        };
        Column { kind, used, distinct: tally.distinct() as u64, has_missing: tally.valued() < tally.rows() }
    };
    readings.iter().zip(tallies).map(column).collect()
}

impl Reading {
    fn new(role: ColumnRole, storage: Storage, kind: TypeName, because: impl Into<String>) -> Self {
        Self { role, storage, kind, because: because.into(), warnings: Vec::new(), marks_are_missing: false }
    }

    /// Checks whether the column is left out only because it counts the rows.
    fn counts_rows(&self, tally: &Tally) -> bool {
        self.role == ColumnRole::Dropped && self.because == feature::COUNTS_ROWS && tally.counts_rows()
    }

    /// Returns the task if this is the reading of the target.
    pub(super) fn task(&self) -> Task {
        if self.storage == Storage::Wide { Task::Regression } else { Task::Classification }
    }
}

impl Judged<'_> {
    /// Creates the error that the value at `at` is not the `expected` one.
    fn wrong(&self, at: At, expected: &'static str, hint: &str) -> TableError {
        let (place, column) = (self.parts.place(at), self.name.to_owned());
        TableError::WrongCell { place, column, expected, hint: hint.to_owned() }
    }

    /// Checks that no value is missing.
    fn check_complete(&self, expected: &'static str) -> Result<(), TableError> {
        match self.tally.first(super::survey::Class::Missing) {
            Some(at) => {
                let (place, column) = (self.parts.place(at), self.name.to_owned());
                Err(TableError::EmptyCell { place, column, expected })
            }
            None => Ok(()),
        }
    }

    /// Checks whether nearly all values belong to a class with `count` values. The few others are then probably
    /// mistakes.
    fn is_nearly_all(&self, count: u64) -> bool {
        let many = self.tally.distinct() > FEW;
        let present = self.tally.present() - self.tally.of(super::survey::Class::Mark);
        count < present && (count * 100 >= present * 99 || many && count * 10 >= present * 9)
    }
}

/// Maximum number of different values that labels or codes have where numbers are equally likely.
const FEW: usize = 20;

const A_NUMBER: &str = "a number";
const A_MOMENT: &str = "a date or time such as 2026-11-24 or 2026-11-24T10:00:00Z";
