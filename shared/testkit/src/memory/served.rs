//! Test fake of the counts of served rows, and of what was found in them.

use std::ops::Range;

use evergreen_lifecycle::drift::{CountedHour, DriftComparison, DriftSummary};
use evergreen_lifecycle::ports::{CountShare, HourCounts, SampleStore, ServedCounting, ServedRecord, Unavailable};
use evergreen_lifecycle::sample::SampleKey;

use super::Memory;
use super::journal::model;

impl ServedCounting for Memory {
    async fn put_share(&self, share: &CountShare) -> Result<(), Unavailable> {
        let mut state = self.reach("served")?;
        let is_same = |stored: &&mut CountShare| {
            (stored.hour, stored.version, &stored.environment) == (share.hour, share.version, &share.environment)
        };
        match state.shares.iter_mut().find(is_same) {
            Some(stored) if stored.sequence >= share.sequence => {}
            Some(stored) => *stored = share.clone(),
            None => state.shares.push(share.clone()),
        }
        Ok(())
    }
}

impl SampleStore for Memory {
    fn sampled_rows(&self) -> usize {
        self.state().sampled_rows
    }

    async fn put_sample(&self, key: SampleKey<'_>, content: Vec<u8>) -> Result<(), Unavailable> {
        let mut state = self.reach("samples")?;
        state.sample_writes += 1;
        state.objects.insert(key.object_key(&model()), content);
        Ok(())
    }
}

impl ServedRecord for Memory {
    async fn shares(&self, hours: Range<CountedHour>) -> Result<Vec<CountShare>, Unavailable> {
        Ok(self.reach("served")?.shares.iter().filter(|share| hours.contains(&share.hour)).cloned().collect())
    }

    async fn put_hour(&self, hour: &HourCounts) -> Result<(), Unavailable> {
        let mut state = self.reach("served")?;
        if !state.hours.iter().any(|stored| (stored.hour, stored.version) == (hour.hour, hour.version)) {
            state.hours.push(hour.clone());
        }
        Ok(())
    }

    async fn hours(&self, hours: Range<CountedHour>) -> Result<Vec<HourCounts>, Unavailable> {
        Ok(self.reach("served")?.hours.iter().filter(|stored| hours.contains(&stored.hour)).cloned().collect())
    }

    async fn drift_summary(&self) -> Result<Option<DriftSummary>, Unavailable> {
        Ok(self.reach("served")?.drift.clone())
    }

    async fn store_drift(&self, comparisons: &[DriftComparison], summary: &DriftSummary) -> Result<(), Unavailable> {
        let mut state = self.reach("served")?;
        for comparison in comparisons {
            state.comparisons.retain(|stored| stored.window.length != comparison.window.length);
            state.comparisons.push(comparison.clone());
        }
        state.drift = Some(summary.clone());
        Ok(())
    }

    async fn drift_comparisons(&self) -> Result<Vec<DriftComparison>, Unavailable> {
        let mut comparisons = self.reach("served")?.comparisons.clone();
        comparisons.sort_by_key(|comparison| comparison.window.length.hours());
        Ok(comparisons)
    }
}
