//! Tensors: values of one type with a shape.

use std::sync::Arc;

use super::problem::{Outcome, StepFault};
use crate::artifact::onnx::{TensorProto, element};

/// Maximum number of elements of one tensor. Protects the memory against malicious files.
pub(super) const MAX_ELEMENTS: usize = 1 << 21;

/// Number of bytes of a text that count as one more element.
const TEXT_BYTES: usize = 64;

/// Maximum number of dimensions of a tensor.
const MAX_DIMENSIONS: usize = 16;

/// The elements of a tensor, row by row. Integers of every size are `Whole`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TensorValues {
    Float(Vec<f32>),
    Double(Vec<f64>),
    Whole(Vec<i64>),
    Truth(Vec<bool>),
    Text(Vec<Arc<str>>),
}

/// Values of one type with a shape. The number of values is the product of the shape.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: TensorValues,
}

/// Calls the same code for the list of whatever type the values have, and wraps the result in the same type.
macro_rules! same_type {
    ($values:expr, $list:ident => $result:expr) => {
        match $values {
            TensorValues::Float($list) => TensorValues::Float($result),
            TensorValues::Double($list) => TensorValues::Double($result),
            TensorValues::Whole($list) => TensorValues::Whole($result),
            TensorValues::Truth($list) => TensorValues::Truth($result),
            TensorValues::Text($list) => TensorValues::Text($result),
        }
    };
}

impl TensorValues {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Float(list) => list.len(),
            Self::Double(list) => list.len(),
            Self::Whole(list) => list.len(),
            Self::Truth(list) => list.len(),
            Self::Text(list) => list.len(),
        }
    }

    /// Returns how much memory the values need, in elements. A long text counts as several.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(list) => list.iter().map(|text| 1 + text.len() / TEXT_BYTES).sum(),
            other => other.len(),
        }
    }

    /// Returns the name of the type for error messages.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Float(_) => "float",
            Self::Double(_) => "double",
            Self::Whole(_) => "int64",
            Self::Truth(_) => "bool",
            Self::Text(_) => "string",
        }
    }

    /// Returns the values at `indices`, in this order. An index beyond the end is an error.
    pub(super) fn pick(&self, indices: impl Iterator<Item = usize>) -> Outcome<Self> {
        let outside = || StepFault::new("an index is outside of its input");
        Ok(same_type!(self, list => {
            indices.map(|index| list.get(index).cloned()).collect::<Option<Vec<_>>>().ok_or_else(outside)?
        }))
    }

    /// Returns the numbers as `f64`. Truth values are 0 and 1. Texts are an error.
    pub(super) fn doubles(&self) -> Outcome<Vec<f64>> {
        Ok(match self {
            Self::Float(list) => list.iter().map(|&number| number.into()).collect(),
            Self::Double(list) => list.clone(),
            Self::Whole(list) => list.iter().map(|&number| number as f64).collect(),
            Self::Truth(list) => list.iter().map(|&truth| f64::from(u8::from(truth))).collect(),
            Self::Text(_) => return Err(StepFault::new("an input has texts; expected numbers")),
        })
    }

    /// Returns `numbers` as the type of these values, if that is a type of numbers; otherwise as float.
    pub(super) fn like(&self, numbers: Vec<f64>) -> Self {
        match self {
            Self::Double(_) => Self::Double(numbers),
            Self::Whole(_) => Self::Whole(numbers.into_iter().map(|number| number as i64).collect()),
            _ => Self::Float(numbers.into_iter().map(|number| number as f32).collect()),
        }
    }
}

/// Returns the number of elements of a tensor with this shape.
pub(super) fn elements(shape: &[usize]) -> Outcome<usize> {
    if shape.len() > MAX_DIMENSIONS {
        return Err(StepFault::new(format!("it makes a tensor of more than {MAX_DIMENSIONS} dimensions")));
    }
    // A length of 0 counts as 1, so that it does not hide another length that is too great.
    let count = shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length.max(1)));
    match count {
        Some(count) if count <= MAX_ELEMENTS => Ok(shape.iter().product()),
        _ => Err(StepFault::new(format!("it makes a tensor of more than {MAX_ELEMENTS} values"))),
    }
}

impl Tensor {
    /// Creates a tensor. A shape that does not fit the number of values is an error.
    pub(super) fn new(shape: Vec<usize>, values: TensorValues) -> Outcome<Self> {
        let expected = elements(&shape)?;
        if values.len() != expected {
            return Err(StepFault::new(format!("{} values do not fit the shape {shape:?}", values.len())));
        }
        Ok(Self { shape, values })
    }

    /// Creates a tensor with one dimension.
    pub(super) fn list(values: TensorValues) -> Self {
        Self { shape: vec![values.len()], values }
    }

    pub(super) fn wholes(list: impl IntoIterator<Item = i64>) -> Self {
        Self::list(TensorValues::Whole(list.into_iter().collect()))
    }

    /// Returns the integers of the tensor. Other types are an error.
    pub(super) fn whole(&self) -> Outcome<&[i64]> {
        match &self.values {
            TensorValues::Whole(list) => Ok(list),
            other => Err(StepFault::new(format!("an input is {}; expected int64", other.type_name()))),
        }
    }

    pub(super) fn truths(&self) -> Outcome<&[bool]> {
        match &self.values {
            TensorValues::Truth(list) => Ok(list),
            other => Err(StepFault::new(format!("an input is {}; expected bool", other.type_name()))),
        }
    }

    /// Returns a tensor of the same shape with other values.
    pub(super) fn with(&self, values: TensorValues) -> Outcome<Self> {
        Self::new(self.shape.clone(), values)
    }

    /// Returns the numbers of rows and columns: all dimensions but the last, and the last. A tensor of one dimension is
    /// one row.
    pub(super) fn rows_and_columns(&self) -> (usize, usize) {
        match self.shape.split_last() {
            None => (1, 1),
            Some((&columns, rows)) => (rows.iter().product(), columns),
        }
    }

    /// Returns the index of a dimension. A negative one counts from the end.
    pub(super) fn axis(&self, axis: i64) -> Outcome<usize> {
        axis_of(axis, self.shape.len())
    }

    /// Returns the product of the dimensions before `axis`, its length, and the product of those behind it.
    pub(super) fn around(&self, axis: usize) -> Outcome<(usize, usize, usize)> {
        let (before, rest) =
            self.shape.split_at_checked(axis).ok_or_else(|| StepFault::new("its axis does not exist"))?;
        let (&length, behind) = rest.split_first().ok_or_else(|| StepFault::new("its axis does not exist"))?;
        Ok((before.iter().product(), length, behind.iter().product()))
    }

    /// Reads a tensor of an ONNX file.
    pub(crate) fn of(tensor: &TensorProto) -> Outcome<Self> {
        if tensor.data_location == EXTERNAL {
            return Err(StepFault::new("a constant is in another file; save the model without external data"));
        }
        let dims = tensor.dims.iter().map(|&dim| usize::try_from(dim).ok()).collect::<Option<Vec<_>>>();
        let shape = dims.ok_or_else(|| StepFault::new("a constant has a negative dimension"))?;
        elements(&shape)?;
        Self::new(shape, values(tensor)?)
    }
}

/// Returns the index of a dimension among `count`. A negative one counts from the end.
pub(super) fn axis_of(axis: i64, count: usize) -> Outcome<usize> {
    let index = if axis < 0 { axis.checked_add(count as i64) } else { Some(axis) };
    let index = index.and_then(|index| usize::try_from(index).ok()).filter(|&index| index < count);
    index.ok_or_else(|| StepFault::new(format!("its axis {axis} does not exist in {count} dimensions")))
}

/// Types of tensor elements in ONNX that are not supported.
const FLOAT_16: i32 = 10;
const BFLOAT_16: i32 = 16;

/// Value of ONNX's `TensorProto.DataLocation` for a tensor whose numbers are in another file.
pub(crate) const EXTERNAL: i32 = 1;

fn values(tensor: &TensorProto) -> Outcome<TensorValues> {
    let raw = &tensor.raw_data;
    let is_raw = !raw.is_empty();
    Ok(match tensor.data_type {
        element::FLOAT if is_raw => TensorValues::Float(words(raw, f32::from_le_bytes)?),
        element::FLOAT => TensorValues::Float(tensor.float_data.clone()),
        element::DOUBLE if is_raw => TensorValues::Double(words(raw, f64::from_le_bytes)?),
        element::DOUBLE => TensorValues::Double(tensor.double_data.clone()),
        element::INT64 if is_raw => TensorValues::Whole(words(raw, i64::from_le_bytes)?),
        element::INT64 => TensorValues::Whole(tensor.int64_data.clone()),
        element::INT32 if is_raw => TensorValues::Whole(words(raw, |word| i32::from_le_bytes(word).into())?),
        element::INT32 => TensorValues::Whole(tensor.int32_data.iter().map(|&number| number.into()).collect()),
        element::UINT8 if is_raw => TensorValues::Whole(raw.iter().map(|&byte| byte.into()).collect()),
        element::UINT8 => TensorValues::Whole(tensor.int32_data.iter().map(|&number| number.into()).collect()),
        element::BOOL if is_raw => TensorValues::Truth(raw.iter().map(|&byte| byte != 0).collect()),
        element::BOOL => TensorValues::Truth(tensor.int32_data.iter().map(|&number| number != 0).collect()),
        element::STRING if tensor.string_data.len() > MAX_ELEMENTS => return Err(too_many_texts()),
        element::STRING => TensorValues::Text(tensor.string_data.iter().map(|text| text_of(text)).collect()),
        FLOAT_16 => return Err(StepFault::new("a constant is float16; export the model as float32")),
        BFLOAT_16 => return Err(StepFault::new("a constant is bfloat16; export the model as float32")),
        _ => {
            return Err(StepFault::new("a constant has a type other than float, double, int64, int32, bool or string"));
        }
    })
}

/// Returns the problem of a list with too many texts.
pub(super) fn too_many_texts() -> StepFault {
    StepFault::new(format!("it has a list of more than {MAX_ELEMENTS} texts; export a smaller model"))
}

/// Returns the text of these bytes. Bytes that are not UTF-8 are replaced.
pub(super) fn text_of(bytes: &[u8]) -> Arc<str> {
    String::from_utf8_lossy(bytes).into()
}

fn words<const SIZE: usize, T>(raw: &[u8], read: impl Fn([u8; SIZE]) -> T) -> Outcome<Vec<T>> {
    let (words, rest) = raw.as_chunks::<SIZE>();
    if rest.is_empty() {
        Ok(words.iter().map(|word| read(*word)).collect())
    } else {
        Err(StepFault::new("a constant has an incomplete number"))
    }
}
