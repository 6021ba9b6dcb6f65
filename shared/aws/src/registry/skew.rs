//! Stores the newest comparison of the answers in training and in serving, beside the counts of served rows.

use evergreen_lifecycle::drift::SkewCheck;
use evergreen_lifecycle::ports::{SkewRecord, Unavailable};

use super::{Registry, items};
use crate::failure::unavailable;

impl SkewRecord for Registry {
    async fn skew(&self) -> Result<Option<SkewCheck>, Unavailable> {
        let what = "reading the comparison of answers";
        let item = self.item(self.keys.skew(), what).await?;
        item.map(|item| items::decode(item, what)).transpose()
    }

    async fn store_skew(&self, check: &SkewCheck) -> Result<(), Unavailable> {
        let what = "storing the comparison of answers";
        let item = items::encode(&self.keys.skew(), check, what)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable(what))?;
        Ok(())
    }
}
