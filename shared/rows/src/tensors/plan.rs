//! Decides which values of a tensor belong to which column of the model.

use serde::de::Error;

use super::head::{InferenceHead, InputTensor};
use crate::by_column::Columns;
use crate::cell::JsonCellReader;
use crate::reader::RowReader;
use crate::{ColumnIndex, RowFault};

const SHAPE: &str = "the shape [rows], [rows, 1], or [rows, columns] with all columns of the model in its order";
const DATA: &str = "\"data\" with one value for each element of the shape, or \"binary_data_size\" and as many bytes";

/// Where the values of a tensor go.
pub(super) struct TensorPlan<'h> {
    pub(super) name: &'h str,
    pub(super) datatype: &'h str,
    /// Number of values in the tensor.
    pub(super) values: usize,
    /// Length in bytes of the tensor behind the JSON part. `None` if its values are in the JSON part.
    pub(super) binary_size: Option<usize>,
    target: Target,
}

#[derive(Clone, Copy)]
enum Target {
    /// All values belong to one column.
    Column(usize),
    /// Each row of the tensor has a value for each column of the model.
    Rows { columns: usize },
    /// The model does not use the column.
    Nothing,
}

impl<'h> TensorPlan<'h> {
    /// Returns a plan for each tensor of a request. The values of all rows have room in `reader` then.
    pub(super) fn of_all<E: Error>(
        head: &'h InferenceHead,
        reader: &mut RowReader<'_>,
        columns: &mut Columns,
    ) -> Result<Vec<Self>, E> {
        if let [tensor] = head.inputs.as_slice()
            && let Some(plan) = Self::of_rows(tensor, reader, columns)
        {
            return Ok(vec![plan?]);
        }
        let mut plans = Vec::with_capacity(head.inputs.len());
        for tensor in &head.inputs {
            plans.push(Self::of_column(tensor, reader, columns, plans.len())?);
        }
        Ok(plans)
    }

    /// Returns the plan of a tensor that has all columns. `None` if the tensor is not one.
    fn of_rows<E: Error>(
        tensor: &'h InputTensor,
        reader: &mut RowReader<'_>,
        columns: &mut Columns,
    ) -> Option<Result<Self, E>> {
        let model: &ColumnIndex = reader.columns();
        let width = model.all().len();
        let &[rows, found] = tensor.shape.as_slice() else { return None };
        let is_column = width == 1 || model.find(&tensor.name, 0).is_some();
        if is_column && found <= 1 {
            return None;
        }
        if u64::try_from(width) != Ok(found) {
            let found = usize::try_from(found).unwrap_or(usize::MAX);
            return Some(Err(reader.refuse(RowFault::WrongWidth { row: None, found, expected: width })));
        }
        let fields = 0..width;
        Some(Self::new(tensor, rows, Target::Rows { columns: width }, width, reader).and_then(|plan| {
            columns.begin_all();
            for field in fields {
                columns.end(reader, field, plan.values / width.max(1))?;
            }
            Ok(plan)
        }))
    }

    fn of_column<E: Error>(
        tensor: &'h InputTensor,
        reader: &mut RowReader<'_>,
        columns: &mut Columns,
        hint: usize,
    ) -> Result<Self, E> {
        let rows = match *tensor.shape.as_slice() {
            [rows] | [rows, 1] => rows,
            _ => return Err(reader.refuse(RowFault::layout(Some(&tensor.name), "has another shape", SHAPE))),
        };
        let Some(field) = columns.begin(reader, &tensor.name, hint)? else {
            return Self::new(tensor, rows, Target::Nothing, 1, reader);
        };
        let plan = Self::new(tensor, rows, Target::Column(field), 1, reader)?;
        columns.end(reader, field, plan.values)?;
        Ok(plan)
    }

    fn new<E: Error>(
        tensor: &'h InputTensor,
        rows: u64,
        target: Target,
        width: usize,
        reader: &mut RowReader<'_>,
    ) -> Result<Self, E> {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        reader.begin_columns(rows)?;
        let binary_size = tensor.parameters.as_ref().and_then(|parameters| parameters.binary_data_size);
        if tensor.data.is_some() == binary_size.is_some() {
            return Err(reader.refuse(RowFault::layout(Some(&tensor.name), "has no values, or has them twice", DATA)));
        }
        Ok(Self { name: &tensor.name, datatype: &tensor.datatype, values: rows * width, binary_size, target })
    }

    /// Returns the reader of the value at `index` of the tensor. `None` if the model does not use the value.
    pub(super) fn cell<'a, 'c, E: Error>(
        &self,
        reader: &'a mut RowReader<'c>,
        index: usize,
    ) -> Result<Option<JsonCellReader<'a, 'c>>, E> {
        let (row, field) = match self.target {
            Target::Column(field) => (index, field),
            Target::Rows { columns } => (index / columns.max(1), index % columns.max(1)),
            Target::Nothing => return Ok(None),
        };
        if index >= self.values {
            return Err(self.refuse_length(reader));
        }
        reader.row = row;
        let start = row * reader.columns().slots();
        reader.cell(field, start).map(Some)
    }

    /// Returns the error about a tensor whose number of values is not that of its shape.
    pub(super) fn refuse_length<E: Error>(&self, reader: &mut RowReader<'_>) -> E {
        reader.refuse(RowFault::layout(Some(self.name), "has more or fewer values than its shape", DATA))
    }
}
