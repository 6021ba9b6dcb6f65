//! Reads whether a row asks for an explanation: the key `explain` with a truth value, if the model has no such column.

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess};

use super::JsonKind;
use super::kinds::JsonHandler;

/// Name of the key with which a row asks for an explanation, and of the query parameter that asks for all rows.
pub const EXPLAIN: &str = "explain";

/// The rows of a request that ask for an explanation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExplainedRows(Vec<usize>);

impl ExplainedRows {
    /// Notes whether the row with the index `row` asks. The last word of a row counts.
    pub(super) fn set(&mut self, row: usize, asks: bool) {
        if self.0.last() == Some(&row) {
            self.0.pop();
        }
        if asks {
            self.0.push(row);
        }
    }

    /// Returns the indices of the rows that ask, in ascending order.
    pub fn indices(&self) -> &[usize] {
        &self.0
    }
}

/// Stores the truth value in the key. A value of another kind is skipped: it belongs to a column that the model does not
/// use.
pub(super) struct AsksReader<'a>(pub(super) &'a mut Option<bool>);

impl<'de> JsonHandler<'de> for AsksReader<'_> {
    fn unfit<E: Error>(self, _found: JsonKind) -> Result<(), E> {
        Ok(())
    }

    fn boolean<E: Error>(self, value: bool) -> Result<(), E> {
        *self.0 = Some(value);
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
