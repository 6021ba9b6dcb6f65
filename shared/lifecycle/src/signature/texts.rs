//! The whole texts of raw rows.

use std::sync::Arc;

/// The whole texts of raw rows. In a raw row, a number represents each text.
///
/// Only imported models with a column of whole texts need them. Other rows have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowTexts {
    list: Vec<Arc<str>>,
}

/// Number of texts that `f32` can count exactly.
const MOST: usize = 1 << 24;

impl RowTexts {
    /// Creates an empty list, for rows without whole texts.
    pub const fn none() -> Self {
        Self { list: Vec::new() }
    }

    /// Adds a text. Returns the number that represents it in a raw row.
    pub fn push(&mut self, text: impl Into<Arc<str>>) -> f32 {
        if self.list.len() >= MOST {
            // No text has this number, so a model fails and does not answer for another text.
            return f32::INFINITY;
        }
        self.list.push(text.into());
        (self.list.len() - 1) as f32
    }

    /// Returns the text that a number represents, or `None` if no text has this number.
    pub fn get(&self, number: f32) -> Option<&Arc<str>> {
        (number >= 0.0).then(|| self.list.get(number as usize))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_for_each_text() {
        let mut texts = RowTexts::none();
        let numbers = ["late again", "", "late again"].map(|text| texts.push(text));
        assert_eq!(numbers, [0.0, 1.0, 2.0]);
        assert_eq!(
            numbers.map(|number| texts.get(number).map(|text| &**text)),
            [Some("late again"), Some(""), Some("late again")]
        );
        assert!([3.0, -1.0, f32::NAN, f32::INFINITY].iter().all(|number| texts.get(*number).is_none()));
    }
}
