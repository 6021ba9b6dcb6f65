//! Test fake of the newest judgement of the live accuracy.

use evergreen_lifecycle::feedback::LiveSummary;
use evergreen_lifecycle::ports::{LiveRecord, Unavailable};

use super::Memory;

impl LiveRecord for Memory {
    async fn live_summary(&self) -> Result<Option<LiveSummary>, Unavailable> {
        Ok(self.reach("live")?.live.clone())
    }

    async fn store_live(&self, summary: &LiveSummary) -> Result<(), Unavailable> {
        self.reach("live")?.live = Some(summary.clone());
        Ok(())
    }
}
