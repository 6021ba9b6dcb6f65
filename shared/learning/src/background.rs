//! Counts the training rows for explanations: which nodes of the trees they reach, and the means of a linear model's
//! features. Then computes how much each column contributes to the predictions for hold-out rows.

use evergreen_scoring::{BackgroundCounter, Model, WrittenBackground};
use rayon::prelude::*;

use crate::counting::CHUNK_ROWS;
use crate::evaluate::Answers;
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

/// Maximum number of hold-out rows for the mean contributions.
const EXPLAINED_ROWS: usize = 500;

// About a second.
/// Maximum work of the mean contributions, as [`Model::explaining_work`] counts.
const EXPLAINED_WORK: usize = 200_000_000;

/// Returns the model with this background, to which the mean absolute contribution of each column is added. `raw` has the raw
/// rows of the hold-out, and `answers` the predictions for them.
pub(crate) fn with_contributions(
    model: Model,
    background: WrittenBackground,
    raw: &[f32],
    answers: &Answers,
) -> (Model, WrittenBackground) {
    let model = model.with_background(background.clone());
    let (slots, columns) = (model.signature().slots(), model.signature().columns().len());
    // A model with very deep trees has no explanations, and is as good without them.
    let Ok(work) = model.explaining_work() else { return (model, background) };
    let most = EXPLAINED_ROWS.min(EXPLAINED_WORK / work.max(1)).max(1);
    let step = (raw.len() / slots.max(1)).div_ceil(most).max(1);
    let rows: Vec<f32> = raw.chunks_exact(slots.max(1)).step_by(step).flatten().copied().collect();
    let labels: Vec<usize> = match answers {
        Answers::Classes { classes, .. } => classes.iter().step_by(step).copied().collect(),
        Answers::Numbers { .. } => Vec::new(),
    };
    let Ok(found) = model.explain(&rows, &labels) else { return (model, background) };
    let mut means = vec![0.0; columns];
    for row in &found.rows {
        means.iter_mut().zip(&row.contributions).for_each(|(mean, contribution)| *mean += contribution.abs());
    }
    means.iter_mut().for_each(|mean| *mean /= found.rows.len().max(1) as f64);
    let background = background.with_contributions(&means);
    // This also frees the memory of the explanations.
    (model.with_background(background.clone()), background)
}
