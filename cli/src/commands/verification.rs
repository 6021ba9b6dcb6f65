//! The command `verify`.

use serde_json::Value;

use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::WaitOptions;
use crate::failure::Failure;
use crate::render::{at, fields, scalar};
use crate::waiting::{Wait, WaitProgress};

/// Asks for the verification of a version, and waits for its result if that was asked.
pub async fn verify(api: &StackApi, version: u32, waiting: WaitOptions) -> Result<Answer, Failure> {
    let path = format!("/versions/{version}/verifications");
    let before = if waiting.wait { newest(api, &path).await? } else { Value::Null };
    let json = api.send("POST", &path, None).await?;
    if !waiting.wait {
        return Ok(Answer::new(json, format!("The verification of version {version} is requested.")));
    }
    let wait = Wait::begin(&waiting, format!("verification of version {version}"), format!("evergreen show {version}"));
    let result = wait.until(|| look(api, &path, &before)).await?;
    Ok(ended(version, result))
}

/// Returns the newest result. `null` if the version was never verified.
async fn newest(api: &StackApi, path: &str) -> Result<Value, Failure> {
    let answer = api.get(path, &[]).await?;
    Ok(at(&answer, "verifications").as_array().and_then(|results| results.first()).cloned().unwrap_or_default())
}

async fn look(api: &StackApi, path: &str, before: &Value) -> Result<WaitProgress, Failure> {
    let result = newest(api, path).await?;
    Ok(if &result == before { WaitProgress::Waiting("training again".to_owned()) } else { WaitProgress::Done(result) })
}

fn ended(version: u32, result: Value) -> Answer {
    let outcome = scalar(at(&result, "outcome"));
    let identical = outcome == "identical";
    let text = match identical {
        true => format!("Version {version} is verified: training again gives the same artifact, byte for byte."),
        false => fields(&result),
    };
    let failure = Failure::EndedBadly(format!("the verification of version {version} ended as {outcome}"));
    let answer = Answer::new(result, text);
    if identical { answer } else { answer.but(failure) }
}
