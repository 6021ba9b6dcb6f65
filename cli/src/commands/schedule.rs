//! The command `schedule`.

use serde_json::json;

use super::reading::plain;
use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::ScheduleCommand;
use crate::confirmation::confirm;
use crate::failure::Failure;

/// Shows the schedule, or switches it off or on.
pub async fn schedule(api: &StackApi, command: Option<ScheduleCommand>) -> Result<Answer, Failure> {
    match command {
        None => Ok(plain(api.get("/schedule", &[]).await?)),
        Some(ScheduleCommand::Pause(why)) => {
            confirm(why.yes, "The schedule starts no more training runs until it is resumed.", "pause")?;
            let json = api.send("POST", "/schedule/pause", Some(json!({"reason": why.reason}))).await?;
            Ok(Answer::new(json, "The schedule is paused. `evergreen schedule resume` switches it on again."))
        }
        Some(ScheduleCommand::Resume { reason }) => {
            let body = reason.map_or_else(|| json!({}), |reason| json!({"reason": reason}));
            let json = api.send("POST", "/schedule/resume", Some(body)).await?;
            Ok(Answer::new(json, "The schedule is on."))
        }
    }
}
