//! What explanations know of the training rows: how many reach each node of the trees, and the means of the features.
//!
//! It is text in the artifact until somebody asks for an explanation. The count of a node is called its cover, as in other
//! libraries. For each split the text has the number of rows that go left, in the order in which a walk that goes left first
//! meets the splits. Together with the number of all rows this gives every cover. A number is a few characters of the
//! alphabet of base64, as in source maps: five bits each, the lowest first, and a sixth bit if more follow.

use serde::{Deserialize, Serialize};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Number of bits in a digit, besides the one that says whether more digits follow.
const BITS: u32 = 5;

/// What explanations know of the training rows, as the text that is stored in the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenBackground(String);

/// The same, decoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Background {
    /// Number of training rows that were counted.
    pub(crate) rows: u32,
    /// The covers or means of each predictor: of the only one, or of the members of a blend in their order.
    pub(crate) predictors: Vec<PredictorBackground>,
    /// The mean absolute contribution of each column. Empty if it was not computed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) contributions: Vec<f32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PredictorBackground {
    /// The rows that go left at each split of the trees, as text.
    Covers(String),
    /// The mean of each feature, for a linear model.
    Means(Vec<f32>),
}

impl WrittenBackground {
    /// Takes a text that was written earlier, without a check.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Adds the mean absolute contribution of each column, in the order of the signature.
    pub fn with_contributions(self, means: &[f64]) -> Self {
        let contributions = means.iter().map(|mean| *mean as f32).collect();
        self.read().map_or(self, |background| Self::new(&Background { contributions, ..background }))
    }

    pub(crate) fn new(background: &Background) -> Self {
        // Serialising it cannot fail. An empty text could not be read again.
        Self(serde_json::to_string(background).unwrap_or_default())
    }

    /// Decodes the text. `None` if it is damaged, or if a later release wrote it in another way.
    pub(crate) fn read(&self) -> Option<Background> {
        serde_json::from_str(&self.0).ok()
    }
}

/// Appends a number to the text of covers.
pub(super) fn write_number(mut number: u32, text: &mut String) {
    loop {
        let (low, rest) = (number & ((1 << BITS) - 1), number >> BITS);
        let digit = low | if rest > 0 { 1 << BITS } else { 0 };
        text.push(DIGITS.get(digit as usize).copied().unwrap_or(b'A').into());
        if rest == 0 {
            return;
        }
        number = rest;
    }
}

/// Reads the next number from the text of covers. `None` at the end of the text, or if it is not a number.
pub(super) fn read_number(text: &mut impl Iterator<Item = u8>) -> Option<u32> {
    let (mut number, mut shift) = (0_u32, 0);
    loop {
        let digit = value(text.next()?)?;
        number |= (digit & ((1 << BITS) - 1)).checked_shl(shift)?;
        if digit >> BITS == 0 {
            return Some(number);
        }
        shift += BITS;
    }
}

fn value(digit: u8) -> Option<u32> {
    let (from, start) = match digit {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => return Some(62),
        b'/' => return Some(63),
        _ => return None,
    };
    Some(u32::from(digit - from) + start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_their_text_and_small_ones_take_one_character() {
        let numbers = [0, 1, 31, 32, 1_023, 1_024, 1_000_000, u32::MAX];
        let mut text = String::new();
        numbers.iter().for_each(|number| write_number(*number, &mut text));
        assert!(text.starts_with("ABfgB"), "{text}");
        let mut bytes = text.bytes();
        let found: Vec<u32> = std::iter::from_fn(|| read_number(&mut bytes)).collect();
        assert_eq!(found, numbers);
    }

    #[test]
    fn a_damaged_text_ends_without_a_number() {
        for text in ["", "g", "!", "gggggggggg", "ggggggggggB"] {
            assert_eq!(read_number(&mut text.bytes()), None, "{text}");
        }
    }
}
