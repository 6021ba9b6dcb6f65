//! Counts rows and their predictions in the cells of a baseline.

use evergreen_lifecycle::drift::{CountShape, ServedCounts};

use crate::predictions::Predictions;

/// Adds rows and their predictions to `counts`. `rows` are raw rows, one after the other, as
/// [`Model::predict`](crate::Model::predict) reads them. `predictions` are the model's predictions for them.
pub fn count_rows(shape: &CountShape, rows: &[f32], predictions: &Predictions, counts: &mut ServedCounts) {
    let slots = shape.columns.iter().map(|column| column.slots).sum::<usize>().max(1);
    let rows = rows.chunks_exact(slots);
    match predictions {
        Predictions::Classes(batch) => {
            for (row, predicted) in rows.zip(batch.iter()) {
                // The cells of a classifier with more labels have no probability, so the second number is not used.
                let positive = predicted.probabilities.get(1).copied().map_or(f64::NAN, f64::from);
                shape.count(counts, row, &[predicted.class as f64, positive]);
            }
        }
        Predictions::Numbers(batch) => {
            rows.zip(batch.values()).for_each(|(row, value)| shape.count(counts, row, &[f64::from(*value)]));
        }
    }
}
