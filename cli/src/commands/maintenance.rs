//! The commands `rebuild` and `retention`: work on the whole registry.

use serde_json::json;

use super::reading::plain;
use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::{Confirmed, Reasoned};
use crate::confirmation::confirm;
use crate::failure::Failure;

/// Asks to rebuild the table from the bucket.
pub async fn rebuild(api: &StackApi, why: Reasoned) -> Result<Answer, Failure> {
    Ok(plain(api.send("POST", "/rebuild", Some(json!({"reason": why.reason}))).await?))
}

/// Asks to delete old versions.
pub async fn retention(api: &StackApi, keep: u32, dry_run: bool, why: Confirmed) -> Result<Answer, Failure> {
    let what =
        "Old versions are deleted with their artifacts. With `--dry-run` the training function only logs which ones.";
    confirm(why.yes || dry_run, what, "retention")?;
    let body = json!({"reason": why.reason, "keep": keep, "dry_run": dry_run});
    Ok(plain(api.send("POST", "/retention", Some(body)).await?))
}
