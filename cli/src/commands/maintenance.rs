//! The commands `rebuild` and `retention`: work on the whole registry.

use serde_json::json;

use super::transfer::{rebuilt, restored};
use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::{Confirmed, Reasoned, WaitOptions};
use crate::confirmation::confirm;
use crate::failure::Failure;
use crate::render::{at, scalar};

/// Asks to rebuild the table from the bucket, and waits for the result if that was asked.
pub async fn rebuild(api: &StackApi, why: Reasoned, waiting: WaitOptions) -> Result<Answer, Failure> {
    let asked = api.send("POST", "/rebuild", Some(json!({"reason": why.reason}))).await?;
    if !waiting.wait {
        let text = "The rebuild is requested. `evergreen audit` shows what it restored when it has ended.";
        return Ok(Answer::new(asked, text));
    }
    let entry = rebuilt(api, &scalar(at(&asked, "request")), &waiting).await?;
    let text = restored(at(&entry, "details"));
    Ok(Answer::new(entry, text))
}

/// Asks to delete old versions and their runs.
pub async fn retention(api: &StackApi, keep: u32, dry_run: bool, why: Confirmed) -> Result<Answer, Failure> {
    let what = format!(
        "All versions but the newest {keep} are deleted with their artifacts and their runs. What an alias, the tag `pin` or \
         the recent champion history names stays. With `--dry-run` the training function only logs what would go."
    );
    confirm(why.yes || dry_run, &what, "retention")?;
    let body = json!({"reason": why.reason, "keep": keep, "dry_run": dry_run});
    let asked = api.send("POST", "/retention", Some(body)).await?;
    let text = if dry_run {
        "The list is requested. The log of the training function has it in some seconds; nothing is deleted."
    } else {
        "The deletion is requested. `evergreen audit` shows each version that is deleted."
    };
    Ok(Answer::new(asked, text))
}
