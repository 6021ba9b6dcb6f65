//! Counts the training rows for explanations: which nodes of the trees they reach, and the means of a linear model's
//! features.

use evergreen_scoring::{BackgroundCounter, Model, WrittenBackground};
use rayon::prelude::*;

use crate::counting::CHUNK_ROWS;
use crate::prepared::Prepared;
use crate::rows::Encoder;
use crate::train::LearningError;

// More rows hardly change the shares, and a table may have a hundred million.
/// Maximum number of training rows that are counted.
const MAX_ROWS: usize = 500_000;

/// Number of parts in which the rows are counted. A fixed number gives the same sums on any number of cores.
const PARTS: usize = 8;

/// Counts the training rows, or evenly spaced ones of a large table. `None` if there are none, or if the model is too large
/// for explanations.
pub(crate) fn count_background(prepared: &Prepared, model: &Model) -> Result<Option<WrittenBackground>, LearningError> {
    let (frame, training) = (prepared.table().frame(), &prepared.split().training);
    let encoder = Encoder::of(frame, model.signature().columns())?;
    let step = training.len().div_ceil(MAX_ROWS).max(1);
    let rows: Vec<u32> = training.iter().step_by(step).copied().collect();
    let part = |rows: &[u32]| {
        let mut counter = BackgroundCounter::new(model);
        for rows in rows.chunks(CHUNK_ROWS) {
            counter.add(&encoder.rows(rows.iter().copied()))?;
        }
        Ok(counter)
    };
    let size = rows.len().div_ceil(PARTS).max(1);
    let parts = rows.par_chunks(size).map(part).collect::<Result<Vec<_>, LearningError>>()?;
    let mut parts = parts.into_iter();
    let Some(mut all) = parts.next() else { return Ok(None) };
    parts.for_each(|part| all.merge(&part));
    Ok(all.finish())
}
