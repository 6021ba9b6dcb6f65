//! The alarms with their states and mutes.

use evergreen_http::{Problem, maybe_moment};
use evergreen_lifecycle::ports::{AlarmStates, AlarmStatus, Steering};
use evergreen_lifecycle::time;
use serde::Serialize;
use serde_json::json;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};

/// An alarm in the list.
#[derive(Serialize)]
struct ListedAlarm<'a> {
    name: &'a str,
    state: evergreen_lifecycle::ports::AlarmCondition,
    description: &'a str,
    reason: &'a str,
    #[serde(serialize_with = "maybe_moment")]
    since: Option<jiff::Timestamp>,
    muted_until: Option<String>,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn list_alarms(&self) -> Result<Reply, Problem> {
        let alarms = read(self.world.alarms().alarm_states()).await?;
        let mutes = read(self.world.registry().mutes(self.now())).await?;
        let muted = |name: &str| mutes.iter().find(|mute| mute.alarm == name).map(|mute| time::format(mute.until));
        let listed = |alarm: &'_ AlarmStatus| muted(&alarm.name);
        let entries: Vec<_> = alarms
            .iter()
            .map(|alarm| ListedAlarm {
                name: &alarm.name,
                state: alarm.condition,
                description: &alarm.description,
                reason: &alarm.reason,
                since: alarm.since,
                muted_until: listed(alarm),
            })
            .collect();
        Reply::ok(&json!({"alarms": entries}))
    }
}
