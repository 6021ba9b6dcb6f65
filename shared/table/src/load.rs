//! Loads the values of the columns into memory, after the type of each column was decided.

use std::collections::HashMap;

use super::cell::{CellValue, FileCell, TextForm};
use super::date::CLOCK_DAY;
use super::infer::{A_MOMENT, A_NUMBER, ColumnReading, Storage};
use super::marks::MissingMarks;
use super::memo::Memo;
use super::parts::{CellCollector, CellReader, RowPosition};
use crate::frame::{MISSING, Values};
use crate::tally::MAX_DISTINCT;

/// Values of one column that have been read from the files so far.
#[derive(Debug, Default)]
pub(super) enum LoadedColumn {
    #[default]
    Skipped,
    Number(Vec<f32>),
    Boolean(Vec<f32>),
    Timestamp(Vec<f64>),
    Texts(CodedTexts),
    // Few values occur twice.
    /// Free text: each value has several words.
    Words(CodedTexts),
    Wide(Vec<f64>),
}

/// Values of a text column: each different text once, and for each row the index of its text (the code).
#[derive(Debug, Default)]
pub(super) struct CodedTexts {
    /// For each row, the index of its text in `names`, or [`MISSING`] for a missing text.
    pub codes: Vec<u32>,
    /// The different texts of the column, in the order in which they first occur.
    pub names: Vec<String>,
    /// Whether placeholders such as `?` count as missing values in this column.
    marks_are_missing: bool,
    // `true` for columns that are already stored during the first pass over the files.
    /// Whether a column with more than [`MAX_DISTINCT`] different texts discards its values. This limits the memory.
    has_most: bool,
    known: HashMap<String, u32, foldhash::fast::FixedState>,
}

impl CodedTexts {
    fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.known.get(text) {
            return *code;
        }
        let code = self.names.len() as u32;
        self.names.push(text.to_owned());
        self.known.insert(text.to_owned(), code);
        code
    }

    fn append(&mut self, later: Self) {
        let codes: Vec<u32> = later.names.iter().map(|name| self.code(name)).collect();
        self.codes.extend(later.codes.iter().map(|code| codes.get(*code as usize).copied().unwrap_or(MISSING)));
    }

    /// Returns whether the column has more different texts than the first reading of the files may store.
    fn is_full(&self) -> bool {
        self.has_most && self.names.len() > MAX_DISTINCT
    }

    /// Sorts the different texts of the column. Returns the new codes of all rows, then the sorted texts.
    fn sorted(self) -> (Vec<u32>, Vec<String>) {
        let mut order: Vec<(String, usize)> = self.names.into_iter().zip(0..).collect();
        order.sort();
        let mut ranks = vec![MISSING; order.len()];
        for (rank, (_, code)) in order.iter().enumerate() {
            if let Some(place) = ranks.get_mut(*code) {
                *place = rank as u32;
            }
        }
        let codes = self.codes.into_iter().map(|code| ranks.get(code as usize).copied().unwrap_or(MISSING)).collect();
        (codes, order.into_iter().map(|(name, _)| name).collect())
    }
}

impl LoadedColumn {
    /// Creates an empty column for values of the type in `reading`, with memory for `rows` values.
    fn new(reading: &ColumnReading, rows: usize) -> Self {
        let marks_are_missing = reading.marks_are_missing;
        match reading.storage {
            Storage::Skip => Self::Skipped,
            Storage::Number => Self::Number(Vec::with_capacity(rows)),
            Storage::Boolean => Self::Boolean(Vec::with_capacity(rows)),
            Storage::Timestamp => Self::Timestamp(Vec::with_capacity(rows)),
            Storage::Texts => {
                Self::Texts(CodedTexts { codes: Vec::with_capacity(rows), marks_are_missing, ..CodedTexts::default() })
            }
            Storage::Words => Self::Words(CodedTexts { codes: Vec::with_capacity(rows), ..CodedTexts::default() }),
            Storage::Wide => Self::Wide(Vec::with_capacity(rows)),
        }
    }

    /// Creates an empty column for the first reading of the files, in which types are only predicted from a sample.
    pub(super) fn predicted(reading: Option<&ColumnReading>, rows: usize) -> Self {
        // If the predicted type `reading` is `None` or free text, nothing is stored.
        match reading.map(|reading| Self::new(reading, rows)) {
            Some(Self::Texts(texts)) => Self::Texts(CodedTexts { has_most: true, ..texts }),
            // Free text rarely repeats, and a column of it may still be left out. Storing it early would need too much
            // memory.
            Some(Self::Words(_)) | None => Self::Skipped,
            Some(loaded) => loaded,
        }
    }

    /// Returns whether the column's values are already stored as `reading` requires.
    pub(super) fn is_as(&self, reading: &ColumnReading) -> bool {
        // If not, the column must be read again from the files.
        match (self, reading.storage) {
            (Self::Texts(texts), Storage::Texts) => texts.marks_are_missing == reading.marks_are_missing,
            (Self::Skipped, Storage::Skip)
            | (Self::Number(_), Storage::Number)
            | (Self::Boolean(_), Storage::Boolean)
            | (Self::Timestamp(_), Storage::Timestamp)
            | (Self::Wide(_), Storage::Wide) => true,
            _ => false,
        }
    }

    /// Reserves memory for `rows` values of the column.
    pub(super) fn reserve(&mut self, rows: usize) {
        // Only for a column without values.
        match self {
            Self::Number(values) | Self::Boolean(values) if values.is_empty() => values.reserve_exact(rows),
            Self::Timestamp(values) | Self::Wide(values) if values.is_empty() => values.reserve_exact(rows),
            Self::Texts(texts) if texts.codes.is_empty() => texts.codes.reserve_exact(rows),
            _ => {}
        }
    }

    /// Adds the value of the next row to the column. A value of a wrong type is stored as missing.
    #[inline]
    pub(super) fn push(&mut self, cell: &FileCell<'_>, value: CellValue) {
        // The inference of types has its own error for a value of a wrong type.
        match self {
            Self::Skipped => {}
            Self::Number(values) => values.push(match value {
                CellValue::Number(number)
                | CellValue::Padded(number)
                | CellValue::Clock(number)
                | CellValue::Span(number) => number as f32,
                _ => f32::NAN,
            }),
            Self::Boolean(values) => values.push(match value {
                CellValue::Boolean(value) => f32::from(u8::from(value)),
                CellValue::Number(number) => number as f32,
                _ => f32::NAN,
            }),
            Self::Timestamp(values) => values.push(match value {
                CellValue::Moment(seconds) => seconds,
                CellValue::Clock(seconds) => CLOCK_DAY + seconds,
                _ => f64::NAN,
            }),
            Self::Texts(texts) | Self::Words(texts) => {
                let is_missing = match value {
                    CellValue::Missing => true,
                    CellValue::Mark | CellValue::Infinite => texts.marks_are_missing,
                    _ => false,
                };
                let code = if is_missing { MISSING } else { texts.code(&cell.text()) };
                texts.codes.push(code);
                if texts.is_full() {
                    *self = Self::Skipped;
                }
            }
            Self::Wide(values) => values.push(match value {
                CellValue::Number(number)
                | CellValue::Padded(number)
                | CellValue::Moment(number)
                | CellValue::Clock(number)
                | CellValue::Span(number) => number,
                _ => f64::NAN,
            }),
        }
    }

    /// Returns which values the column has, if `value` has another type and is not missing. `None` otherwise.
    pub(super) fn expected(&self, value: CellValue) -> Option<&'static str> {
        use CellValue::{Boolean, Clock, Infinite, Mark, Missing, Moment, Number, Padded, Span};
        match (self, value) {
            (_, Missing | Mark | Infinite)
            | (Self::Skipped | Self::Texts(_) | Self::Words(_), _)
            | (Self::Number(_), Number(_) | Padded(_) | Clock(_) | Span(_))
            | (Self::Boolean(_), Boolean(_))
            | (Self::Timestamp(_), Moment(_) | Clock(_))
            | (Self::Wide(_), Number(_) | Padded(_) | Moment(_) | Clock(_) | Span(_)) => None,
            (Self::Boolean(_), Number(number)) if number == 0.0 || number == 1.0 => None,
            (Self::Number(_), _) => Some(A_NUMBER),
            (Self::Boolean(_), _) => Some("true or false"),
            (Self::Timestamp(_), _) => Some(A_MOMENT),
            (Self::Wide(_), _) => Some("a number or a date"),
        }
    }

    pub(super) fn append(&mut self, later: Self) {
        if matches!(later, Self::Skipped) {
            // The values of the later rows were not stored, for example because the column has too many different
            // texts.
            *self = Self::Skipped;
        }
        match (&mut *self, later) {
            (Self::Number(values), Self::Number(more)) | (Self::Boolean(values), Self::Boolean(more)) => {
                extend(values, more);
            }
            (Self::Timestamp(values), Self::Timestamp(more)) | (Self::Wide(values), Self::Wide(more)) => {
                extend(values, more);
            }
            (Self::Texts(texts), Self::Texts(more)) | (Self::Words(texts), Self::Words(more)) => texts.append(more),
            _ => {}
        }
        if matches!(self, Self::Texts(texts) if texts.is_full()) {
            *self = Self::Skipped;
        }
    }

    /// Converts the column to the values of a table in memory. `None` if the column stores no values.
    pub(super) fn values(self) -> Option<Values> {
        match self {
            Self::Number(values) => Some(Values::Number(values)),
            Self::Boolean(values) => Some(Values::Boolean(values)),
            Self::Timestamp(values) => Some(Values::Timestamp(values)),
            Self::Texts(texts) => {
                let (codes, names) = texts.sorted();
                Some(Values::Category { codes, names })
            }
            Self::Words(texts) => {
                let (codes, names) = texts.sorted();
                Some(Values::Text { codes, names })
            }
            Self::Skipped | Self::Wide(_) => None,
        }
    }

    /// Keeps only the rows for which `kept` is `true`.
    pub(super) fn retain(&mut self, kept: &[bool]) {
        match self {
            Self::Skipped => {}
            Self::Number(values) | Self::Boolean(values) => retain(values, kept),
            Self::Texts(texts) | Self::Words(texts) => retain(&mut texts.codes, kept),
            Self::Timestamp(values) | Self::Wide(values) => retain(values, kept),
        }
    }
}

fn extend<T: Copy>(values: &mut Vec<T>, more: Vec<T>) {
    if values.is_empty() && more.len() >= values.capacity() {
        *values = more;
    } else {
        values.extend_from_slice(&more);
    }
}

fn retain<T>(values: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| kept.next().copied().unwrap_or(true));
}

/// Receiver of cells while the files are read: stores the values of the columns in memory.
pub(super) struct Loader<'a> {
    columns: Vec<(LoadedColumn, Memo)>,
    readings: &'a [ColumnReading],
    forms: &'a [TextForm],
    marks: &'a MissingMarks,
}

impl<'a> Loader<'a> {
    /// Creates a loader with one column for each entry of `readings`, the types chosen earlier.
    pub(super) fn new(
        readings: &'a [ColumnReading],
        forms: &'a [TextForm],
        marks: &'a MissingMarks,
        rows: usize,
    ) -> Self {
        // Each column reserves memory for `rows` values.
        let column = |reading| (LoadedColumn::new(reading, rows), Memo::default());
        Self { columns: readings.iter().map(column).collect(), readings, forms, marks }
    }

    pub(super) fn finish(self) -> Vec<LoadedColumn> {
        self.columns.into_iter().map(|(loaded, _)| loaded).collect()
    }

    /// Stores the value of the next row of a column. Returns which values the column has, if this one has another type.
    #[inline]
    pub(super) fn add(&mut self, column: usize, cell: &FileCell<'_>) -> Option<&'static str> {
        let ((loaded, memo), form) = self.columns.get_mut(column).zip(self.forms.get(column))?;
        if matches!(loaded, LoadedColumn::Skipped) {
            return None;
        }
        let value = memo.parse(cell, *form, self.marks, false).value;
        loaded.push(cell, value);
        loaded.expected(value)
    }
}

impl CellReader for Loader<'_> {
    #[inline]
    fn cell(&mut self, column: usize, _: RowPosition, cell: FileCell<'_>) {
        // The inference of types has seen all rows, so no value has another type.
        let _ = self.add(column, &cell);
    }

    fn needs(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|(loaded, _)| !matches!(loaded, LoadedColumn::Skipped))
    }
}

impl CellCollector for Loader<'_> {
    fn sibling(&self, rows: usize) -> Self {
        Self::new(self.readings, self.forms, self.marks, rows)
    }

    fn append(&mut self, later: Self) {
        self.columns.iter_mut().zip(later.columns).for_each(|((loaded, _), (later, _))| loaded.append(later));
    }
}
