//! Draws the metric of an alarm over time, for the mail.

use evergreen_chart::{ChartError, ChartIncident, ChartPicture, ChartPoint, MetricChart};
use evergreen_lifecycle::AlarmReport;
use evergreen_lifecycle::ports::{MetricHistory, SeriesQuery, SeriesSource};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::quantity::Quantity;
use crate::{Alarm, AlarmState};

/// The shortest time that a picture shows: a person sees the usual course of a day.
const SHORTEST: SignedDuration = SignedDuration::from_hours(24);

/// The longest time that a picture shows.
const LONGEST: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Minimum number of periods of the metric that a picture shows.
const PERIODS: i64 = 14;

// The picture only helps, so the mail does not wait for it long and is sent without it too.
/// Draws the metric of `alarm` up to `now`, with times in `zone`. `None` if its values cannot be read, or if there are none.
pub(crate) async fn of(
    alarm: &Alarm,
    alarm_report: &AlarmReport,
    history: &impl MetricHistory,
    zone: &TimeZone,
    now: Timestamp,
) -> Option<ChartPicture> {
    if alarm.series.is_empty() {
        return None;
    }
    let incident = incident(alarm, alarm_report, now);
    let from = now - shown(&alarm.series, now.duration_since(incident.from));
    let values = match history.values(&alarm.series, from, now).await {
        Ok(values) => values,
        Err(error) => {
            tracing::warn!(alarm = alarm.name, %error, cause = %error.cause, "the mail is sent without a picture");
            return None;
        }
    };
    let points: Vec<_> = values.into_iter().map(|(at, value)| ChartPoint { at, value }).collect();
    let chart = MetricChart {
        title: alarm.metric.as_deref().unwrap_or_else(|| alarm.kind.as_str()),
        points: &points,
        from,
        until: now,
        threshold: alarm.threshold,
        incident: Some(incident),
        zone,
        write: Quantity::of(alarm).on_axis(),
    };
    match evergreen_chart::draw(&chart) {
        Ok(picture) => Some(picture),
        Err(ChartError::NoValues) => None,
        Err(error) => {
            tracing::warn!(alarm = alarm.name, %error, "the mail is sent without a picture");
            None
        }
    }
}

/// Returns when the alarm was raised and when it was over.
fn incident(alarm: &Alarm, alarm_report: &AlarmReport, now: Timestamp) -> ChartIncident {
    let raised = match alarm_report {
        AlarmReport::Over { began, .. } => *began,
        _ => None,
    };
    let until = if alarm.state == AlarmState::Ok { alarm.since } else { now };
    ChartIncident { from: raised.unwrap_or(alarm.since), until }
}

/// Returns how much time the picture shows: the whole incident with a quarter before it, and several periods of the metric.
fn shown(series: &[SeriesQuery], lasted: SignedDuration) -> SignedDuration {
    let period = |series: &SeriesQuery| match series.source {
        SeriesSource::Metric { period, .. } => Some(i64::from(period)),
        SeriesSource::Expression(_) => None,
    };
    let period = series.iter().filter_map(period).max().unwrap_or_default();
    let incident = SignedDuration::from_secs(lasted.as_secs().saturating_mul(5) / 4);
    SignedDuration::from_secs(PERIODS * period).max(incident).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(period: u32) -> [SeriesQuery; 1] {
        let source = SeriesSource::Metric {
            namespace: "Evergreen".into(),
            name: "DriftedColumns".into(),
            dimensions: Vec::new(),
            statistic: "Maximum".into(),
            period,
        };
        [SeriesQuery { id: "watched".into(), source, is_compared: true }]
    }

    #[test]
    fn a_picture_shows_a_day_or_the_whole_incident_or_many_periods() {
        let shown = |period, hours| shown(&series(period), SignedDuration::from_hours(hours)).as_hours();
        assert_eq!(shown(300, 0), 24);
        assert_eq!(shown(300, 40), 50);
        assert_eq!(shown(86_400, 0), 14 * 24);
        assert_eq!(shown(300, 9000), 14 * 24);
    }
}
