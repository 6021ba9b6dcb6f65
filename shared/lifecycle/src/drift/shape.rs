//! Which columns and predictions are counted, and in which cells.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Bins, ServedCounts};

/// One column, or one number of the predictions, whose values are counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountedColumn {
    /// The name of the input column. For predictions: `label`, `probability` or `prediction`.
    pub name: String,
    /// How many numbers of the model's input encode one value of the column. 1 for predictions.
    pub slots: usize,
    /// The cells.
    pub bins: Bins,
}

/// All counted columns of a model version, then its counted predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CountShape {
    /// The input columns, in the order of the signature.
    pub columns: Vec<CountedColumn>,
    // The label's cells use the label's number as code. The probability is that of the positive label, the second.
    /// The predictions. A classifier has `label`, and with two labels also `probability`. A regression model has
    /// `prediction`.
    pub predictions: Vec<CountedColumn>,
}

/// Identifies a shape. Counts with different digests cannot be added or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShapeDigest(pub(super) [u8; 8]);

impl CountShape {
    /// Returns all counted columns: the input columns, then the predictions.
    pub fn all(&self) -> impl Iterator<Item = &CountedColumn> {
        self.columns.iter().chain(&self.predictions)
    }

    /// Adds one row to `counts`. `raw` is the row as the model reads it. `predictions` has one number for each counted
    /// prediction, in order: the label's number, a probability or a predicted number.
    pub fn count(&self, counts: &mut ServedCounts, raw: &[f32], predictions: &[f64]) {
        counts.count_row();
        let mut rest = raw;
        for (place, column) in self.columns.iter().enumerate() {
            let (slots, after) = rest.split_at_checked(column.slots).unwrap_or((&[], &[]));
            rest = after;
            counts.count_cell(place, column.bins.cell(slots));
        }
        for (place, (column, value)) in self.predictions.iter().zip(predictions).enumerate() {
            counts.count_cell(self.columns.len() + place, column.bins.cell_of(*value));
        }
    }

    // The bytes are written field by field, so that the digest depends on the shape only, and not on a library.
    /// Returns the digest of the names, slots and cells.
    pub fn digest(&self) -> ShapeDigest {
        let mut digest = Sha256::new();
        digest.update((self.columns.len() as u64).to_le_bytes());
        for column in self.all() {
            text(&mut digest, &column.name);
            digest.update((column.slots as u64).to_le_bytes());
            match &column.bins {
                Bins::Numbers { edges } => {
                    digest.update([0]);
                    digest.update((edges.len() as u64).to_le_bytes());
                    edges.iter().for_each(|edge| digest.update(edge.to_le_bytes()));
                }
                Bins::Categories { categories, unseen } => {
                    digest.update([1]);
                    digest.update(unseen.to_le_bytes());
                    digest.update((categories.len() as u64).to_le_bytes());
                    for category in categories {
                        digest.update(category.code.to_le_bytes());
                        text(&mut digest, &category.name);
                    }
                }
                Bins::Presence => digest.update([2]),
            }
        }
        let bytes: [u8; 32] = digest.finalize().into();
        ShapeDigest(bytes.first_chunk().copied().unwrap_or_default())
    }
}

fn text(digest: &mut Sha256, text: &str) {
    digest.update((text.len() as u64).to_le_bytes());
    digest.update(text);
}
