//! Joins kept rows of feedback with a table.
//!
//! The types and labels of the table were inferred from its files, and rows of feedback never change them. A row that does
//! not fit is left out.

use std::collections::BTreeSet;

use evergreen_lifecycle::LearnedFeedback;
use evergreen_lifecycle::feedback::{KeptRow, KeptRows, KnownTruth, RowCell};

use crate::fingerprint::{self, RowData};
use crate::frame::{Frame, FrameColumn, MISSING, Values, at};
use crate::{Table, Target};

/// Rows of feedback in the form of a table: with its columns, types and labels.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinableRows {
    /// The values, in the columns of the table.
    pub frame: Frame,
    /// What turned out true.
    pub target: Target,
    /// When the rows were predicted, in seconds since 1970-01-01T00:00:00Z.
    pub moments: Vec<f64>,
    /// Number of rows that do not fit the table.
    pub unfit: usize,
}

/// A row whose cells are in the order of the table's columns.
struct FittingRow<'a> {
    cells: Vec<&'a RowCell>,
    truth: Truth,
    moment: f64,
}

enum Truth {
    Class(u32),
    Number(f64),
}

impl Table {
    /// Brings rows of feedback into the form of this table, ordered by the hashes of their ids. Of rows with the same id,
    /// the first one counts.
    pub fn joinable(&self, files: &[KeptRows]) -> JoinableRows {
        let mut all: Vec<(&KeptRows, &KeptRow)> =
            files.iter().flat_map(|file| file.rows.iter().map(move |row| (file, row))).collect();
        all.sort_by(|(_, a), (_, b)| a.id_hash.cmp(&b.id_hash));
        all.dedup_by(|(_, later), (_, first)| later.id_hash == first.id_hash);
        let count = all.len();
        let rows: Vec<FittingRow<'_>> = all.into_iter().filter_map(|(file, row)| self.fitting(file, row)).collect();
        let columns = self.frame.columns().iter().enumerate().map(|(index, column)| {
            let cells = rows.iter().map(|row| row.cells.get(index).copied().unwrap_or(&RowCell::Missing));
            FrameColumn { name: column.name.clone(), values: values(&column.values, cells) }
        });
        JoinableRows {
            frame: Frame::new(columns.collect(), rows.len()),
            target: self.target_of(&rows),
            moments: rows.iter().map(|row| row.moment).collect(),
            unfit: count - rows.len(),
        }
    }

    /// Returns the row in the order of the table's columns. `None` if it does not fit.
    fn fitting<'a>(&self, file: &'a KeptRows, row: &'a KeptRow) -> Option<FittingRow<'a>> {
        let cell = |column: &FrameColumn| -> Option<&'a RowCell> {
            let place = file.columns.iter().position(|(name, _)| *name == column.name);
            match place {
                Some(place) => row.cells.get(place).filter(|cell| fits(cell, &column.values)),
                // A model uses a free text only if it helps, so a row may lack it.
                None => matches!(column.values, Values::Text { .. }).then_some(&RowCell::Missing),
            }
        };
        let cells = self.frame.columns().iter().map(cell).collect::<Option<_>>()?;
        let truth = match (&self.target, &row.truth) {
            (Target::Classes { labels, .. }, KnownTruth::Label(label)) => {
                let class = labels.iter().position(|known| known.to_string() == *label)?;
                Truth::Class(class as u32)
            }
            (Target::Numbers(_), KnownTruth::Number(number)) => Truth::Number(*number),
            _ => return None,
        };
        Some(FittingRow { cells, truth, moment: row.predicted_at.as_millisecond() as f64 / 1e3 })
    }

    fn target_of(&self, rows: &[FittingRow<'_>]) -> Target {
        match &self.target {
            Target::Classes { labels, .. } => {
                let class = |row: &FittingRow<'_>| if let Truth::Class(class) = row.truth { Some(class) } else { None };
                Target::Classes { labels: labels.clone(), classes: rows.iter().filter_map(class).collect() }
            }
            Target::Numbers(_) => {
                let number =
                    |row: &FittingRow<'_>| if let Truth::Number(number) = row.truth { Some(number) } else { None };
                Target::Numbers(rows.iter().filter_map(number).collect())
            }
        }
    }

    /// Appends the rows with these indices, and notes in the table which feedback it has. A row has the mean weight of the
    /// table's rows, and the time of its prediction as its place in the order. A table with groups stays as it is.
    #[must_use]
    pub fn joined(mut self, rows: &JoinableRows, chosen: &[u32], learned: LearnedFeedback) -> Self {
        self.feedback = Some(learned);
        if chosen.is_empty() || self.groups.is_some() {
            return self;
        }
        let more = rows.frame.take(chosen);
        let count = self.frame.rows() + more.rows();
        // The table may take much of the memory, so its columns are moved, one after the other.
        let own = std::mem::replace(&mut self.frame, Frame::new(Vec::new(), 0)).into_columns();
        let columns = own.into_iter().zip(more.columns());
        let columns = columns.map(|(FrameColumn { name, values }, more)| {
            let values = appended(values, &more.values);
            FrameColumn { name, values }
        });
        self.frame = Frame::new(columns.collect(), count);
        match (&mut self.target, rows.target.take(chosen)) {
            (Target::Classes { classes, .. }, Target::Classes { classes: more, .. }) => classes.extend(more),
            (Target::Numbers(numbers), Target::Numbers(more)) => numbers.extend(more),
            _ => debug_assert!(false, "the rows were brought into the form of this table"),
        }
        if let Some(weights) = &mut self.weights {
            let mean = weights.iter().copied().map(f64::from).sum::<f64>() / weights.len().max(1) as f64;
            weights.resize(count, mean as f32);
        }
        if let Some(order) = &mut self.order {
            order.extend(at(&rows.moments, chosen));
        }
        let beside = RowData { weights: self.weights.as_deref(), order: self.order.as_deref(), groups: None };
        self.fingerprint = fingerprint::of(&self.target_name, &self.target, self.frame.columns(), beside);
        self
    }
}

/// Returns whether a cell is a value of a column with these values.
fn fits(cell: &RowCell, values: &Values) -> bool {
    matches!(
        (cell, values),
        (RowCell::Missing, _)
            | (RowCell::Number(_), Values::Number(_))
            | (RowCell::Boolean(_), Values::Boolean(_))
            | (RowCell::Moment(_), Values::Timestamp(_))
            | (RowCell::Text(_), Values::Category { .. } | Values::Text { .. })
    )
}

/// Returns the cells as values of the same type as `like`.
fn values<'a>(like: &Values, cells: impl Iterator<Item = &'a RowCell> + Clone) -> Values {
    let number = |cell: &RowCell| match cell {
        RowCell::Number(value) | RowCell::Moment(value) => *value,
        RowCell::Boolean(value) => f64::from(u8::from(*value)),
        RowCell::Missing | RowCell::Text(_) => f64::NAN,
    };
    let text = |cell: &'a RowCell| if let RowCell::Text(text) = cell { Some(text.as_str()) } else { None };
    let texts = || {
        let names: Vec<&str> = cells.clone().filter_map(text).collect::<BTreeSet<_>>().into_iter().collect();
        let code =
            |cell| text(cell).and_then(|text| names.binary_search(&text).ok()).map_or(MISSING, |code| code as u32);
        let codes = cells.clone().map(code).collect();
        (codes, names.into_iter().map(str::to_owned).collect())
    };
    match like {
        Values::Number(_) => Values::Number(cells.map(|cell| number(cell) as f32).collect()),
        Values::Boolean(_) => Values::Boolean(cells.map(|cell| number(cell) as f32).collect()),
        Values::Timestamp(_) => Values::Timestamp(cells.map(number).collect()),
        Values::Category { .. } => {
            let (codes, names) = texts();
            Values::Category { codes, names }
        }
        Values::Text { .. } => {
            let (codes, names) = texts();
            Values::Text { codes, names }
        }
    }
}

/// Appends values of the same type.
fn appended(own: Values, more: &Values) -> Values {
    match (own, more) {
        (Values::Number(own), Values::Number(more)) => Values::Number(extended(own, more)),
        (Values::Boolean(own), Values::Boolean(more)) => Values::Boolean(extended(own, more)),
        (Values::Timestamp(own), Values::Timestamp(more)) => Values::Timestamp(extended(own, more)),
        (Values::Category { codes, names }, Values::Category { codes: more, names: new }) => {
            let (codes, names) = merged((&codes, &names), (more, new));
            Values::Category { codes, names }
        }
        (Values::Text { codes, names }, Values::Text { codes: more, names: new }) => {
            let (codes, names) = merged((&codes, &names), (more, new));
            Values::Text { codes, names }
        }
        (own, _) => own,
    }
}

fn extended<T: Copy>(mut own: Vec<T>, more: &[T]) -> Vec<T> {
    // Without this, the list might get room for twice as many values.
    own.reserve_exact(more.len());
    own.extend_from_slice(more);
    own
}

/// Joins two columns of texts. The list of texts stays sorted. Only texts that occur are added.
fn merged(own: (&[u32], &[String]), more: (&[u32], &[String])) -> (Vec<u32>, Vec<String>) {
    let occurring = more.0.iter().filter_map(|code| more.1.get(*code as usize));
    let names: Vec<&String> = own.1.iter().chain(occurring).collect::<BTreeSet<_>>().into_iter().collect();
    let code_of = |name: &String| names.binary_search(&name).map_or(MISSING, |code| code as u32);
    let codes = |(codes, known): (&[u32], &[String])| {
        let new: Vec<u32> = known.iter().map(code_of).collect();
        codes.iter().map(|code| new.get(*code as usize).copied().unwrap_or(MISSING)).collect::<Vec<_>>()
    };
    ([codes(own), codes(more)].concat(), names.into_iter().cloned().collect())
}

#[cfg(test)]
mod tests;
