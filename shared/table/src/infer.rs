//! Infers how each column is read: its role in training, its type, and the storage of its values.

mod feature;
mod special;

use evergreen_lifecycle::{ColumnRole, Task};

use super::TableError;
use super::parts::{RowPosition, TableParts};
use super::tally::ColumnTally;
use crate::budget::{ColumnShape, ColumnUse, FileSizes, MemoryKind};
use crate::cell::TextForm;
use crate::forms::SurveyedTable;
use crate::settings::{DatasetSettings, TypeName};

/// Storage type of a column's values in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Skip,
    Number,
    Boolean,
    Timestamp,
    Texts,
    /// Free text: each value has several words.
    Words,
    /// Numbers, or dates in seconds, in double precision.
    Wide,
}

/// Decision on how a column of the table is read: its role in training, its type and the reasons.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ColumnReading {
    pub role: ColumnRole,
    pub storage: Storage,
    pub kind: TypeName,
    pub because: String,
    pub warnings: Vec<String>,
    /// Whether placeholders such as `?` and infinities count as missing values in this column.
    pub marks_are_missing: bool,
}

/// Facts about a column of the table, from which its type is inferred.
#[derive(Clone, Copy)]
pub(super) struct ColumnFacts<'a> {
    pub name: &'a str,
    pub tally: &'a ColumnTally,
    /// Type of the column in `dataset.toml`. `None` means that the type is inferred from the values.
    pub forced: Option<TypeName>,
    pub form: TextForm,
    /// Whether the header has no name for the column.
    pub is_unnamed: bool,
    /// Whether a Parquet file stores the column as text.
    pub is_stored_text: bool,
    /// Name of the column's Parquet type if such values cannot be read. `None` if the values can be read.
    pub unread: Option<&'a str>,
    pub parts: &'a TableParts,
}

/// Decides how each column of the table is read and stored.
pub(super) fn infer(
    parts: &TableParts,
    roles: &[ColumnRole],
    surveyed: &SurveyedTable,
    settings: &DatasetSettings,
) -> Result<Vec<ColumnReading>, TableError> {
    // `roles` has the role in training of each column, such as feature or target.
    let readings = readings(parts, roles, &surveyed.tallies, &surveyed.forms, settings);
    let readings = readings.collect::<Result<Vec<ColumnReading>, TableError>>()?;
    Ok(keep_the_only(readings, surveyed))
}

/// Predicts from a sample of the rows how each column of the table will be read and stored.
pub(super) fn predict_readings(
    parts: &TableParts,
    roles: &[ColumnRole],
    tallies: &[ColumnTally],
    forms: &[TextForm],
    settings: &DatasetSettings,
) -> Vec<ColumnReading> {
    // The values can then be stored already in the first pass over the files. A column with invalid values is not
    // stored in that pass.
    let readings = readings(parts, roles, tallies, forms, settings);
    let seen = roles.iter().zip(tallies).zip(readings);
    seen.map(|((role, tally), reading)| match reading {
        // The column would be left out, for example because the sample has only zeros or only row numbers. Other
        // numbers may follow, so its values are stored.
        Ok(reading) if *role == ColumnRole::Feature && reading.storage == Storage::Skip && tally.are_numbers() => {
            ColumnReading::new(*role, Storage::Number, TypeName::Number, "")
        }
        Ok(reading) => reading,
        Err(_) => ColumnReading::new(*role, Storage::Skip, TypeName::Category, ""),
    })
    .collect()
}

fn readings<'a>(
    parts: &'a TableParts,
    roles: &'a [ColumnRole],
    tallies: &'a [ColumnTally],
    forms: &'a [TextForm],
    settings: &'a DatasetSettings,
) -> impl Iterator<Item = Result<ColumnReading, TableError>> + 'a {
    let columns = parts.names.iter().zip(roles).zip(tallies.iter().zip(forms)).enumerate();
    columns.map(|(index, ((name, role), (tally, form)))| {
        let forced = settings.types.get(name).copied();
        let unread = parts.unread.iter().find(|(column, _)| *column == index).map(|(_, kind)| kind.as_str());
        let is_unnamed = parts.unnamed.get(index).copied().unwrap_or_default();
        let is_stored_text = parts.stored_texts.contains(&index);
        let column = ColumnFacts { name, tally, forced, form: *form, is_unnamed, is_stored_text, unread, parts };
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

/// If the table has no other feature, uses the column of row numbers as the only feature.
fn keep_the_only(mut readings: Vec<ColumnReading>, surveyed: &SurveyedTable) -> Vec<ColumnReading> {
    if readings.iter().all(|reading| reading.role != ColumnRole::Feature) {
        let counts = readings.iter().zip(&surveyed.tallies).position(|(reading, tally)| reading.counts_rows(tally));
        if let Some(reading) = counts.and_then(|index| readings.get_mut(index)) {
            *reading =
                ColumnReading::new(ColumnRole::Feature, Storage::Number, TypeName::Number, "every value is a number");
        }
    }
    readings
}

/// Memory estimate: returns the memory properties of each column of the table.
pub(super) fn column_shapes(
    readings: &[ColumnReading],
    tallies: &[ColumnTally],
    rows: u64,
    raw: FileSizes,
) -> Vec<ColumnShape> {
    // `rows` is the number of rows in all files, and `raw` has the sizes of the files.
    let bytes = raw.bytes / (rows * readings.len() as u64).max(1);
    let column = |(reading, tally): (&ColumnReading, &ColumnTally)| {
        let used = match reading.role {
            ColumnRole::Target => ColumnUse::Target,
            ColumnRole::Order | ColumnRole::Group | ColumnRole::Weights => ColumnUse::Other,
            ColumnRole::Feature | ColumnRole::Dropped => ColumnUse::Feature,
        };
        let kind = match reading.storage {
            Storage::Skip => MemoryKind::Skipped,
            Storage::Number | Storage::Boolean => MemoryKind::Number,
            Storage::Texts | Storage::Words => MemoryKind::Text(bytes),
            Storage::Timestamp | Storage::Wide => MemoryKind::Wide,
        };
        ColumnShape { kind, used, distinct: tally.distinct() as u64, has_missing: tally.valued() < tally.rows() }
    };
    readings.iter().zip(tallies).map(column).collect()
}

impl ColumnReading {
    fn new(role: ColumnRole, storage: Storage, kind: TypeName, because: impl Into<String>) -> Self {
        Self { role, storage, kind, because: because.into(), warnings: Vec::new(), marks_are_missing: false }
    }

    /// Returns whether the column is left out only because it holds the row number (1, 2, 3, …).
    fn counts_rows(&self, tally: &ColumnTally) -> bool {
        self.role == ColumnRole::Dropped && self.because == feature::COUNTS_ROWS && tally.counts_rows()
    }

    /// Returns the task if this column is the target: regression or classification.
    pub(super) fn task(&self) -> Task {
        // The task is regression if the column is stored as `f64` numbers.
        if self.storage == Storage::Wide { Task::Regression } else { Task::Classification }
    }
}

impl ColumnFacts<'_> {
    /// Creates the error about an invalid value in the row `at`.
    fn wrong(&self, at: RowPosition, expected: &'static str, hint: &str) -> TableError {
        // `expected` describes valid values, and `hint` is added at the end of the message.
        let (place, column) = (self.parts.place(at), self.name.to_owned());
        TableError::WrongCell { place, column, expected, hint: hint.to_owned() }
    }

    /// Returns an error if a value of the column is missing.
    fn check_complete(&self, expected: &'static str) -> Result<(), TableError> {
        // `expected` describes valid values for the error message.
        match self.tally.first(super::tally::ValueClass::Missing) {
            Some(at) => {
                let (place, column) = (self.parts.place(at), self.name.to_owned());
                Err(TableError::EmptyCell { place, column, expected })
            }
            None => Ok(()),
        }
    }

    /// Returns whether `count` is nearly the number of values in the column, but smaller.
    fn is_nearly_all(&self, count: u64) -> bool {
        // The few other values are then probably mistakes in the data.
        let many = self.tally.distinct() > FEW;
        let present = self.tally.present() - self.tally.of(super::tally::ValueClass::Mark);
        count < present && (count * 100 >= present * 99 || many && count * 10 >= present * 9)
    }
}

// A column with more different numbers holds quantities.
/// Maximum number of different numbers in a column of labels or codes.
const FEW: usize = 20;

pub(super) const A_NUMBER: &str = "a number";
pub(super) const A_MOMENT: &str = "a date or time such as 2026-11-24 or 2026-11-24T10:00:00Z";
