//! Compares the answers of champion and challenger, for the record of the gate's decision: on rows that were served, if
//! the stack keeps a sample of them, and otherwise on the hold-out.

use std::sync::Arc;

use evergreen_learning::{ComparedModels, ImpactError};
use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::ports::{Artifacts, ObjectList, StoredFile, Unavailable};
use evergreen_lifecycle::sample::{SampledRows, prefix, sampled_day};
use evergreen_lifecycle::{Evaluation, Impact};
use evergreen_scoring::Model;
use futures_util::{StreamExt, stream};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::challenger::Challenger;
use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::stored::CurrentChampion;
use crate::trainer::Trainer;
use crate::work::off_thread;

// More rows make the share of changed answers hardly more exact, and each object costs a request.
/// Maximum number of samples that one run reads. Of more, it reads some from all days.
const MAX_SAMPLES: usize = 200;

/// Maximum number of bytes of all samples that one run reads.
const MAX_BYTES: u64 = 32 << 20;

/// Number of samples that are fetched at the same time.
const FETCHES: usize = 8;

// With fewer rows, the hold-out says more.
/// Minimum number of served rows for a comparison on served rows.
const MIN_SERVED_ROWS: u64 = 100;

/// A sample of rows that were served in the last days.
#[derive(Debug)]
pub(crate) struct ServedSample {
    days: u16,
    samples: Vec<SampledRows>,
}

impl<W: TrainWorld> Trainer<'_, W> {
    /// Reads the sample of served rows. `None` if the stack keeps none, or if the bucket does not answer.
    pub(crate) async fn served_sample(&self) -> Option<ServedSample> {
        let days = self.settings.sample_days;
        if days == 0 {
            return None;
        }
        match self.read_samples(days).await {
            Ok(samples) => Some(ServedSample { days, samples }),
            Err(error) => {
                tracing::warn!(
                    %error, cause = %error.cause,
                    "the sample of served rows could not be read; the hold-out is used"
                );
                None
            }
        }
    }

    async fn read_samples(&self, days: u16) -> Result<Vec<SampledRows>, Unavailable> {
        let (model, storage) = (&self.settings.model, self.world.storage());
        let today = Date::from(CountedHour::of(self.world.clock().now()));
        let first = today.saturating_sub(i64::from(days).days());
        let is_recent = |file: &StoredFile| sampled_day(model, &file.key).is_some_and(|day| day >= first);
        let mut files = storage.list(&prefix(model)).await?;
        files.retain(is_recent);
        let fetches = stream::iter(spread(files)).map(|file| async move { storage.get(&file.key).await });
        let mut fetched = fetches.buffered(FETCHES);
        let (mut samples, mut unreadable) = (Vec::new(), 0_u32);
        while let Some(content) = fetched.next().await {
            // A sample may expire after it was listed.
            let read = content.ok().and_then(|content| SampledRows::from_bytes(&content).ok());
            match read {
                Some(sample) => samples.push(sample),
                None => unreadable += 1,
            }
        }
        if unreadable > 0 {
            tracing::warn!(unreadable, "samples of served rows are damaged or gone; they are left out");
        }
        Ok(samples)
    }
}

/// Leaves out files evenly, until the others are within the bounds of a run.
fn spread(files: Vec<StoredFile>) -> impl Iterator<Item = StoredFile> {
    let bytes = files.iter().map(|file| file.size).sum::<u64>();
    let by_bytes = usize::try_from(bytes.div_ceil(MAX_BYTES)).unwrap_or(usize::MAX);
    let step = files.len().div_ceil(MAX_SAMPLES).max(by_bytes).max(1);
    // The newest sample is always there.
    files.into_iter().rev().step_by(step)
}

impl CurrentChampion {
    /// Compares the champion's answers with those of the challenger. `None` if the champion cannot answer the same rows: it
    /// cannot be loaded, predicts another target, or needs a column that is gone.
    pub(crate) async fn impact_of(
        &self,
        challenger: &Arc<Challenger>,
        served: &Arc<Option<ServedSample>>,
    ) -> Result<Option<Impact>, TrainError> {
        let (Some(model), Some(step)) = (self.shared_model(), self.usual_error()) else { return Ok(None) };
        if self.pointer().dataset().is_none_or(|known| known.target != challenger.dataset().target) {
            return Ok(None);
        }
        let (challenger, served) = (Arc::clone(challenger), Arc::clone(served));
        let impact = off_thread(move || compare(&model, &challenger, step, served.as_ref().as_ref())).await?;
        Ok(match impact {
            Ok(impact) => Some(impact),
            Err(error) => {
                tracing::info!(%error, "the answers of champion and challenger are not compared");
                None
            }
        })
    }

    /// Returns the mean absolute error of the champion on its own hold-out; 0 for a classifier. `None` if its record
    /// cannot be read.
    fn usual_error(&self) -> Option<f64> {
        self.pointer().evaluation().map(|evaluation| match evaluation {
            Evaluation::Classification(_) => 0.0,
            Evaluation::Regression(figures) => figures.mae,
        })
    }
}

fn compare(
    champion: &Model,
    challenger: &Challenger,
    step: f64,
    served: Option<&ServedSample>,
) -> Result<Impact, ImpactError> {
    let models = ComparedModels { champion, challenger: challenger.model(), step };
    if let Some(ServedSample { days, samples }) = served {
        let impact = models.on_samples(samples, *days)?;
        if impact.rows >= MIN_SERVED_ROWS {
            return Ok(impact);
        }
    }
    models.on_holdout(challenger.holdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_samples_some_of_all_days_are_read() {
        let files = |count: usize, size| (0..count).map(|key| StoredFile { key: format!("{key:05}"), size }).collect();
        let keys = |files| spread(files).map(|file| file.key).collect::<Vec<_>>();
        assert_eq!(keys(files(3, 10)), ["00002", "00001", "00000"]);
        let many = keys(files(1000, 10));
        assert_eq!(
            (many.len(), many.first().map(String::as_str), many.last().map(String::as_str)),
            (200, Some("00999"), Some("00004"))
        );
        assert_eq!(keys(files(100, 4 << 20)).len(), 8, "32 MB");
    }
}
