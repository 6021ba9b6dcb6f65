//! Commands that only read: runs, versions, comparison, champions, alarms, drift, live accuracy, audit.

use serde_json::Value;

use crate::answer::Answer;
use crate::api::{StackApi, segment};
use crate::arguments::{RunFilter, VersionFilter};
use crate::failure::Failure;
use crate::render;

/// Lists runs.
pub async fn runs(api: &StackApi, filter: RunFilter) -> Result<Answer, Failure> {
    let json = api.get("/runs", &filter.query()).await?;
    let text = render::runs(&json);
    Ok(Answer::new(json, text))
}

/// Lists versions.
pub async fn versions(api: &StackApi, filter: VersionFilter) -> Result<Answer, Failure> {
    let json = api.get("/versions", &filter.query()).await?;
    let text = render::versions(&json);
    Ok(Answer::new(json, text))
}

/// Shows a version by its number, the champion, or a run by its id.
pub async fn show(api: &StackApi, what: &str) -> Result<Answer, Failure> {
    let json = if what == "champion" {
        api.get("/champion", &[]).await?
    } else if what.chars().all(|character| character.is_ascii_digit()) {
        api.get(&format!("/versions/{}", segment(what)), &[]).await?
    } else {
        api.get(&format!("/runs/{}", segment(what)), &[]).await?
    };
    Ok(plain(json))
}

/// Compares versions.
pub async fn compare(api: &StackApi, versions: &[u32]) -> Result<Answer, Failure> {
    let numbers: Vec<_> = versions.iter().map(u32::to_string).collect();
    let json = api.get("/compare", &[("versions", numbers.join(","))]).await?;
    let text = render::comparison(&json);
    Ok(Answer::new(json, text))
}

/// Lists the champions so far.
pub async fn champions(api: &StackApi, limit: u32) -> Result<Answer, Failure> {
    let json = api.get("/champions", &[("limit", limit.to_string())]).await?;
    let text = render::champions(&json);
    Ok(Answer::new(json, text))
}

/// Lists changes that people made.
pub async fn audit(api: &StackApi, limit: u32, before: Option<String>) -> Result<Answer, Failure> {
    let before = before.map(|before| ("before", before));
    let query: Vec<_> = [("limit", limit.to_string())].into_iter().chain(before).collect();
    let json = api.get("/audit", &query).await?;
    let text = render::audit(&json);
    Ok(Answer::new(json, text))
}

/// Lists the alarms.
pub async fn alarms(api: &StackApi) -> Result<Answer, Failure> {
    let json = api.get("/alarms", &[]).await?;
    let text = render::alarms(&json);
    Ok(Answer::new(json, text))
}

/// Shows how right the predictions were whose truth is known.
pub async fn live(api: &StackApi) -> Result<Answer, Failure> {
    let json = api.get("/live", &[]).await?;
    let text = render::live(&json);
    Ok(Answer::new(json, text))
}

/// Shows how served rows compare with the training data, and what the stack did by itself.
pub async fn drift(api: &StackApi) -> Result<Answer, Failure> {
    let json = api.get("/drift", &[]).await?;
    let text = render::drift(&json);
    Ok(Answer::new(json, text))
}

/// Returns an answer whose text shows all fields.
pub fn plain(json: Value) -> Answer {
    let text = render::fields(&json);
    Answer::new(json, text)
}
