//! Waits for the end of a rebuild of the registry. The training function leaves it in the audit trail.

use serde_json::Value;

use crate::api::StackApi;
use crate::arguments::WaitOptions;
use crate::failure::Failure;
use crate::render::{at, scalar};
use crate::waiting::{Wait, WaitProgress};

/// Number of entries of the audit trail that are looked at.
const ENTRIES: &str = "100";

/// Waits until the rebuild with the id `request` has ended, and returns its entry of the audit trail.
pub async fn rebuilt(api: &StackApi, request: &str, waiting: &WaitOptions) -> Result<Value, Failure> {
    let wait = Wait::begin(waiting, "rebuild of the registry".to_owned(), "evergreen audit".to_owned());
    wait.until(|| look(api, request)).await
}

/// Says what a rebuild restored.
pub fn restored(details: &Value) -> String {
    let records = match at(details, "restored") {
        Value::Null => "Nothing was missing.".to_owned(),
        records => format!("Restored: {}.", scalar(records)),
    };
    let champion = match at(details, "champion") {
        Value::Null => "There is no champion.".to_owned(),
        number => format!("The champion is version {}.", scalar(number)),
    };
    let unreadable = match at(details, "unreadable") {
        Value::Null => String::new(),
        keys => format!("\nThese files are missing or damaged, and were left out: {}.", scalar(keys)),
    };
    format!("{records} {champion}{unreadable}")
}

async fn look(api: &StackApi, request: &str) -> Result<WaitProgress, Failure> {
    let audit = api.get("/audit", &[("limit", ENTRIES.to_owned())]).await?;
    let entries = at(&audit, "entries").as_array().cloned().unwrap_or_default();
    let is_it = |entry: &Value| at(entry, "action") == "registry_rebuilt" && at(entry, "details.request") == request;
    Ok(match entries.into_iter().find(is_it) {
        Some(entry) => WaitProgress::Done(entry),
        None => WaitProgress::Waiting("reading the journal".to_owned()),
    })
}
