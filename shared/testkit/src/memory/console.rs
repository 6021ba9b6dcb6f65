//! Test fake of what pages and mails show: links to artifacts, removal of objects, the schedule's switch, alarm states,
//! values of metrics, usage, and the emulator's mails.

use evergreen_lifecycle::cost::MonthUsage;
use evergreen_lifecycle::ports::{
    AcceptedMail, AlarmStates, AlarmStatus, ArtifactLinks, BilledResources, BilledUsage, Mailbox, MetricHistory,
    ObjectRemoval, RequestDay, RequestHistory, ScheduleSwitch, SeriesQuery, Unavailable,
};
use evergreen_lifecycle::{ModelName, VersionNumber};
use jiff::{SignedDuration, Timestamp};

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

impl MetricHistory for Memory {
    async fn values(
        &self,
        _series: &[SeriesQuery],
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>, Unavailable> {
        let state = self.reach("history")?;
        Ok(state.series.iter().filter(|(at, _)| (from..=until).contains(at)).copied().collect())
    }
}

impl BilledUsage for Memory {
    async fn billed_usage(
        &self,
        _resources: &BilledResources,
        _from: Timestamp,
        _until: Timestamp,
    ) -> Result<MonthUsage, Unavailable> {
        let mut state = self.reach("billing")?;
        state.usage_reads += 1;
        Ok(state.month_usage.clone())
    }
}

impl Mailbox for Memory {
    async fn accepted_mails(&self) -> Result<Option<Vec<AcceptedMail>>, Unavailable> {
        Ok(self.reach("mailbox")?.accepted_mails.clone())
    }
}
