//! Which values and times the axes name.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Unit};

use crate::MetricChart;

/// Maximum number of times that the axis names.
const MAX_TIMES: i64 = 7;

/// Number of values that the axis aims at.
const VALUES: f64 = 4.0;

/// Steps between two named times, in minutes.
const STEPS: [i64; 12] = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];

const MINUTES_OF_DAY: i64 = 1440;

/// A named place of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) place: f64,
    pub(crate) label: String,
}

/// Returns the place of a time on the axis: seconds since 1970.
pub(crate) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// Returns the lowest and the highest value of the plot: all values and the threshold, with some room.
pub(crate) fn range(values: impl Iterator<Item = f64>, threshold: Option<f64>) -> (f64, f64) {
    let all = values.chain(threshold.filter(|threshold| threshold.is_finite()));
    let (low, high) =
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = ((high - low) * 0.12).max(high.abs().max(low.abs()) * 0.02).max(1e-9);
    let room = if high - low > 0.0 { room } else { room.max(high.abs() * 0.1).max(0.5) };
    // A count has no room below 0.
    let bottom = if low >= 0.0 && low - room < 0.0 { 0.0 } else { low - room };
    (bottom, high + room)
}

/// Returns the named values between `low` and `high`: multiples of 1, 2 or 5 times a power of ten.
pub(crate) fn values(low: f64, high: f64, write: fn(f64) -> String) -> Vec<Tick> {
    let rough = (high - low) / VALUES;
    let power = 10f64.powi(rough.log10().floor() as i32);
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough).unwrap_or(rough);
    if !(step.is_finite() && step > 0.0) {
        return Vec::new();
    }
    let first = (low / step).ceil() as i64;
    let places = (first..first.saturating_add(12)).map(|count| count as f64 * step).take_while(|place| *place <= high);
    places.map(|place| Tick { place, label: write(place) }).collect()
}

/// Returns the named times of the axis: full hours or days in the zone of the picture.
pub(crate) fn times(chart: &MetricChart<'_>) -> Vec<Tick> {
    let minutes = chart.until.duration_since(chart.from).as_mins();
    let step = STEPS.into_iter().find(|step| minutes / step <= MAX_TIMES).unwrap_or(minutes / MAX_TIMES);
    let begin = chart.zone.to_datetime(chart.from).date().to_datetime(jiff::civil::Time::midnight());
    let mut ticks = Vec::new();
    // Local times: a day of 23 or 25 hours keeps its midnight.
    let mut count = 0;
    while let Ok(local) = begin.checked_add((count * step).minutes()) {
        let Some(at) = instant(local, chart.zone) else { break };
        if at > chart.until {
            break;
        }
        if at >= chart.from {
            ticks.push(Tick { place: seconds(at), label: label(local, step) });
        }
        count += 1;
    }
    ticks
}

fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

fn label(local: DateTime, step: i64) -> String {
    let is_midnight = local.time() == jiff::civil::Time::midnight();
    let format = if is_midnight || step >= MINUTES_OF_DAY { "%-d %b" } else { "%H:%M" };
    local.strftime(format).to_string()
}

/// Writes a time in the zone of the picture, such as `Tue 24 Nov, 03:05`.
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%a %-d %b, %H:%M").to_string()
}

/// Writes the length of the axis in words, such as `6 hours` or `2 days`.
pub(crate) fn length(duration: SignedDuration) -> String {
    let hours = duration.round(Unit::Hour).unwrap_or(duration).as_hours().max(1);
    match (hours / 24, hours % 24) {
        (0, _) if hours == 1 => "hour".to_owned(),
        (1, 0) => "24 hours".to_owned(),
        (days, 0) => format!("{days} days"),
        _ => format!("{hours} hours"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chart<'a>(from: &str, until: &str, zone: &'a TimeZone) -> MetricChart<'a> {
        MetricChart {
            title: "",
            points: &[],
            from: from.parse().unwrap(),
            until: until.parse().unwrap(),
            threshold: None,
            incident: None,
            zone,
            write: |value| value.to_string(),
        }
    }

    fn labels(from: &str, until: &str, zone: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        times(&chart(from, until, &zone)).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn times_are_full_hours_of_the_zone() {
        let berlin = labels("2026-11-24T01:20:00Z", "2026-11-24T07:10:00Z", "Europe/Berlin");
        assert_eq!(berlin, ["03:00", "04:00", "05:00", "06:00", "07:00", "08:00"]);
        let night = labels("2026-11-23T20:20:00Z", "2026-11-24T02:10:00Z", "UTC");
        assert_eq!(night, ["21:00", "22:00", "23:00", "24 Nov", "01:00", "02:00"]);
    }

    #[test]
    fn days_begin_at_midnight_also_when_the_clocks_change() {
        let days = labels("2026-10-22T22:00:00Z", "2026-10-27T12:00:00Z", "Europe/Berlin");
        assert_eq!(days, ["23 Oct", "24 Oct", "25 Oct", "26 Oct", "27 Oct"]);
    }

    #[test]
    fn values_are_round_and_counts_begin_at_zero() {
        let (low, high) = range([0.0, 3.0, 12.0].into_iter(), Some(1.0));
        assert_eq!(low, 0.0);
        let labels: Vec<_> = values(low, high, |value| value.to_string()).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0", "5", "10"]);
    }

    proptest! {
        #[test]
        fn every_range_has_room_and_at_most_twelve_named_values(
            points in proptest::collection::vec(-1e12f64..1e12, 0..20),
            threshold in proptest::option::of(-1e12f64..1e12),
        ) {
            let (low, high) = range(points.iter().copied(), threshold);
            prop_assert!(low < high);
            prop_assert!(points.iter().all(|value| (low..=high).contains(value)));
            let ticks = values(low, high, |value| value.to_string());
            prop_assert!((1..=12).contains(&ticks.len()), "{low} {high} {ticks:?}");
        }
    }
}
