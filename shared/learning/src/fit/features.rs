//! What is fitted on: features, the truth and the weight of each row.

use evergreen_scoring::Preprocessing;
use rayon::prelude::*;

use super::binned::Binned;

/// Rows of features, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Features {
    values: Vec<f32>,
    width: usize,
}

/// What is to be predicted, row by row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truth<'a> {
    /// The class of each row, below `count`.
    Classes {
        /// The classes.
        classes: &'a [u32],
        /// Number of classes.
        count: usize,
    },
    /// A number for each row.
    Numbers(&'a [f64]),
}

/// Everything that may be learnt from; fits take some or all of its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Training<'a> {
    /// The features before any scaling.
    pub(crate) features: &'a Features,
    /// The same in bins.
    pub(crate) binned: &'a Binned,
    /// What is to be predicted.
    pub(crate) truth: Truth<'a>,
    /// How much each row counts, from 0 up; all alike if there is nothing.
    pub(crate) weights: Option<&'a [f32]>,
}

/// Rows that are made into features by one task.
const CHUNK_ROWS: usize = 4096;

impl Features {
    /// Makes features of raw rows, `columns` values each; `preprocessing` must not scale.
    pub(crate) fn new(raw: &[f32], columns: usize, preprocessing: &Preprocessing) -> Self {
        let width = preprocessing.features();
        let mut values = vec![0.0; raw.len() / columns.max(1) * width];
        let blocks = values.par_chunks_mut(CHUNK_ROWS * width.max(1)).zip(raw.par_chunks(CHUNK_ROWS * columns.max(1)));
        blocks.for_each(|(block, raw)| {
            let mut row_features = Vec::with_capacity(width);
            for (features, row) in block.chunks_exact_mut(width).zip(raw.chunks_exact(columns)) {
                row_features.clear();
                preprocessing.apply(row, &mut row_features);
                features.copy_from_slice(&row_features);
            }
        });
        Self { values, width }
    }

    /// Features of equal length, column by column.
    #[cfg(test)]
    pub(crate) fn of_columns(columns: &[&[f32]]) -> Self {
        let rows = columns.first().map_or(0, |column| column.len());
        let values = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        Self { values, width: columns.len() }
    }

    /// Number of features.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// One feature of all rows.
    pub(crate) fn column(&self, index: usize) -> impl Iterator<Item = f32> {
        self.values.iter().skip(index).step_by(self.width.max(1)).copied()
    }

    /// The features of one row.
    pub(crate) fn row(&self, row: u32) -> &[f32] {
        let start = row as usize * self.width;
        self.values.get(start..start + self.width).unwrap_or_default()
    }
}

impl Truth<'_> {
    /// Outputs that a forest has for it: one for each class, or one.
    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Classes { count, .. } => *count,
            Self::Numbers(_) => 1,
        }
    }
}

impl Training<'_> {
    /// How much `row` counts.
    pub(crate) fn weight(&self, row: u32) -> f32 {
        self.weights.map_or(1.0, |weights| weights.get(row as usize).copied().unwrap_or_default())
    }
}
