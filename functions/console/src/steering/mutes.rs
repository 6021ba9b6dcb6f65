//! Mutes of alarms.

use evergreen_http::Problem;
use evergreen_lifecycle::ports::{AlarmStates, Steering};
use evergreen_lifecycle::{AuditedAction, Edit, Mute, time};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::{By, DraftedChange, checked_reason};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::{problem, token};

/// Maximum duration of a mute. An alarm that nobody needs for longer should be removed.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The body of a request to mute an alarm.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MuteUntil {
    // The parser's own message about a wrong time would reach the caller if serde parsed it.
    /// Until when the alarm sends no mail, such as `2026-12-01T09:00:00Z`.
    pub until: String,
    /// Why.
    pub reason: String,
}

/// What the field `until` has to be.
const EXPECTED: &str = "a time in the next 30 days with its zone, such as 2026-12-01T09:00:00Z";

fn end_of(text: &str) -> Result<Timestamp, Problem> {
    let wrong = |_| problem::invalid_field("until", "The end of the mute is not a time.", EXPECTED);
    text.trim().parse().map_err(wrong)
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn mute(&self, by: &By, name: &str, order: MuteUntil) -> Result<Reply, Problem> {
        let reason = checked_reason(&order.reason)?;
        let subject = format!("alarm {name}");
        if let Some(earlier) = self.earlier(by, AuditedAction::AlarmMuted, &subject).await? {
            return Reply::ok(&earlier);
        }
        let until = time::to_millis(end_of(&order.until)?);
        if !(SignedDuration::ZERO < until.duration_since(self.now()) && until.duration_since(self.now()) <= LONGEST) {
            let detail = "The end of the mute is not in the next 30 days.";
            return Err(problem::invalid_field("until", detail, EXPECTED));
        }
        self.check_alarm(name).await?;
        let mute = Mute { alarm: name.to_owned(), until };
        let draft = DraftedChange {
            reason: Some(reason),
            edits: vec![Edit::Mute(mute.clone())],
            ..DraftedChange::new(AuditedAction::AlarmMuted, subject).with("until", time::format(until))
        };
        let steered = self.commit(by, token::id()?, draft).await?;
        Reply::ok(&json!({"mute": mute, "audit": steered.audit, "repeated": steered.repeated}))
    }

    pub(crate) async fn unmute(&self, by: &By, name: &str) -> Result<Reply, Problem> {
        let subject = format!("alarm {name}");
        if let Some(earlier) = self.earlier(by, AuditedAction::AlarmUnmuted, &subject).await? {
            return Reply::ok(&earlier);
        }
        let mutes = read(self.world.registry().mutes(self.now())).await?;
        if mutes.iter().all(|mute| mute.alarm != name) {
            return Err(problem::unknown("mute of this alarm", "name"));
        }
        let edits = vec![Edit::Unmute(name.to_owned())];
        let draft = DraftedChange { edits, ..DraftedChange::new(AuditedAction::AlarmUnmuted, subject) };
        Reply::ok(&self.commit(by, token::id()?, draft).await?)
    }

    async fn check_alarm(&self, name: &str) -> Result<(), Problem> {
        let alarms = read(self.world.alarms().alarm_states()).await?;
        let is_known = alarms.iter().any(|alarm| alarm.name == name);
        if is_known { Ok(()) } else { Err(problem::unknown("alarm of this name", "name")) }
    }
}
