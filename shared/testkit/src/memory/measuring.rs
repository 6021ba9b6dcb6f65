//! Test fake of the training schedule, of the request counts of API keys, and of the metrics service.

use evergreen_lifecycle::Datum;
use evergreen_lifecycle::ports::{MetricSink, RequestUsage, Schedules, StoredSchedule, Unavailable};
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
