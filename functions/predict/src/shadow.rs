//! Compares what two versions predict for the same rows. Only counts are kept, never a value of a row.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use evergreen_lifecycle::RowTexts;
use evergreen_lifecycle::rollout::ShadowCounts;
use evergreen_rows::{RequestRows, RowFault, RowSource};
use evergreen_scoring::{ClassPredictions, NumberPredictions, Predictions};

use crate::loaded::LoadedVersion;

// Most models take one to ten microseconds for a row.
/// Maximum number of rows of a request that the version scores which does not answer it. They are the first rows.
pub const MAX_SHADOW_ROWS: usize = 100;

/// Two predicted numbers agree if they differ by at most this share of the champion's, if its model has no intervals.
const TOLERANCE: f64 = 0.01;

/// The rows of a request, as one version reads them, and what it predicts for them.
#[derive(Debug)]
pub struct Scored {
    /// The rows.
    pub rows: RequestRows,
    /// The predictions, one for each row.
    pub predictions: Predictions,
    /// Time in nanoseconds from the parsed rows to the predictions.
    pub nanos: u64,
}

/// Error: why a version cannot score the rows of a request.
#[derive(Debug)]
pub enum ScoreError {
    /// The rows are not valid for the version, which is usually the caller's fault.
    Rows(RowFault),
    /// The model failed or panicked, which is a bug.
    Failed,
}

/// Reads and scores the rows of a request as `version` does. A panic is an error too.
///
/// # Errors
/// [`ScoreError`] if the rows are not valid for the version, or if its model fails.
pub fn score(version: &LoadedVersion, source: &RowSource<'_>) -> Result<Scored, ScoreError> {
    guarded(|| {
        let rows = source.read(version.columns()).map_err(ScoreError::Rows)?;
        let (predictions, nanos) = timed(version, &rows.values, &rows.texts)?;
        Ok(Scored { rows, predictions, nanos })
    })
}

/// Returns the output of `work`. A panic is an error.
///
/// # Errors
/// The error of `work`, or [`ScoreError::Failed`] after a panic.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, ScoreError>) -> Result<T, ScoreError> {
    // Models and rows are only read, so a panic leaves nothing half changed.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(ScoreError::Failed))
}

fn timed(version: &LoadedVersion, values: &[f32], texts: &RowTexts) -> Result<(Predictions, u64), ScoreError> {
    let began = Instant::now();
    let predictions = version.model().predict_with_texts(values, texts).map_err(|_| ScoreError::Failed)?;
    Ok((predictions, u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)))
}

/// How the predictions of champion and challenger are compared.
#[derive(Debug, PartialEq, Eq)]
pub struct Pairing {
    /// Whether both read a row in the same way, so that its values need not be read twice.
    has_same_columns: bool,
    /// Whether both predict the same labels in the same order, or both numbers.
    has_same_answers: bool,
    /// For each label of the champion, its index among the challenger's labels.
    labels: Vec<Option<usize>>,
}

impl Pairing {
    /// Compares the signatures of both versions.
    pub fn of(champion: &LoadedVersion, challenger: &LoadedVersion) -> Self {
        let (own, others) = (champion.model().signature().labels(), challenger.model().signature().labels());
        let labels = own.iter().map(|label| others.iter().position(|other| other == label)).collect();
        let has_same_columns = champion.columns() == challenger.columns();
        Self { has_same_columns, has_same_answers: own == others, labels }
    }

    /// Returns whether both versions predict the same labels in the same order, or both numbers.
    pub fn has_same_answers(&self) -> bool {
        self.has_same_answers
    }

    /// Scores the first rows of a request a second time, with the version that does not answer it. Returns the
    /// predictions of at most [`MAX_SHADOW_ROWS`] rows, and the nanoseconds that they took.
    ///
    /// # Errors
    /// [`ScoreError`] if the rows are not valid for that version, or if its model fails.
    pub fn score_too(
        &self,
        version: &LoadedVersion,
        answered: &Scored,
        source: &RowSource<'_>,
    ) -> Result<(Predictions, u64), ScoreError> {
        guarded(|| {
            let read;
            let rows = if self.has_same_columns {
                &answered.rows
            } else {
                read = source.read(version.columns()).map_err(ScoreError::Rows)?;
                &read
            };
            let most = version.columns().slots() * answered.rows.count.min(MAX_SHADOW_ROWS);
            timed(version, rows.values.get(..most).ok_or(ScoreError::Failed)?, &rows.texts)
        })
    }

    /// Adds the rows that both versions scored to the counts. Of two answers of different length, the first rows count.
    pub fn compare(&self, champion: &Predictions, challenger: &Predictions, counts: &mut ShadowCounts) {
        match (champion, challenger) {
            (Predictions::Classes(champion), Predictions::Classes(challenger)) => {
                self.compare_labels(champion, challenger, counts)
            }
            (Predictions::Numbers(champion), Predictions::Numbers(challenger)) => {
                compare_numbers(champion, challenger, counts)
            }
            // One predicts labels and the other one numbers, so no row has the same answer.
            _ => (0..champion.len().min(challenger.len())).for_each(|_| counts.compare(false, 1.0)),
        }
    }

    /// The distance is half the sum of the probabilities' differences: from 0 (equal) to 1.
    fn compare_labels(&self, champion: &ClassPredictions, challenger: &ClassPredictions, counts: &mut ShadowCounts) {
        for (own, other) in champion.iter().zip(challenger.iter()) {
            let agrees = self.labels.get(own.class).copied().flatten() == Some(other.class);
            let (mut difference, mut shared) = (0.0, 0.0);
            for (probability, index) in own.probabilities.iter().zip(&self.labels) {
                let others = index.and_then(|index| other.probabilities.get(index)).copied().unwrap_or(0.0);
                difference += f64::from((probability - others).abs());
                shared += f64::from(others);
            }
            // What the challenger gives to labels that the champion does not know.
            let unknown = f64::from(other.probabilities.iter().sum::<f32>()) - shared;
            counts.compare(agrees, f64::midpoint(difference, unknown.max(0.0)));
        }
    }
}

/// The distance is the difference in units of half the champion's interval, or of its prediction if it has none.
fn compare_numbers(champion: &NumberPredictions, challenger: &NumberPredictions, counts: &mut ShadowCounts) {
    let ends = champion.intervals().unwrap_or_default();
    for (row, (own, other)) in champion.values().iter().zip(challenger.values()).enumerate() {
        let difference = f64::from((own - other).abs());
        match ends.get(row) {
            Some((lower, upper)) => {
                let half = f64::from(upper - lower) / 2.0;
                counts.compare((lower..=upper).contains(&other), share(difference, half));
            }
            None => {
                let distance = share(difference, f64::from(own.abs()));
                counts.compare(distance <= TOLERANCE, distance);
            }
        }
    }
}

fn share(difference: f64, scale: f64) -> f64 {
    if difference > 0.0 { difference / scale.max(f64::MIN_POSITIVE) } else { 0.0 }
}
