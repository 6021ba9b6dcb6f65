//! The ONNX message `TensorProto`: a list of numbers and its shape.

use prost::Message;

/// A tensor in an ONNX file. Its elements are in `raw_data`, or otherwise in the list for its `data_type` (see
/// [`super::element`]).
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
    #[prost(int64, repeated, tag = "7")]
    pub(crate) int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub(crate) name: String,
    /// All elements of the tensor as little-endian bytes. Empty if the elements are in one of the typed lists.
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) raw_data: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    pub(crate) double_data: Vec<f64>,
    /// Where the elements of the tensor are (`TensorProto.DataLocation`): 1 if they are in another file.
    #[prost(int32, tag = "14")]
    pub(crate) data_location: i32,
}
