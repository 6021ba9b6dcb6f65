//! From files to a table.

use std::collections::BTreeMap;

use evergreen_lifecycle::{ColumnProfile, ColumnRole, DatasetFile, DatasetProfile, Task};

use super::infer::{self, Reading};
use super::labels::{self, NoClasses};
use super::load::{Loaded, Loader};
use super::parts::{At, Parts, Reader};
use super::survey::{Survey, Tally};
use super::{DataFile, MIN_ROWS, Table, TableError, Target, cell, fingerprint, oddities, roles};
use crate::budget::{self, Shape};
use crate::frame::{Frame, FrameColumn};
use crate::settings::Settings;

pub(super) fn read(
    files: Vec<DataFile>,
    settings: Settings,
    default_target: &str,
    memory: u64,
) -> Result<Table, TableError> {
    let target_name = settings.target.clone().unwrap_or_else(|| default_target.to_owned());
    let parts = Parts::open(files, &settings.drop, memory)?;
    let roles = roles::roles(&parts.names, &target_name, &settings).map_err(|error| match error {
        error @ TableError::NoTarget { .. } => parts.without_values(error),
        error => error,
    })?;
    let width = parts.names.len();
    let (tallies, file_rows) = parts.read(Survey::new(width), || Survey::new(width))?.finish();
    let profile = DatasetProfile { files: files_of(&parts, &file_rows), ..DatasetProfile::default() };
    let rows = profile.files.iter().map(|file| file.rows).sum();
    check_rows(rows)?;
    let readings = infer::infer(&parts, &roles, &tallies, &settings)?;
    check_features(&parts, &readings, &target_name)?;
    let kept = infer::kept(&readings, &tallies, rows as u64, parts.raw);
    budget::check_reading(Shape { rows: rows as u64, columns: kept }, parts.raw, memory)?;
    let loaded = parts.read(Loader::new(&readings, rows), || Loader::new(&readings, 0))?.finish();
    let columns = Columns::new(&parts, &readings, loaded, &target_name, &settings)?;
    let profile = DatasetProfile { columns: profiles(&parts.names, &tallies, &readings), ..profile };
    let mut warnings = roles::absent(&parts.names, &settings);
    warnings.extend(readings.into_iter().filter_map(|reading| reading.warning));
    warnings.extend(oddities::copies(&columns.frame, &columns.target));
    // The files are not needed any more, and the hashes of the rows are memory, too.
    drop(parts);
    Ok(columns.into_table(target_name, settings, DatasetProfile { warnings, ..profile }, memory))
}

/// The files, of which `rows` has the number of rows by the file's index.
fn files_of(parts: &Parts, rows: &BTreeMap<u32, u64>) -> Vec<DatasetFile> {
    let file = |(index, part): (u32, &super::parts::Part)| DatasetFile {
        name: part.name.clone(),
        size: part.size,
        sha256: part.sha256.clone(),
        rows: rows.get(&index).copied().unwrap_or_default() as usize,
    };
    (0..).zip(&parts.parts).map(file).collect()
}

fn check_rows(rows: usize) -> Result<(), TableError> {
    match rows {
        rows if rows < MIN_ROWS => Err(TableError::TooFewRows(rows)),
        // Row indices and codes have 32 bits, and one of them means that nothing is there.
        rows if rows >= u32::MAX as usize => Err(TableError::TooManyRows),
        _ => Ok(()),
    }
}

fn check_features(parts: &Parts, readings: &[Reading], target: &str) -> Result<(), TableError> {
    if readings.iter().any(|reading| reading.role == ColumnRole::Feature) {
        return Ok(());
    }
    let named = parts.names.iter().zip(readings);
    let dropped =
        named.filter(|(_, reading)| reading.role == ColumnRole::Dropped).map(|(name, _)| name.clone()).collect();
    Err(TableError::NoFeatures { target: target.to_owned(), dropped })
}

fn profiles(names: &[String], tallies: &[Tally], readings: &[Reading]) -> Vec<ColumnProfile> {
    let columns = names.iter().zip(tallies).zip(readings);
    columns
        .map(|((name, tally), reading)| ColumnProfile {
            name: name.clone(),
            kind: reading.kind.name().to_owned(),
            because: reading.because.clone(),
            missing: (tally.rows() - tally.present()) as usize,
            distinct: tally.distinct(),
            role: reading.role,
        })
        .collect()
}

/// The columns, each in its role.
struct Columns {
    frame: Frame,
    target: Target,
    weights: Option<Vec<f32>>,
    order: Option<Vec<f64>>,
}

impl Columns {
    fn new(
        parts: &Parts,
        readings: &[Reading],
        loaded: Vec<Loaded>,
        target_name: &str,
        settings: &Settings,
    ) -> Result<Self, TableError> {
        let (mut columns, mut target, mut weights, mut order) = (Vec::new(), None, None, None);
        for ((name, reading), loaded) in parts.names.iter().zip(readings).zip(loaded) {
            match (reading.role, loaded) {
                (ColumnRole::Target, loaded) => {
                    target = Some(target_of(parts, reading, loaded, target_name, settings)?)
                }
                (ColumnRole::Order, Loaded::Wide(values)) => order = Some(values),
                (ColumnRole::Weights, Loaded::Number(values)) => weights = Some(values),
                (_, loaded) => {
                    let column = |values| FrameColumn { name: name.clone(), values };
                    columns.extend(loaded.values().map(column));
                }
            }
        }
        let no_target = || TableError::NoTarget { target: target_name.to_owned(), columns: parts.names.clone() };
        let target = target.ok_or_else(no_target)?;
        let frame = Frame::new(columns, target.len());
        Ok(Self { frame, target, weights, order })
    }

    fn into_table(self, target_name: String, settings: Settings, profile: DatasetProfile, memory: u64) -> Table {
        let Self { frame, target, weights, order } = self;
        let fingerprint = fingerprint::of(&target_name, &target, frame.columns(), weights.as_deref(), order.as_deref());
        Table { target_name, target, frame, weights, order, settings, profile, fingerprint, memory }
    }
}

fn target_of(
    parts: &Parts,
    reading: &Reading,
    loaded: Loaded,
    name: &str,
    settings: &Settings,
) -> Result<Target, TableError> {
    match (reading.task(), loaded) {
        (Task::Regression, Loaded::Wide(numbers)) => {
            if settings.positive.is_some() {
                return Err(TableError::PositiveOfMany { target: name.to_owned(), labels: 0 });
            }
            match numbers.first() {
                Some(first) if numbers.iter().all(|number| number == first) => {
                    Err(TableError::OneNumber(name.to_owned()))
                }
                _ => Ok(Target::Numbers(numbers)),
            }
        }
        (_, Loaded::Texts(texts)) => {
            labels::classes(texts, name, settings.positive.as_ref()).map_err(|error| match error {
                NoClasses::Error(error) => error,
                NoClasses::Rare(row) => {
                    at_place(parts, row, name, |place, target| TableError::RareLabel { place, target })
                }
                NoClasses::Long(row, bytes) => {
                    at_place(parts, row, name, |place, target| TableError::LongLabel { place, target, bytes })
                }
            })
        }
        _ => Err(TableError::NoTarget { target: name.to_owned(), columns: parts.names.clone() }),
    }
}

/// Looks for the place of the row of an index: without a list of places, which would take more memory than the values.
struct Search {
    column: usize,
    /// Rows to pass before it is there.
    before: usize,
    found: Option<At>,
}

impl Reader for Search {
    fn cell(&mut self, column: usize, at: At, _: cell::Cell<'_>) {
        if column == self.column && self.found.is_none() {
            match self.before.checked_sub(1) {
                Some(before) => self.before = before,
                None => self.found = Some(at),
            }
        }
    }
}

/// The error of the row of that index.
fn at_place(
    parts: &Parts,
    row: usize,
    target: &str,
    error: impl FnOnce(super::Place, String) -> TableError,
) -> TableError {
    place_of(parts, row, target).map_or_else(|other| other, |place| error(place, target.to_owned()))
}

/// Where the row of that index stands.
fn place_of(parts: &Parts, row: usize, target: &str) -> Result<super::Place, TableError> {
    let column = parts.names.iter().position(|name| name == target).unwrap_or_default();
    let search = parts.read_in_order(Search { column, before: row, found: None })?;
    Ok(parts.place(search.found.unwrap_or(At { file: 0, line: 0 })))
}
