//! Stores the newest judgement of the live accuracy in DynamoDB, beside the counts of served rows.

use evergreen_lifecycle::feedback::LiveSummary;
use evergreen_lifecycle::ports::{LiveRecord, Unavailable};

use super::{Registry, items};
use crate::failure::unavailable;

impl LiveRecord for Registry {
    async fn live_summary(&self) -> Result<Option<LiveSummary>, Unavailable> {
        let what = "reading the live accuracy";
        let item = self.item(self.keys.live(), what).await?;
        // A judgement in the format of another release is made again, and replaced.
        Ok(item.and_then(|item| {
            let read = items::decode(item, what);
            read.inspect_err(|error| tracing::warn!(%error, cause = %error.cause, "the live accuracy is judged again"))
                .ok()
        }))
    }

    async fn store_live(&self, summary: &LiveSummary) -> Result<(), Unavailable> {
        let what = "storing the live accuracy";
        let item = items::encode(&self.keys.live(), summary, what)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable(what))?;
        Ok(())
    }
}
