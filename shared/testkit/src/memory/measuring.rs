//! Test fake of the training schedule, of the request counts of API keys, and of the metrics service.

use evergreen_lifecycle::ports::{
    MetricSink, PublishedRecord, RememberError, RequestUsage, Schedules, StoredSchedule, Unavailable,
};
use evergreen_lifecycle::{Datum, PublishedMetrics};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Memory;

impl RequestUsage for Memory {
    async fn requests(&self, _first: Date, _last: Date) -> Result<Vec<u64>, Unavailable> {
        Ok(self.reach("usage")?.requests.clone())
    }
}

impl Schedules for Memory {
    async fn schedule(&self) -> Result<Option<StoredSchedule>, Unavailable> {
        Ok(self.reach("schedule")?.schedule.clone())
    }
}

impl MetricSink for Memory {
    async fn publish(&self, data: &[Datum], _at: Timestamp) -> Result<(), Unavailable> {
        self.reach("sink")?.data.extend_from_slice(data);
        Ok(())
    }
}

impl PublishedRecord for Memory {
    async fn published(&self) -> Result<Option<PublishedMetrics>, Unavailable> {
        Ok(self.reach("published")?.published.clone())
    }

    async fn store_published(&self, record: &PublishedMetrics) -> Result<(), RememberError> {
        let mut state = self.reach_for("published", "store_published")?;
        let revision = state.published.as_ref().map_or(0, |stored| stored.revision);
        if revision.checked_add(1) != Some(record.revision) {
            return Err(RememberError::Conflict);
        }
        state.published = Some(record.clone());
        Ok(())
    }

    async fn forget_published(&self) -> Result<(), Unavailable> {
        self.reach("published")?.published = None;
        Ok(())
    }
}
