//! Test fake of the newest comparison of the answers in training and in serving.

use evergreen_lifecycle::drift::SkewCheck;
use evergreen_lifecycle::ports::{SkewRecord, Unavailable};

use super::Memory;

impl SkewRecord for Memory {
    async fn skew(&self) -> Result<Option<SkewCheck>, Unavailable> {
        Ok(self.reach("served")?.skew.clone())
    }

    async fn store_skew(&self, check: &SkewCheck) -> Result<(), Unavailable> {
        self.reach("served")?.skew = Some(check.clone());
        Ok(())
    }
}
