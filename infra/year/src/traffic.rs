//! The requests to the prediction API over the year, and the values of CloudWatch's metrics about them.
//!
//! Only minutes in which something is unusual get values: the alarms on these metrics take missing data as good.

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::{Calendar, YEAR};
use crate::chance::{Chance, poisson};
use crate::incident::{HOUR, Incident, IncidentKind};
use crate::plan::YearPlan;
use crate::series::MetricSeries;

/// Purpose of the random numbers of ordinary requests.
const ORDINARY: u64 = 2;
/// Purpose of the random numbers of requests during an incident.
const UNUSUAL: u64 = 3;

/// Purpose of the random numbers of counted requests.
const COUNTED: u64 = 9;

/// Minutes of 52 weeks: a year later, the same hour of the same day of the week.
const WEEKS: u32 = 52 * 7 * 24 * HOUR;

/// Requests per minute on a working day. With nights and weekends, that makes about 300,000 in a month.
const BUSY_RATE: f64 = 16.4;

// Each of these is a single bad answer of an ordinary year. AWS publishes no usual share, so docs/WATCHING.md also says
// what ten times as many would do.
/// Share of ordinary requests that end in a server error without a cause in the stack.
const STRAY_ERRORS: f64 = 1e-6;
/// Share of ordinary requests that take longer than a second, mostly slow starts of an environment.
const STRAY_SLOW: f64 = 1e-6;

/// Share of requests that are answered wrongly or slowly after a bad release.
const BAD_SHARE: f64 = 0.05;
/// Share of requests that reach a new environment.
const COLD_SHARE: f64 = 0.02;
/// Share of requests that Lambda refuses while no concurrency is left.
const REFUSED_SHARE: f64 = 0.3;

/// Latency of an ordinary request, in milliseconds.
const FAST: f64 = 20.0;
/// Shortest and longest latency of a slow request, in milliseconds.
const SLOW: std::ops::Range<f64> = 1100.0..4000.0;

/// The requests of one year.
#[derive(Debug)]
pub(crate) struct RequestTraffic<'a> {
    chance: Chance,
    incidents: &'a [Incident],
    /// Requests per minute in each hour of the year, without incidents.
    hours: Vec<f64>,
    /// The first minute of the month of each hour of the year.
    months: Vec<u32>,
}

/// What a request can cause in CloudWatch.
const ERRORS: &str = "5XXError";
const LATENCY: &str = "Latency";
const THROTTLES: &str = "Throttles";
const LOAD_FAILURES: &str = "ModelLoadFailures";

impl<'a> RequestTraffic<'a> {
    pub(crate) fn of(plan: &'a YearPlan, calendar: &Calendar) -> Self {
        let hours = (0..YEAR / HOUR).map(|hour| ordinary_rate(calendar, hour * HOUR)).collect();
        let months = (0..YEAR / HOUR).map(|hour| calendar.month_begin(hour * HOUR)).collect();
        Self { chance: plan.chance, incidents: &plan.incidents, hours, months }
    }

    /// Returns the numbers of requests in the periods of `length` minutes of the year, after `before` more such periods. Those
    /// before the year are like the ones at its end.
    pub(crate) fn in_periods(&self, length: u32, before: u32) -> Vec<f64> {
        let count = |period: u32| {
            let minutes =
                (period * length..(period + 1) * length).map(|minute| match minute.checked_sub(before * length) {
                    Some(minute) => self.rate(minute),
                    None => self.ordinary((minute + WEEKS - before * length) / HOUR),
                });
            f64::from(poisson(&mut self.chance.of(COUNTED, period.into()), minutes.sum()))
        };
        (0..before + YEAR / length).map(count).collect()
    }

    /// Returns the expected requests per minute of an hour of the year, without incidents.
    fn ordinary(&self, hour: u32) -> f64 {
        self.hours.get(hour as usize).copied().unwrap_or_default()
    }

    /// Returns the expected requests per minute.
    fn rate(&self, minute: u32) -> f64 {
        let active = self.incidents.iter().find(|incident| incident.is_active(minute)).map(|incident| incident.kind);
        let factor = match active {
            Some(IncidentKind::TrafficGone) => 0.0,
            Some(IncidentKind::TrafficTenfold) => 10.0,
            _ => 1.0,
        };
        factor * self.ordinary(minute / HOUR)
    }

    /// Returns how many requests the client has sent since the month began (UTC), to the nearest request.
    pub(crate) fn used_in_month(&self, minute: u32) -> u64 {
        let from = self.months.get((minute / HOUR) as usize).copied().unwrap_or_default();
        let whole: f64 = (from / HOUR..minute / HOUR).map(|hour| self.rate(hour * HOUR) * f64::from(HOUR)).sum();
        (whole + self.rate(minute) * f64::from(minute % HOUR)).round() as u64
    }

    /// Returns the first minute from `from` on in which the client has sent `quota` requests in the month.
    pub(crate) fn used_up(&self, quota: u64, from: u32) -> Option<u32> {
        (from..YEAR).step_by(HOUR as usize).find(|minute| self.used_in_month(*minute) >= quota)
    }

    /// Adds the year's values of the metrics about requests.
    pub(crate) fn add_to(&self, all: &mut BTreeMap<String, MetricSeries>) {
        let mut slow = BTreeMap::new();
        self.add_strays(all, &mut slow);
        for incident in self.incidents {
            self.add_incident(incident, all, &mut slow);
        }
        self.add_latency(&slow, all.entry(LATENCY.to_owned()).or_default());
    }

    /// Adds the single errors and slow requests of an ordinary year.
    fn add_strays(&self, all: &mut BTreeMap<String, MetricSeries>, slow: &mut BTreeMap<u32, u32>) {
        let mut rng = self.chance.of(ORDINARY, 0);
        let total: f64 = self.hours.iter().sum::<f64>() * f64::from(HOUR);
        for _ in 0..poisson(&mut rng, total * STRAY_ERRORS) {
            all.entry(ERRORS.to_owned()).or_default().push(self.any_minute(&mut rng), 1.0);
        }
        for _ in 0..poisson(&mut rng, total * STRAY_SLOW) {
            *slow.entry(self.any_minute(&mut rng)).or_default() += 1;
        }
    }

    /// Returns a minute in which a random request arrives.
    fn any_minute(&self, rng: &mut fastrand::Rng) -> u32 {
        loop {
            let minute = rng.u32(..YEAR);
            if rng.f64() * BUSY_RATE < self.rate(minute) {
                return minute;
            }
        }
    }

    fn add_incident(
        &self,
        incident: &Incident,
        all: &mut BTreeMap<String, MetricSeries>,
        slow: &mut BTreeMap<u32, u32>,
    ) {
        let mut add = |name: &str, minute, count: u32| {
            if count > 0 {
                all.entry(name.to_owned()).or_default().push(minute, f64::from(count));
            }
        };
        for minute in incident.begin..incident.end.min(YEAR) {
            let (mut rng, rate) = (self.chance.of(UNUSUAL, minute.into()), self.rate(minute));
            match incident.kind {
                IncidentKind::ReleaseFails | IncidentKind::AlarmMuted => {
                    add(ERRORS, minute, poisson(&mut rng, rate * BAD_SHARE));
                }
                IncidentKind::ReleaseSlow => {
                    *slow.entry(minute).or_default() += poisson(&mut rng, rate * BAD_SHARE);
                }
                IncidentKind::NoConcurrency => {
                    // API Gateway answers a refused invocation with a server error.
                    let refused = poisson(&mut rng, rate * REFUSED_SHARE);
                    add(THROTTLES, minute, refused);
                    add(ERRORS, minute, refused);
                }
                IncidentKind::DynamoDbAway | IncidentKind::PointerDamaged => {
                    // An environment refreshes once a minute while requests arrive. A new one cannot answer.
                    add(LOAD_FAILURES, minute, poisson(&mut rng, rate).min(1));
                    add(ERRORS, minute, poisson(&mut rng, rate * COLD_SHARE));
                }
                _ => return,
            }
        }
    }

    /// Adds the latencies of all requests near the slow ones. Elsewhere, every request is fast.
    fn add_latency(&self, slow: &BTreeMap<u32, u32>, series: &mut MetricSeries) {
        let near: BTreeSet<u32> =
            slow.iter().filter(|(_, count)| **count > 0).flat_map(|(at, _)| at.saturating_sub(30)..at + 30).collect();
        for minute in near {
            let mut rng = self.chance.of(ORDINARY, minute.into());
            series.push_many(minute, FAST, f64::from(poisson(&mut rng, self.rate(minute)).max(1)));
            for _ in 0..slow.get(&minute).copied().unwrap_or_default() {
                series.push(minute, SLOW.start + rng.f64() * (SLOW.end - SLOW.start));
            }
        }
    }
}

/// Returns the expected requests per minute of an ordinary hour: few at night, fewer at the weekend.
fn ordinary_rate(calendar: &Calendar, minute: u32) -> f64 {
    let (hour, is_working_day) = calendar.hour_at_home(minute);
    let of_hour = match hour {
        8..18 => 1.0,
        18..23 => 0.4,
        _ => 0.08,
    };
    BUSY_RATE * of_hour * if is_working_day { 1.0 } else { 0.3 }
}
