//! Compares a new data set with that of the champion, in the cells of the champion's baseline.

use evergreen_lifecycle::drift::{DriftLimits, DriftVerdict, ServedCounts};
use evergreen_scoring::{Model, count_rows};

use crate::counting::{CHUNK_ROWS, count_training};
use crate::prepared::Prepared;
use crate::rows::Encoder;
use crate::train::LearningError;

/// How sentences name the rows of the new data set.
const ROWS_OF: &str = "the new data set";

// A row that both data sets have makes them more alike, so the test then finds less, and never more.
/// Compares the rows of a new data set with those on which the model `champion` was trained. Categories and the
/// champion's predictions are compared in the hold-outs only, as in the baseline. `None` if the champion has no baseline.
///
/// # Errors
/// [`LearningError`] if the data set lacks a column of the champion, or has another type in it.
pub fn compare_tables(
    prepared: &Prepared,
    champion: &Model,
    limits: DriftLimits,
) -> Result<Option<DriftVerdict>, LearningError> {
    let Some(baseline) = &champion.metadata().baseline else { return Ok(None) };
    let (shape, frame, split) = (baseline.shape(), prepared.table().frame(), prepared.split());
    let columns = champion.signature().columns();
    let training = count_training(shape, frame, columns, &split.training)?;
    let encoder = Encoder::of(frame, columns)?;
    let mut holdout = ServedCounts::new(shape);
    for rows in split.holdout.chunks(CHUNK_ROWS) {
        let raw = encoder.rows(rows.iter().copied());
        count_rows(shape, &raw, &champion.predict_with_texts(&raw, encoder.texts())?, &mut holdout);
    }
    let counts = baseline.counts_of(&training, &holdout)?;
    Ok(Some(DriftVerdict::new(baseline, &counts, limits, ROWS_OF)?))
}
