//! Test fake of what only the console uses: links to artifacts, removal of objects, the schedule's switch, alarm states.

use evergreen_lifecycle::ports::{
    AlarmStates, AlarmStatus, ArtifactLinks, ObjectRemoval, RequestDay, RequestHistory, ScheduleSwitch, Unavailable,
};
use evergreen_lifecycle::{ModelName, VersionNumber};
use jiff::SignedDuration;
use jiff::Timestamp;

use super::Memory;

impl ArtifactLinks for Memory {
    async fn link(&self, key: &str, valid: SignedDuration) -> Result<String, Unavailable> {
        drop(self.reach("artifacts")?);
        Ok(format!("https://bucket.example/{key}?seconds={}", valid.as_secs()))
    }
}

impl ObjectRemoval for Memory {
    async fn remove_objects(&self, model: &ModelName, version: VersionNumber) -> Result<(), Unavailable> {
        let prefix = version.object_key(model, "");
        self.reach("removal")?.objects.retain(|key, _| !key.starts_with(&prefix));
        Ok(())
    }
}

impl ScheduleSwitch for Memory {
    async fn switch(&self, is_enabled: bool) -> Result<bool, Unavailable> {
        let mut state = self.reach_for("schedule", "switch")?;
        let Some(schedule) = &mut state.schedule else { return Ok(false) };
        schedule.is_enabled = is_enabled;
        Ok(true)
    }
}

impl AlarmStates for Memory {
    async fn alarm_states(&self) -> Result<Vec<AlarmStatus>, Unavailable> {
        Ok(self.reach("alarms")?.alarm_states.clone())
    }
}

impl RequestHistory for Memory {
    async fn last_day(&self, _until: Timestamp) -> Result<RequestDay, Unavailable> {
        Ok(self.reach("alarms")?.request_day.clone())
    }
}
