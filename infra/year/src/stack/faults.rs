//! The causes of the incidents: how each begins, and how somebody repairs it.

use evergreen_lifecycle::ports::StoredSchedule;

use super::{STEP, Stack, YearError, stored_schedule};
use crate::holdout::ModelSkill;
use crate::incident::{DAY, HOUR, Incident, IncidentKind};

/// Minutes from a sudden drift until the first whole hour after it was judged.
const SEEN_AFTER: u32 = 90;
/// Minutes from the begin of a slow drift until its effect is large enough to be reported.
const GROWN_AFTER: u32 = 4 * 24 * HOUR;

impl Stack<'_> {
    /// Lets an incident begin.
    pub(super) fn begin(&mut self, incident: &Incident) -> Result<(), YearError> {
        let now = self.calendar.at(incident.begin);
        match incident.kind {
            IncidentKind::ScheduleDeleted => self.memory.state().schedule = None,
            IncidentKind::SchedulePaused => {
                let paused = StoredSchedule { is_enabled: false, ..stored_schedule(self.plan, now) };
                self.memory.state().schedule = Some(paused);
            }
            IncidentKind::ArtifactDamaged => self.store_object(false),
            IncidentKind::PointerDamaged => self.memory.state().pointer = Some(None),
            IncidentKind::BadPromotion => self.promote_noise(incident.begin)?,
            IncidentKind::DriftsAtOnce => self.show("DriftedColumns", 3.0, incident.begin + SEEN_AFTER, incident.end),
            IncidentKind::DriftsSlowly => self.show("DriftedColumns", 3.0, incident.begin + GROWN_AFTER, incident.end),
            IncidentKind::LiveAccuracyFalls => {
                // The feedback of the first whole day arrives on the next one, and is judged at its end.
                let judged = (incident.begin / DAY + 2) * DAY;
                self.show("LiveAccuracyWorse", 1.0, judged, incident.end);
            }
            _ => {}
        }
        Ok(())
    }

    /// Removes the cause of an incident, as its kind's meaning says.
    pub(super) fn repair(&mut self, incident: &Incident) -> Result<(), YearError> {
        let now = self.calendar.at(incident.end);
        match incident.kind {
            IncidentKind::ScheduleDeleted | IncidentKind::SchedulePaused => {
                self.memory.state().schedule = Some(stored_schedule(self.plan, now));
                self.train_by_hand(incident.end)
            }
            IncidentKind::TrainingFails
            | IncidentKind::TrainingLost
            | IncidentKind::SesAway
            | IncidentKind::MailBounces
            | IncidentKind::LabelsTurn
            | IncidentKind::DriftsAtOnce
            | IncidentKind::DriftsSlowly
            | IncidentKind::LiveAccuracyFalls => self.train_by_hand(incident.end),
            IncidentKind::ArtifactDamaged => {
                self.store_object(true);
                Ok(())
            }
            IncidentKind::PointerDamaged => {
                self.memory.state().pointer = None;
                Ok(())
            }
            IncidentKind::BadPromotion => {
                let former = self.trainings.former.take();
                self.go_back(former, incident.end);
                self.measure(incident.end)
            }
            _ => Ok(()),
        }
    }

    /// Makes the services fail that an incident takes away, and all others work.
    pub(super) fn take_away_for(&self, active: Option<IncidentKind>) {
        let away: &[&str] = match active {
            Some(IncidentKind::DynamoDbAway) => &["registry", "copy", "published"],
            Some(IncidentKind::S3Away) => &["artifacts"],
            _ => &[],
        };
        let away = away.iter().map(|name| (*name).to_owned()).collect();
        self.memory.state().away = away;
    }

    /// Somebody promotes a version that is no better than a constant answer.
    fn promote_noise(&mut self, minute: u32) -> Result<(), YearError> {
        let holdout = self.next_holdout(true);
        self.trainings.versions += 1;
        let number = self.trainings.versions;
        let noise = ModelSkill::of_noise(number);
        let decision = self.judge(&holdout, noise, None)?;
        let version = self.version(number, decision, minute);
        self.trainings.former = self.trainings.champion;
        self.promote(version, noise, true, minute);
        self.measure(minute)
    }

    /// Adds the values that a metric about served rows or feedback would have. Without an alarm on it, they report nobody.
    fn show(&mut self, metric: &str, value: f64, from: u32, until: u32) {
        let series = self.series.entry(metric.to_owned()).or_default();
        let end = until.max(from);
        for (begin, end, value) in [(from, end, value), (end, end + 6 * HOUR, 0.0)] {
            // A changed value is published each time for an hour.
            let changed = (begin..end.min(begin + HOUR)).step_by(STEP as usize);
            for minute in changed.chain((begin + HOUR..end).step_by(HOUR as usize)) {
                series.push(minute, value);
            }
        }
    }
}
