//! Numbers that the file holds: initializers, constants, and attributes that are tensors.

use prost::Message;

use crate::artifact::ArtifactError;
use crate::artifact::onnx::{TensorProto, element};

/// A tensor of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constant {
    pub(super) dims: Vec<usize>,
    pub(super) numbers: Numbers,
}

/// Its elements.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Numbers {
    Whole(Vec<i64>),
    Real(Vec<f64>),
}

impl Constant {
    /// A list.
    pub(super) fn list(numbers: Numbers) -> Self {
        let length = match &numbers {
            Numbers::Whole(list) => list.len(),
            Numbers::Real(list) => list.len(),
        };
        Self { dims: vec![length], numbers }
    }

    /// The tensor's name and what it holds; nothing if these are no numbers that are known, or not as many as its shape has.
    pub(super) fn read(bytes: &[u8]) -> Result<(String, Option<Self>), ArtifactError> {
        let tensor = TensorProto::decode(bytes).map_err(ArtifactError::NotOnnx)?;
        let constant = numbers(&tensor).and_then(|numbers| {
            let dims = tensor.dims.iter().map(|&dim| usize::try_from(dim).ok()).collect::<Option<Vec<_>>>()?;
            let elements = dims.iter().try_fold(1_usize, |product, &dim| product.checked_mul(dim))?;
            (Self::list(numbers.clone()).dims == [elements]).then_some(Self { dims, numbers })
        });
        Ok((tensor.name, constant))
    }

    /// The elements, if they are whole.
    pub(super) fn whole(&self) -> Option<&[i64]> {
        match &self.numbers {
            Numbers::Whole(list) => Some(list),
            Numbers::Real(_) => None,
        }
    }

    /// The elements as real numbers.
    pub(super) fn real(&self) -> Vec<f64> {
        match &self.numbers {
            Numbers::Whole(list) => list.iter().map(|&number| number as f64).collect(),
            Numbers::Real(list) => list.clone(),
        }
    }
}

fn numbers(tensor: &TensorProto) -> Option<Numbers> {
    let raw = &tensor.raw_data;
    let is_raw = !raw.is_empty();
    let real = |list: Vec<f64>| Some(Numbers::Real(list));
    match tensor.data_type {
        element::FLOAT if is_raw => real(words(raw, |word| f32::from_le_bytes(word).into())?),
        element::FLOAT => real(tensor.float_data.iter().map(|&number| number.into()).collect()),
        element::DOUBLE if is_raw => real(words(raw, f64::from_le_bytes)?),
        element::DOUBLE => real(tensor.double_data.clone()),
        element::INT64 if is_raw => Some(Numbers::Whole(words(raw, i64::from_le_bytes)?)),
        element::INT64 => Some(Numbers::Whole(tensor.int64_data.clone())),
        element::INT32 if is_raw => Some(Numbers::Whole(words(raw, |word| i32::from_le_bytes(word).into())?)),
        element::INT32 => Some(Numbers::Whole(tensor.int32_data.iter().map(|&number| number.into()).collect())),
        _ => None,
    }
}

fn words<const SIZE: usize, T>(raw: &[u8], read: impl Fn([u8; SIZE]) -> T) -> Option<Vec<T>> {
    let (words, rest) = raw.as_chunks::<SIZE>();
    rest.is_empty().then(|| words.iter().map(|word| read(*word)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tensor: &TensorProto) -> Option<Constant> {
        Constant::read(&tensor.encode_to_vec()).unwrap().1
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
        assert_eq!(read(&listed), Some(Constant { dims: vec![2], numbers: Numbers::Real(vec![0.5, -2.0]) }));
        assert_eq!(read(&listed), read(&raw));
    }

    #[test]
    fn a_shape_of_another_size_or_without_end_holds_nothing() {
        for dims in [vec![3], vec![-1], vec![i64::MAX, i64::MAX, 4]] {
            let tensor =
                TensorProto { dims, data_type: element::INT64, int64_data: vec![1, 2], ..TensorProto::default() };
            assert_eq!(read(&tensor), None);
        }
    }
}
