//! The commands `mute` and `unmute`.

use jiff::Timestamp;
use serde_json::json;

use crate::answer::Answer;
use crate::api::{StackApi, segment};
use crate::arguments::MuteOptions;
use crate::failure::Failure;
use crate::render::time;

/// Switches the mails of an alarm off until a time.
pub async fn mute(api: &StackApi, alarm: &str, until: MuteOptions) -> Result<Answer, Failure> {
    let end = until.end(Timestamp::now());
    let end =
        end.ok_or_else(|| Failure::Usage("--for is too long; expected a duration such as 2h or 1d".to_owned()))?;
    let end = format!("{end:.0}");
    let json = api.send("PUT", &path(alarm), Some(json!({"until": end, "reason": until.reason}))).await?;
    Ok(Answer::new(json, format!("The alarm {alarm} sends no mail until {} UTC.", time(&end))))
}

/// Switches the mails of an alarm on again.
pub async fn unmute(api: &StackApi, alarm: &str) -> Result<Answer, Failure> {
    let json = api.send("DELETE", &path(alarm), None).await?;
    Ok(Answer::new(json, format!("The alarm {alarm} sends mail again.")))
}

fn path(alarm: &str) -> String {
    format!("/alarms/{}/mute", segment(alarm))
}
