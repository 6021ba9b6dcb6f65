//! The numbers of requests that CloudWatch shows for the last weeks, from which the metrics function sees that they stop.

use evergreen_lifecycle::traffic::{TRAFFIC_PERIOD, TRAFFIC_REACH};
use jiff::{SignedDuration, Timestamp};

use crate::calendar::Calendar;
use crate::traffic::RequestTraffic;

/// Minutes of a period.
const PERIOD: u32 = TRAFFIC_PERIOD / 60;

/// The numbers of requests of the year, and of the time before it.
#[derive(Debug)]
pub(crate) struct RequestPeriods {
    /// The number of periods that the metrics function reads, and as many before the year.
    reach: usize,
    counts: Vec<f64>,
}

impl RequestPeriods {
    pub(crate) fn of(traffic: &RequestTraffic<'_>) -> Self {
        let reach = u32::try_from(TRAFFIC_REACH.as_mins()).unwrap_or_default() / PERIOD;
        Self { reach: reach as usize, counts: traffic.in_periods(PERIOD, reach) }
    }

    /// Returns the numbers of requests of the complete periods before `minute` that have any.
    pub(crate) fn known_at(&self, minute: u32, calendar: &Calendar) -> Vec<(Timestamp, f64)> {
        let end = self.reach + (minute / PERIOD) as usize;
        // If requests still come, older ones do not matter.
        let from = if self.count(end - 1) > 0.0 { end - 1 } else { end - self.reach };
        let beginning = |period: usize| {
            let minutes = (period as i64 - self.reach as i64) * i64::from(PERIOD);
            calendar.at(0) + SignedDuration::from_mins(minutes)
        };
        let counts = (from..end).map(|period| (beginning(period), self.count(period)));
        counts.filter(|(_, count)| *count > 0.0).collect()
    }

    fn count(&self, period: usize) -> f64 {
        self.counts.get(period).copied().unwrap_or_default()
    }
}
