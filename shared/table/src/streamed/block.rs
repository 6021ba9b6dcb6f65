//! Reads the rows of a streamed table that are not in its sample, block by block.

use evergreen_lifecycle::{ColumnRole, Label};

use super::groups::RowGroup;
use super::{OpenedFile, StreamSample, StreamedTable};
use crate::frame::{Frame, FrameColumn, MISSING};
use crate::infer::Storage;
use crate::labels;
use crate::load::{CodedTexts, LoadedColumn, Loader};
use crate::parts::RowPosition;
use crate::{TableError, Target};

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
    Classes(Vec<Result<u32, NoClass>>),
    Numbers(Vec<f64>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoClass {
    Missing,
    Unknown,
}

impl StreamedTable {
    /// Reads all rows that are not in the sample, and calls `visit` with each block of them, in the order of the rows.
    ///
    /// # Errors
    /// [`TableError`] if a file cannot be read, if a weight or a row's order is missing, or the error of `visit`.
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
        let loader = Loader::new(&readings, &sample.reading.forms, &sample.reading.marks, group.rows);
        let mut loaded = parts.read(loader)?.finish();
        let target = readings.iter().position(|reading| reading.role == ColumnRole::Target);
        let target = target.and_then(|target| loaded.get_mut(target)).map(std::mem::take).unwrap_or_default();
        let target = BlockTarget::of(target, &sample.labels);
        let is_outside = |row: usize| !sample.rows.has(group.row(row));
        let kept: Vec<bool> = (0..group.rows).map(|row| is_outside(row) && target.is_known(row)).collect();
        let (without_target, new_labels) = target.left_out(is_outside);
        let (mut columns, mut weights, mut order) = (Vec::new(), None, None);
        for (index, (mut loaded, reading)) in loaded.into_iter().zip(&readings).enumerate() {
            let Some(name) = parts.names.get(index) else { continue };
            self.check(&loaded, reading.role, group, name)?;
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
        name: &str,
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
        match wrong {
            Some(row) => {
                let at = RowPosition { file: group.index as u32, line: group.first + row as u64 + 1 };
                let (place, column) = (self.parts.place(at), name.to_owned());
                Err(TableError::WrongCell { place, column, expected, hint: String::new() })
            }
            None => Ok(()),
        }
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

    fn is_known(&self, row: usize) -> bool {
        match self {
            Self::Classes(classes) => classes.get(row).is_some_and(Result::is_ok),
            Self::Numbers(numbers) => numbers.get(row).is_some_and(|number| !number.is_nan()),
        }
    }

    /// Returns how many rows outside the sample have no target, and how many have a label that is not known.
    fn left_out(&self, is_outside: impl Fn(usize) -> bool) -> (u64, u64) {
        match self {
            Self::Classes(classes) => {
                let rows = || classes.iter().enumerate().filter(|(row, _)| is_outside(*row));
                let count = |why| rows().filter(|(_, class)| **class == Err(why)).count() as u64;
                (count(NoClass::Missing), count(NoClass::Unknown))
            }
            Self::Numbers(numbers) => {
                let rows = numbers.iter().enumerate().filter(|(row, _)| is_outside(*row));
                (rows.filter(|(_, number)| number.is_nan()).count() as u64, 0)
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
fn classes(texts: &CodedTexts, known: &[Label]) -> Vec<Result<u32, NoClass>> {
    let class = |text: &String| {
        let label = labels::label_like(text, known)?;
        known.iter().position(|known| *known == label).map(|class| class as u32)
    };
    let of_codes: Vec<Option<u32>> = texts.names.iter().map(class).collect();
    let of_code = |code: &u32| match *code {
        MISSING => Err(NoClass::Missing),
        code => of_codes.get(code as usize).copied().flatten().ok_or(NoClass::Unknown),
    };
    texts.codes.iter().map(of_code).collect()
}
