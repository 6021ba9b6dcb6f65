//! Explains the predictions of a request: which rows ask for it, and how much each column contributed.

use evergreen_http::Problem;
use evergreen_rows::{EXPLAIN, RequestRows};
use evergreen_scoring::{ExplainError, Explained, Explanation, Predictions};
use lambda_http::{Request, RequestExt};

use crate::loaded::LoadedVersion;
use crate::problem;

// A unit of work takes at most 5 ns at one vCPU, and a request may take ten seconds in all.
/// Maximum work of all explanations of a request, as [`explaining_work`](evergreen_scoring::Model::explaining_work) counts.
const MAX_WORK: usize = 400_000_000;

// Lambda limits an answer to 6 MB.
/// Maximum estimated size of all explanations of an answer in bytes.
const MAX_BYTES: usize = 4_000_000;

/// Estimated size of an explanation in bytes without its contributions, and of a contribution without its name.
const SIZES: (usize, usize) = (64, 28);

/// The explanations of a request's rows.
#[derive(Debug)]
pub struct RowExplanations {
    /// What the contributions of a row add up to, together with its base.
    pub explained: Explained,
    /// One element for each row of the request. `None` for a row that did not ask.
    pub rows: Vec<Option<Explanation>>,
}

/// Error: why the rows of a request cannot be explained.
#[derive(Debug, PartialEq, Eq)]
pub enum ExplainFault {
    /// The model cannot explain any prediction.
    Model(ExplainError),
    /// More rows ask for an explanation than this number.
    TooMany(usize),
}

/// Reads from a request whether it asks for explanations of all rows.
///
/// # Errors
/// A 400 [`Problem`] that names the query parameter: it is neither `true` nor `false`, or it occurs twice.
pub fn asks_for_all(request: &Request) -> Result<bool, Problem> {
    let values = request.query_string_parameters_ref().and_then(|query| query.all(EXPLAIN)).unwrap_or_default();
    match values.as_slice() {
        [] | ["false"] => Ok(false),
        ["true"] => Ok(true),
        [_] => Err(problem::explain_value("has another value")),
        _ => Err(problem::explain_value("occurs more than once")),
    }
}

/// Explains the predictions for all rows, or for those that ask for it. `None` if no row asks.
///
/// # Errors
/// [`ExplainFault`] if the model cannot explain its predictions, or not so many.
pub fn explanations(
    version: &LoadedVersion,
    rows: &RequestRows,
    all: bool,
    predictions: &Predictions,
) -> Result<Option<RowExplanations>, ExplainFault> {
    let count = if all { rows.count } else { rows.explain.indices().len() };
    if count == 0 {
        return Ok(None);
    }
    let most = most_rows(version)?;
    if count > most {
        return Err(ExplainFault::TooMany(most));
    }
    let labels = predictions.classes().map_or(&[][..], |batch| batch.classes());
    let model = version.model();
    if all {
        let found = model.explain(&rows.values, labels)?;
        return Ok(Some(RowExplanations {
            explained: found.explained,
            rows: found.rows.into_iter().map(Some).collect(),
        }));
    }
    let wanted = rows.explain.indices();
    let slots = version.columns().slots();
    let values: Vec<f32> = wanted.iter().flat_map(|row| of_row(&rows.values, *row, slots)).copied().collect();
    let labels: Vec<usize> = wanted.iter().filter_map(|row| labels.get(*row)).copied().collect();
    let found = model.explain(&values, &labels)?;
    let mut all = vec![None; rows.count];
    for (row, explanation) in wanted.iter().zip(found.rows) {
        all.get_mut(*row).into_iter().for_each(|place| *place = Some(explanation.clone()));
    }
    Ok(Some(RowExplanations { explained: found.explained, rows: all }))
}

fn of_row(values: &[f32], row: usize, slots: usize) -> &[f32] {
    values.get(row * slots..(row + 1) * slots).unwrap_or_default()
}

/// Returns how many rows of a request a version explains at most: for the time that it takes, and the size of the answer.
fn most_rows(version: &LoadedVersion) -> Result<usize, ExplainError> {
    let names = version.columns().all().iter().map(|column| column.name.len() + SIZES.1);
    let bytes = SIZES.0 + names.sum::<usize>();
    let work = version.model().explaining_work()?.max(1);
    Ok((MAX_WORK / work).min(MAX_BYTES / bytes).max(1))
}

impl From<ExplainError> for ExplainFault {
    fn from(error: ExplainError) -> Self {
        Self::Model(error)
    }
}
