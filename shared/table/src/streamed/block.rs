//! Reads the rows of a streamed table that are not in its sample, block by block.

use evergreen_lifecycle::{ColumnRole, Label};

use super::checked::{CheckedLoader, WrongValue};
use super::groups::RowGroup;
use super::{OpenedFile, StreamSample, StreamedTable};
use crate::frame::{Frame, FrameColumn, MISSING};
use crate::infer::Storage;
use crate::labels;
use crate::load::{CodedTexts, LoadedColumn, Loader};
use crate::parts::RowPosition;
use crate::{OddRow, TableError, Target};

/// What the error about a value of another type adds to the expected type.
const AS_IN_SAMPLE: &str = " as in the sample of the table; correct it, or, if it stands for a missing value, add it to `missing` \
                            in dataset.toml";

/// Some rows of a streamed table, which are not in its sample. They are read as the sample was read.
#[derive(Debug)]
pub struct RowBlock {
    /// The feature columns. A category that the sample does not have is kept as a text of this block.
    pub frame: Frame,
    /// The target of each row, with the labels of the sample.
    pub target: Target,
    /// The training weight of each row. `None` if all rows have the same weight.
    pub weights: Option<Vec<f32>>,
    /// The value that orders the rows from old to new. `None` if the settings name no order column.
    pub order: Option<Vec<f64>>,
    /// Number of rows that are left out, because the target has no value.
    pub without_target: u64,
    /// Number of rows that are left out, because no row of the sample has their label.
    pub new_labels: u64,
}

/// The target of each row of a block: its class or number, or the reason why the model cannot learn from the row.
enum BlockTarget {
    Classes(Vec<Result<u32, NoTarget>>),
    Numbers(Vec<f64>),
}

/// Why a model cannot learn from a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoTarget {
    /// The target has no value.
    Missing,
    /// No row of the sample has the label.
    NewLabel,
}

impl StreamedTable {
    /// Reads all rows that are not in the sample, and calls `visit` with each block of them, in the order of the rows.
    ///
    /// # Errors
    /// [`TableError`] if a file cannot be read, if a value has another type than in the sample, if a weight or a row's order
    /// is missing, if a row is left out and the setting `strict` forbids it, or the error of `visit`.
    pub fn blocks(
        &self,
        sample: &StreamSample,
        mut visit: impl FnMut(RowBlock) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let is_read = |column: usize| {
            let reading = sample.reading.columns.get(column);
            reading.is_some_and(|reading| reading.storage != Storage::Skip && reading.role != ColumnRole::Group)
        };
        let ranges = |file: &OpenedFile, index: usize| {
            let order = self.parts.order_of(index);
            let is_read = |column: usize| order.get(column).is_some_and(|column| is_read(*column));
            let groups = 0..file.parquet.rows_of_groups().count();
            Ok(groups.map(|group| file.parquet.chunks(group, is_read)).collect())
        };
        self.each_group(ranges, |_, _| {}, |group| visit(self.block(&group, sample)?))
    }

    /// Reads the rows of one row group that are not in the sample.
    fn block(&self, group: &RowGroup<'_>, sample: &StreamSample) -> Result<RowBlock, TableError> {
        let parts = group.parts(self);
        let mut readings = sample.reading.columns.clone();
        // Whole groups are in the sample or outside, so the groups of the other rows do not matter.
        let groups = readings.iter_mut().filter(|reading| reading.role == ColumnRole::Group);
        groups.for_each(|reading| reading.storage = Storage::Skip);
        let is_outside = |row: usize| !sample.rows.has(group.row(row));
        let loader = Loader::new(&readings, &sample.reading.forms, &sample.reading.marks, group.rows);
        let (mut loaded, wrong) = parts.read(CheckedLoader::new(loader, group, &is_outside))?.finish();
        if let Some(WrongValue { row, column, expected }) = wrong {
            return Err(self.cell_error(group.position(row), column, expected, AS_IN_SAMPLE));
        }
        let target = readings.iter().position(|reading| reading.role == ColumnRole::Target);
        let target = target.and_then(|target| loaded.get_mut(target)).map(std::mem::take).unwrap_or_default();
        let target = BlockTarget::of(target, &sample.labels);
        let (mut kept, mut without_target, mut new_labels) = (vec![false; group.rows], 0, 0);
        for (row, kept) in kept.iter_mut().enumerate().filter(|(row, _)| is_outside(*row)) {
            match target.unusable(row) {
                None => *kept = true,
                Some(why) => {
                    self.check_strict(group.position(row), why)?;
                    *(if why == NoTarget::Missing { &mut without_target } else { &mut new_labels }) += 1;
                }
            }
        }
        let (mut columns, mut weights, mut order) = (Vec::new(), None, None);
        for (index, (mut loaded, reading)) in loaded.into_iter().zip(&readings).enumerate() {
            let Some(name) = parts.names.get(index) else { continue };
            self.check(&loaded, reading.role, group, index)?;
            loaded.retain(&kept);
            match (reading.role, loaded) {
                (ColumnRole::Weights, LoadedColumn::Number(values)) => weights = Some(values),
                (ColumnRole::Order, LoadedColumn::Wide(values)) => order = Some(values),
                (ColumnRole::Feature, loaded) => {
                    columns.extend(loaded.values().map(|values| FrameColumn { name: name.clone(), values }));
                }
                _ => {}
            }
        }
        let target = target.kept(&kept, &sample.labels);
        let frame = Frame::new(columns, target.len());
        Ok(RowBlock { frame, target, weights, order, without_target, new_labels })
    }

    /// Returns an error if a row has no valid weight or no order.
    fn check(
        &self,
        loaded: &LoadedColumn,
        role: ColumnRole,
        group: &RowGroup<'_>,
        column: usize,
    ) -> Result<(), TableError> {
        let (wrong, expected) = match (role, loaded) {
            (ColumnRole::Weights, LoadedColumn::Number(values)) => {
                (values.iter().position(|weight| weight.is_nan() || *weight < 0.0), "a number from 0 up")
            }
            (ColumnRole::Order, LoadedColumn::Wide(values)) => {
                (values.iter().position(|order| order.is_nan()), "a number or a date")
            }
            _ => (None, ""),
        };
        wrong.map_or(Ok(()), |row| Err(self.cell_error(group.position(row), column, expected, "")))
    }

    /// Returns an error if the setting `strict` forbids to leave a row out for this reason.
    fn check_strict(&self, at: RowPosition, why: NoTarget) -> Result<(), TableError> {
        let is_strict = |why: OddRow| self.settings.strict.contains(&why);
        match why {
            NoTarget::Missing if is_strict(OddRow::NoTarget) => {
                Err(TableError::OddRow { place: self.parts.place(at), why: OddRow::NoTarget })
            }
            NoTarget::NewLabel if is_strict(OddRow::RareLabel) => Err(TableError::NewLabel(self.parts.place(at))),
            _ => Ok(()),
        }
    }

    /// Creates the error about a cell. `hint` is added at the end of the message.
    fn cell_error(&self, at: RowPosition, column: usize, expected: &'static str, hint: &str) -> TableError {
        let column = self.parts.names.get(column).cloned().unwrap_or_default();
        TableError::WrongCell { place: self.parts.place(at), column, expected, hint: hint.to_owned() }
    }
}

impl BlockTarget {
    fn of(loaded: LoadedColumn, known: &[Label]) -> Self {
        match loaded {
            LoadedColumn::Texts(texts) => Self::Classes(classes(&texts, known)),
            LoadedColumn::Wide(numbers) => Self::Numbers(numbers),
            _ => Self::Numbers(Vec::new()),
        }
    }

    /// Returns why the model cannot learn from a row. `None` if it can.
    fn unusable(&self, row: usize) -> Option<NoTarget> {
        match self {
            Self::Classes(classes) => classes.get(row).map_or(Some(NoTarget::Missing), |class| class.err()),
            Self::Numbers(numbers) => {
                numbers.get(row).is_none_or(|number| number.is_nan()).then_some(NoTarget::Missing)
            }
        }
    }

    fn kept(self, kept: &[bool], known: &[Label]) -> Target {
        match self {
            Self::Classes(classes) => {
                let classes = classes.into_iter().zip(kept).filter(|(_, kept)| **kept);
                let classes = classes.filter_map(|(class, _)| class.ok()).collect();
                Target::Classes { labels: known.to_vec(), classes }
            }
            Self::Numbers(numbers) => Target::Numbers(
                numbers.into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(number, _)| number).collect(),
            ),
        }
    }
}

/// Returns the class of each row: the index of its label among the labels of the sample.
fn classes(texts: &CodedTexts, known: &[Label]) -> Vec<Result<u32, NoTarget>> {
    let class = |text: &String| {
        let label = labels::label_like(text, known)?;
        known.iter().position(|known| *known == label).map(|class| class as u32)
    };
    let of_codes: Vec<Option<u32>> = texts.names.iter().map(class).collect();
    let of_code = |code: &u32| match *code {
        MISSING => Err(NoTarget::Missing),
        code => of_codes.get(code as usize).copied().flatten().ok_or(NoTarget::NewLabel),
    };
    texts.codes.iter().map(of_code).collect()
}
