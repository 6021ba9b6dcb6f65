//! Reads rows that are lines of JSON: each an object, a list of values, or an object with the list `features`.

use serde::de::DeserializeSeed;

use super::kinds::JsonVisitor;
use super::order::ColumnOrder;
use super::reader::{ListedRow, RowReader};
use super::{ColumnIndex, RequestRows, RowFault};

/// Parses a body with one row of JSON on each line. Empty lines are skipped.
///
/// # Errors
/// Returns the first [`RowFault`] in the text.
pub(super) fn parse(text: &str, columns: &ColumnIndex) -> Result<RequestRows, RowFault> {
    let order = ColumnOrder::of_model(columns);
    let mut reader = RowReader::of_list(columns).taking_features();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut json = serde_json::Deserializer::from_str(line);
        let row = JsonVisitor(ListedRow { reader: &mut reader, order: &order });
        let read = row.deserialize(&mut json).and_then(|()| json.end());
        reader.checked(read).map_err(|fault| match fault {
            RowFault::NotJson { row, field, line, column } => {
                RowFault::NotJson { row, field, line: index + line, column }
            }
            fault => fault,
        })?;
    }
    reader.finish()
}
