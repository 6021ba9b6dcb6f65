//! Constant numbers in an imported ONNX file: initializers, `Constant` operators, and attributes that are tensors.

use prost::Message;

use super::error::list;
use crate::artifact::ArtifactError;
use crate::artifact::onnx::{TensorProto, element};
use crate::graph::{EXTERNAL, Tensor, TensorValues};

/// Tensor of constant numbers in an imported ONNX file, with its shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ConstantTensor {
    pub(super) dims: Vec<usize>,
    pub(super) numbers: Elements,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Elements {
    Whole(Vec<i64>),
    Real(Vec<f64>),
}

impl ConstantTensor {
    /// Creates a constant tensor with one dimension from a list of numbers.
    pub(super) fn list(numbers: Elements) -> Self {
        let length = match &numbers {
            Elements::Whole(list) => list.len(),
            Elements::Real(list) => list.len(),
        };
        Self { dims: vec![length], numbers }
    }

    /// Decodes a tensor of an ONNX file. Returns the tensor's name, and its numbers or the reason why they are
    /// unreadable.
    pub(super) fn read(bytes: &[u8]) -> Result<(String, Result<Self, &'static str>), ArtifactError> {
        let tensor = TensorProto::decode(bytes).map_err(ArtifactError::NotOnnx)?;
        let constant = Self::of(&tensor).ok_or_else(|| problem(&tensor));
        Ok((tensor.name, constant))
    }

    /// Formats the shape of the tensor for error messages, for example `[2, 1]`.
    pub(super) fn shape(&self) -> String {
        format!("[{}]", list(&self.dims))
    }

    /// Returns the numbers and the shape of an ONNX tensor, or `None` if the numbers cannot be read.
    fn of(tensor: &TensorProto) -> Option<Self> {
        let Tensor { shape, values } = Tensor::of(tensor).ok()?;
        let numbers = match values {
            TensorValues::Whole(list) => Elements::Whole(list),
            TensorValues::Float(list) => Elements::Real(list.into_iter().map(f64::from).collect()),
            TensorValues::Double(list) => Elements::Real(list),
            TensorValues::Truth(_) | TensorValues::Text(_) => return None,
        };
        Some(Self { dims: shape, numbers })
    }

    /// Returns the numbers of the tensor if they are integers, otherwise `None`.
    pub(super) fn whole(&self) -> Option<&[i64]> {
        match &self.numbers {
            Elements::Whole(list) => Some(list),
            Elements::Real(_) => None,
        }
    }

    /// Returns the numbers of the tensor as floating-point numbers, also if they are integers.
    pub(super) fn real(&self) -> Vec<f64> {
        match &self.numbers {
            Elements::Whole(list) => list.iter().map(|&number| number as f64).collect(),
            Elements::Real(list) => list.clone(),
        }
    }
}

/// Returns the reason why an ONNX tensor cannot be read, for an error message.
fn problem(tensor: &TensorProto) -> &'static str {
    match tensor.data_type {
        _ if tensor.data_location == EXTERNAL => {
            "is a constant in another file (external data); expected one file; save the model without external data"
        }
        element::FLOAT | element::DOUBLE | element::INT32 | element::INT64 => {
            "is a constant whose number of elements does not match its shape; export the model again"
        }
        element::STRING => "is a constant of texts; expected numbers (float, double, int32, int64)",
        element::BOOL => "is a constant of booleans; expected numbers (float, double, int32, int64)",
        10 => "is a constant of float16; expected float, double, int32 or int64; export the model as float32",
        16 => "is a constant of bfloat16; expected float, double, int32 or int64; export the model as float32",
        _ => "is a constant of another type; expected float, double, int32 or int64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tensor: &TensorProto) -> Option<ConstantTensor> {
        ConstantTensor::read(&tensor.encode_to_vec()).unwrap().1.ok()
    }

    #[test]
    fn an_unsupported_constant_has_a_reason() {
        let why = |tensor: TensorProto| ConstantTensor::read(&tensor.encode_to_vec()).unwrap().1.unwrap_err();
        let half = TensorProto { data_type: 10, ..TensorProto::default() };
        assert!(why(half).contains("float16"));
        let external = TensorProto { data_type: element::FLOAT, data_location: EXTERNAL, ..TensorProto::default() };
        assert!(why(external).contains("external data"));
        assert!(why(TensorProto { data_type: element::STRING, ..TensorProto::default() }).contains("texts"));
    }

    #[test]
    fn elements_are_read_from_their_list_or_from_raw_bytes() {
        let listed = TensorProto {
            dims: vec![2],
            data_type: element::FLOAT,
            float_data: vec![0.5, -2.0],
            ..TensorProto::default()
        };
        let raw_data = [0.5_f32, -2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
        let raw = TensorProto { dims: vec![2], data_type: element::FLOAT, raw_data, ..TensorProto::default() };
        assert_eq!(read(&listed), Some(ConstantTensor { dims: vec![2], numbers: Elements::Real(vec![0.5, -2.0]) }));
        assert_eq!(read(&listed), read(&raw));
    }

    #[test]
    fn a_shape_with_another_size_is_refused() {
        for dims in [vec![3], vec![-1], vec![i64::MAX, i64::MAX, 4]] {
            let tensor =
                TensorProto { dims, data_type: element::INT64, int64_data: vec![1, 2], ..TensorProto::default() };
            assert_eq!(read(&tensor), None);
        }
    }
}
