//! The ONNX message `TensorProto`: a list of numbers and its shape.

use prost::Message;

// The elements are in `raw_data`, or otherwise in the list for the `data_type` (see `super::element`).
/// Tensor (numbers with a shape) in an ONNX file.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    pub(crate) dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(crate) data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub(crate) float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(crate) int32_data: Vec<i32>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub(crate) string_data: Vec<Vec<u8>>,
    #[prost(int64, repeated, tag = "7")]
    pub(crate) int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub(crate) name: String,
    /// All elements of the tensor as little-endian bytes. Empty if one of the typed lists has the elements.
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) raw_data: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    pub(crate) double_data: Vec<f64>,
    // Values of `TensorProto.DataLocation`.
    /// Where the elements of the tensor are stored. 1: in another file.
    #[prost(int32, tag = "14")]
    pub(crate) data_location: i32,
}
