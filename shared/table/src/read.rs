//! Reads the files of a data set into a table: opens the files, infers the type of each column, and loads the values.

use bytes::Bytes;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{ColumnProfile, ColumnRole, DatasetFile, DatasetProfile, Task};
use rayon::prelude::*;

use super::infer::{self, ColumnReading, Storage};
use super::labels::{self, ClassesError};
use super::load::{LoadedColumn, Loader};
use super::marks::MissingMarks;
use super::odd_rows::OddRows;
use super::parts::{CellReader, RowPosition, TableParts};
use super::tally::ColumnTally;
use super::{DataFile, MIN_ROWS, Table, TableError, Target, cell, fingerprint, groups, oddities, roles, usable};
use crate::budget::{self, TableShape};
use crate::cell::TextForm;
use crate::fingerprint::RowData;
use crate::forms::{self, SurveyedTable};
use crate::frame::{Frame, FrameColumn};
use crate::settings::DatasetSettings;

pub(super) fn read(
    files: Vec<DataFile>,
    settings: DatasetSettings,
    default_target: &str,
    memory: u64,
) -> Result<Table, TableError> {
    let mut files: Vec<(String, Bytes)> =
        files.into_iter().map(|file| (file.name, Bytes::from(file.content))).collect();
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    let contents: Vec<Bytes> = files.iter().map(|(_, content)| content.clone()).collect();
    let digests = || contents.into_par_iter().map(|content| sha256_hex(&content)).collect();
    let (digests, table): (Vec<String>, _) = rayon::join(digests, || table(files, settings, default_target, memory));
    let (mut table, _) = table?;
    for (file, sha256) in table.profile.files.iter_mut().zip(digests) {
        file.sha256 = sha256;
    }
    Ok(table)
}

/// How each column of a table was read, so that more rows can be read in the same way.
#[derive(Debug, Clone)]
pub(crate) struct TableReading {
    /// The names of the columns, in the order of `columns`.
    pub(crate) names: Vec<String>,
    pub(crate) columns: Vec<ColumnReading>,
    pub(crate) forms: Vec<TextForm>,
    pub(crate) marks: MissingMarks,
}

impl TableReading {
    /// Returns the same reading with its columns in the order of `names`. `None` if it has other columns.
    pub(crate) fn in_order(&self, names: &[String]) -> Option<Self> {
        let place = |name: &String| self.names.iter().position(|own| own == name);
        let places = names.iter().map(place).collect::<Option<Vec<usize>>>()?;
        let columns = places.iter().map(|place| self.columns.get(*place).cloned()).collect::<Option<Vec<_>>>()?;
        let forms = places.iter().map(|place| self.forms.get(*place).copied()).collect::<Option<Vec<_>>>()?;
        let (names, marks) = (names.to_vec(), self.marks.clone());
        (columns.len() == self.columns.len()).then_some(Self { names, columns, forms, marks })
    }
}

/// Reads the data files into a table. Returns also how its columns were read.
pub(crate) fn table(
    files: Vec<(String, Bytes)>,
    settings: DatasetSettings,
    default_target: &str,
    memory: u64,
) -> Result<(Table, TableReading), TableError> {
    // The table's profile still lacks the SHA-256 digests of the files.
    let target_name = settings.target.clone().unwrap_or_else(|| default_target.to_owned());
    let parts = TableParts::open(files, &settings, memory)?;
    let roles = roles::roles(&parts.names, &target_name, &settings).map_err(|error| match error {
        error @ TableError::NoTarget { .. } => parts.without_values(error),
        error => error,
    })?;
    let marks = MissingMarks::of(settings.missing.as_deref());
    let predict = |tallies: &[ColumnTally], forms: &[TextForm]| {
        let readings = infer::predict_readings(&parts, &roles, tallies, forms, &settings);
        let columns = infer::column_shapes(&readings, tallies, parts.most_rows(), parts.raw);
        let shape = TableShape { rows: parts.most_rows(), columns };
        if budget::fits_during_survey(&shape, parts.raw, memory) { readings } else { Vec::new() }
    };
    let mut surveyed = forms::survey(&parts, &settings.csv, &marks, predict)?;
    let profile = DatasetProfile { files: files_of(&parts, &surveyed), ..DatasetProfile::default() };
    let rows = profile.files.iter().map(|file| file.rows).sum();
    check_rows(rows, &surveyed.odd)?;
    let readings = infer::infer(&parts, &roles, &surveyed, &settings)?;
    check_features(&parts, &readings, &target_name)?;
    let kept = infer::column_shapes(&readings, &surveyed.tallies, rows as u64, parts.raw);
    budget::check_reading(TableShape { rows: rows as u64, columns: kept }, parts.raw, memory)?;
    let mut loaded = load(&parts, &readings, &mut surveyed, &marks, rows)?;
    let left_out = usable::keep(&parts, &readings, &mut loaded, &mut surveyed.odd, &target_name)?;
    usable::check(&parts, &surveyed.odd, &settings)?;
    check_rows(rows - left_out.len(), &surveyed.odd)?;
    let columns = TableColumns::new(&parts, &readings, loaded, &target_name, &settings)
        .map_err(|error| error.with_left_out(&surveyed.odd))?;
    let profile = DatasetProfile { columns: profiles(&parts.names, &surveyed.tallies, &readings), ..profile };
    let mut warnings = roles::absent(&parts.names, &settings);
    warnings.extend(surveyed.odd.warnings());
    warnings.extend(readings.iter().flat_map(|reading| reading.warnings.clone()));
    warnings.extend(labels::alike(columns.target.labels(), &target_name));
    warnings
        .extend(labels::yes_is_first(columns.target.labels(), &target_name).filter(|_| settings.positive.is_none()));
    warnings.extend(labels::alike_categories(&columns.frame));
    warnings.extend(oddities::copies(&columns.frame, &columns.target));
    let names = parts.names.clone();
    // The contents of the files are no longer needed. They are dropped before the fingerprint is computed, which needs
    // memory, too.
    drop(parts);
    let profile = DatasetProfile { warnings, ..profile };
    let reading = TableReading { names, columns: readings, forms: surveyed.forms, marks };
    Ok((columns.into_table(target_name, settings, profile, left_out, memory), reading))
}

/// Loads the values of all columns of the table.
fn load(
    parts: &TableParts,
    readings: &[ColumnReading],
    surveyed: &mut SurveyedTable,
    marks: &MissingMarks,
    rows: usize,
) -> Result<Vec<LoadedColumn>, TableError> {
    // Columns whose values were already stored during the first pass over the files are reused. The other columns are
    // read now.
    let mut loaded = std::mem::take(&mut surveyed.loaded);
    let later = |(loaded, reading): (&mut LoadedColumn, &ColumnReading)| {
        if loaded.is_as(reading) {
            return ColumnReading { storage: Storage::Skip, ..reading.clone() };
        }
        *loaded = LoadedColumn::Skipped;
        reading.clone()
    };
    let later: Vec<ColumnReading> = loaded.iter_mut().zip(readings).map(later).collect();
    if later.iter().any(|reading| reading.storage != Storage::Skip) {
        let read = parts.read(Loader::new(&later, &surveyed.forms, marks, rows))?.finish();
        let read = loaded.iter_mut().zip(read).zip(&later).filter(|(_, reading)| reading.storage != Storage::Skip);
        read.for_each(|((loaded, read), _)| *loaded = read);
    }
    Ok(loaded)
}

/// Describes each data file for the table's profile, for example its number of rows.
fn files_of(parts: &TableParts, surveyed: &SurveyedTable) -> Vec<DatasetFile> {
    let commas = surveyed.forms.iter().any(|form| form.comma);
    let read_as = |part: &super::parts::TablePart| {
        let notation = (commas && part.has_texts()).then(|| "decimal commas".to_owned());
        part.read_as.iter().cloned().chain(notation).collect::<Vec<_>>().join(", ")
    };
    let file = |(index, part): (u32, &super::parts::TablePart)| DatasetFile {
        name: part.name.clone(),
        size: part.size,
        sha256: String::new(),
        rows: surveyed.rows.get(&index).copied().unwrap_or_default() as usize,
        read_as: read_as(part),
        object_version: None,
    };
    (0..).zip(&parts.parts).map(file).collect()
}

fn check_rows(rows: usize, odd: &OddRows) -> Result<(), TableError> {
    match rows {
        rows if rows < MIN_ROWS => Err(TableError::TooFewRows { rows, left_out: odd.left_out() }),
        // Row indices and codes of texts have 32 bits, and one code means a missing value.
        rows if rows >= u32::MAX as usize => Err(TableError::TooManyRows),
        _ => Ok(()),
    }
}

fn check_features(parts: &TableParts, readings: &[ColumnReading], target: &str) -> Result<(), TableError> {
    if readings.iter().any(|reading| reading.role == ColumnRole::Feature) {
        return Ok(());
    }
    let named = parts.names.iter().zip(readings);
    let dropped =
        named.filter(|(_, reading)| reading.role == ColumnRole::Dropped).map(|(name, _)| name.clone()).collect();
    Err(TableError::NoFeatures { target: target.to_owned(), dropped })
}

fn profiles(names: &[String], tallies: &[ColumnTally], readings: &[ColumnReading]) -> Vec<ColumnProfile> {
    let columns = names.iter().zip(tallies).zip(readings);
    columns
        .map(|((name, tally), reading)| ColumnProfile {
            name: name.clone(),
            kind: reading.kind.name().to_owned(),
            because: reading.because.clone(),
            missing: missing(tally, reading),
            distinct: tally.distinct(),
            role: reading.role,
            histogram: None,
        })
        .collect()
}

/// Returns the number of missing values in a column. Placeholders such as `?` may count as missing.
fn missing(tally: &ColumnTally, reading: &ColumnReading) -> usize {
    // `reading` says whether placeholders count.
    let present = if reading.marks_are_missing { tally.valued() } else { tally.present() };
    (tally.rows() - present) as usize
}

/// Columns of a table by their role in training: features, target, row weights, order and groups.
struct TableColumns {
    frame: Frame,
    target: Target,
    weights: Option<Vec<f32>>,
    order: Option<Vec<f64>>,
    groups: Option<Vec<u64>>,
}

impl TableColumns {
    fn new(
        parts: &TableParts,
        readings: &[ColumnReading],
        loaded: Vec<LoadedColumn>,
        target_name: &str,
        settings: &DatasetSettings,
    ) -> Result<Self, TableError> {
        let (mut columns, mut target) = (Vec::new(), None);
        let (mut weights, mut order, mut grouped) = (None, None, None);
        for ((name, reading), loaded) in parts.names.iter().zip(readings).zip(loaded) {
            match (reading.role, loaded) {
                (ColumnRole::Target, loaded) => {
                    target = Some(target_of(parts, reading, loaded, target_name, settings)?)
                }
                (ColumnRole::Order, LoadedColumn::Wide(values)) => order = Some(values),
                (ColumnRole::Group, loaded) => grouped = loaded.values().map(|values| groups::hashes(&values)),
                (ColumnRole::Weights, LoadedColumn::Number(values)) => weights = Some(values),
                (_, loaded) => {
                    let column = |values| FrameColumn { name: name.clone(), values };
                    columns.extend(loaded.values().map(column));
                }
            }
        }
        let no_target = || TableError::NoTarget { target: target_name.to_owned(), columns: parts.names.clone() };
        let target = target.ok_or_else(no_target)?;
        let frame = Frame::new(columns, target.len());
        Ok(Self { frame, target, weights, order, groups: grouped })
    }

    fn into_table(
        self,
        target_name: String,
        settings: DatasetSettings,
        profile: DatasetProfile,
        left_out: Vec<u32>,
        memory: u64,
    ) -> Table {
        let Self { frame, target, weights, order, groups } = self;
        let beside = RowData { weights: weights.as_deref(), order: order.as_deref(), groups: groups.as_deref() };
        let fingerprint = fingerprint::of(&target_name, &target, frame.columns(), beside);
        let feedback = None;
        Table {
            target_name,
            target,
            frame,
            weights,
            order,
            groups,
            settings,
            profile,
            fingerprint,
            left_out,
            memory,
            feedback,
            all_rows: None,
        }
    }
}

fn target_of(
    parts: &TableParts,
    reading: &ColumnReading,
    loaded: LoadedColumn,
    name: &str,
    settings: &DatasetSettings,
) -> Result<Target, TableError> {
    match (reading.task(), loaded) {
        (Task::Regression, LoadedColumn::Wide(numbers)) => {
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
        (_, LoadedColumn::Texts(texts)) => {
            labels::classes(texts, name, settings.positive.as_ref()).map_err(|error| match error {
                ClassesError::Error(error) => error,
                ClassesError::Long(row, bytes) => {
                    at_place(parts, row, name, |place, target| TableError::LongLabel { place, target, bytes })
                }
            })
        }
        _ => Err(TableError::NoTarget { target: name.to_owned(), columns: parts.names.clone() }),
    }
}

// The positions of all rows are not stored, because they would need more memory than the values.
/// Receiver of cells that finds the file and the line of one row.
struct RowSearch {
    column: usize,
    /// Number of rows that are still to skip before the searched row.
    before: usize,
    found: Option<RowPosition>,
}

impl CellReader for RowSearch {
    fn cell(&mut self, column: usize, at: RowPosition, _: cell::FileCell<'_>) {
        if column == self.column && self.found.is_none() {
            match self.before.checked_sub(1) {
                Some(before) => self.before = before,
                None => self.found = Some(at),
            }
        }
    }
}

/// Creates an error that names the file and the line of the row with the index `row`.
fn at_place(
    parts: &TableParts,
    row: usize,
    target: &str,
    error: impl FnOnce(super::FilePlace, String) -> TableError,
) -> TableError {
    place_of(parts, row, target).map_or_else(|other| other, |at| error(parts.place(at), target.to_owned()))
}

/// Returns the position of a row in the data files. The files are read again up to this row.
pub(super) fn place_of(parts: &TableParts, row: usize, target: &str) -> Result<RowPosition, TableError> {
    // `target` is the name of the column whose cells are counted.
    let column = parts.names.iter().position(|name| name == target).unwrap_or_default();
    let search = parts.read_in_order(RowSearch { column, before: row, found: None })?;
    Ok(search.found.unwrap_or(RowPosition { file: 0, line: 0 }))
}
