//! The commands `rebuild`, `retention`, `export` and `import`: work on the whole registry.

use serde_json::{Map, Value, json};

use super::reading::plain;
use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::{Confirmed, Reasoned};
use crate::confirmation::confirm;
use crate::failure::Failure;

/// Rebuilds the table from the bucket.
pub async fn rebuild(api: &StackApi, why: Reasoned) -> Result<Answer, Failure> {
    Ok(plain(api.send("POST", "/rebuild", Some(json!({"reason": why.reason}))).await?))
}

/// Deletes old versions.
pub async fn retention(api: &StackApi, keep: Option<u32>, dry_run: bool, why: Confirmed) -> Result<Answer, Failure> {
    let what = "Old versions are deleted with their artifacts. `--dry-run` shows which ones.";
    confirm(why.yes || dry_run, what, "retention")?;
    let mut body = Map::from_iter([("reason".to_owned(), json!(why.reason))]);
    body.extend(keep.map(|keep| ("keep".to_owned(), json!(keep))));
    body.extend(dry_run.then(|| ("dry_run".to_owned(), json!(true))));
    Ok(plain(api.send("POST", "/retention", Some(Value::Object(body))).await?))
}

/// Exports the model with its history.
pub async fn export(api: &StackApi) -> Result<Answer, Failure> {
    Ok(plain(api.send("POST", "/exports", Some(json!({}))).await?))
}

/// Imports an exported model.
pub async fn import(api: &StackApi, key: String, why: Confirmed) -> Result<Answer, Failure> {
    confirm(why.yes, &format!("The versions in {key} are added to this stack."), "import")?;
    Ok(plain(api.send("POST", "/imports", Some(json!({"key": key, "reason": why.reason}))).await?))
}
