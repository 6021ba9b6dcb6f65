//! Reads the tensors of the Open Inference Protocol: one tensor for each column, or one tensor of rows and columns. A tensor
//! is a list in the JSON part of the body, or little-endian bytes behind it.

mod binary;
mod head;
mod listed;
mod plan;

use serde::de::DeserializeSeed;

use self::binary::BinaryTensors;
pub use self::head::{InferenceHead, RequestedOutput};
use self::listed::ListedTensors;
use self::plan::TensorPlan;
use super::by_column::{Columns, finish};
use super::kinds::JsonVisitor;
use super::reader::RowReader;
use super::{ColumnIndex, RequestRows, RowFault};

/// Reads the tensors that `head` describes. `text` is the JSON part of the body, and `binary` what follows it.
///
/// # Errors
/// Returns the first [`RowFault`] in the tensors.
pub(super) fn parse(
    head: &InferenceHead,
    text: &str,
    binary: &[u8],
    columns: &ColumnIndex,
) -> Result<RequestRows, RowFault> {
    let mut reader = RowReader::of_list(columns);
    let mut read = Columns::new(columns);
    let planned = TensorPlan::of_all(head, &mut reader, &mut read);
    let plans = reader.checked(planned)?;
    read.close();
    if plans.iter().any(|plan| plan.binary_size.is_none()) {
        let mut json = serde_json::Deserializer::from_str(text);
        let tensors = ListedTensors { reader: &mut reader, plans: &plans };
        let listed = JsonVisitor(tensors).deserialize(&mut json).and_then(|()| json.end());
        reader.checked(listed)?;
    }
    let decoded = BinaryTensors::new(binary).read(&mut reader, &plans);
    reader.checked(decoded)?;
    finish(reader, read)
}
