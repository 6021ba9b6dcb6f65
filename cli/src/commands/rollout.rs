//! The command `rollout`.

use serde_json::{Value, json};

use super::reading::plain;
use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::RolloutCommand;
use crate::confirmation::confirm;
use crate::failure::Failure;
use crate::render::{at, scalar};

/// Shows the newest rollout, or takes a step of it.
pub async fn rollout(api: &StackApi, command: Option<RolloutCommand>) -> Result<Answer, Failure> {
    let Some(command) = command else { return Ok(plain(api.get("/rollout", &[]).await?)) };
    match command {
        RolloutCommand::Start { version, why } => {
            let what = format!("Version {version} proves itself on live traffic. A running rollout ends.");
            confirm(why.yes, &what, &version.to_string())?;
            let json =
                api.send("POST", "/rollout/start", Some(json!({"version": version, "reason": why.reason}))).await?;
            Ok(Answer::new(json, format!("The rollout of version {version} begins.")))
        }
        RolloutCommand::Advance(why) => {
            confirm(why.yes, "The next stage begins: the version answers a larger share of the requests.", "advance")?;
            step(api, "advance", &why.reason, |json| {
                format!("The next stage begins: {} % of the requests.", scalar(at(json, "audit.details.percent")))
            })
            .await
        }
        RolloutCommand::Stop(why) => {
            confirm(why.yes, "The rollout ends, and the champion stays.", "stop")?;
            step(api, "stop", &why.reason, |_| "The rollout is stopped. The champion stays.".to_owned()).await
        }
        RolloutCommand::Promote(why) => {
            confirm(why.yes, "The version of the rollout becomes the champion.", "promote")?;
            step(api, "promote", &why.reason, |json| {
                format!("Version {} is the champion.", scalar(at(json, "audit.details.to")))
            })
            .await
        }
    }
}

async fn step(api: &StackApi, name: &str, reason: &str, said: impl Fn(&Value) -> String) -> Result<Answer, Failure> {
    let json = api.send("POST", &format!("/rollout/{name}"), Some(json!({"reason": reason}))).await?;
    let text = said(&json);
    Ok(Answer::new(json, text))
}
