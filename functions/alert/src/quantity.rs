//! How figures are written for a reader.

use evergreen_lifecycle::Metric;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::Alarm;

/// What a figure is a figure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Hours.
    Hours,
    /// Hours that are left before something is too old; below 0 it is.
    Margin,
    /// Milliseconds.
    Milliseconds,
    /// A share, as a percentage.
    Share,
    /// Anything else: an accuracy, a count.
    Number,
}

impl Quantity {
    /// What the alarm measures.
    pub(crate) fn of(alarm: &Alarm) -> Self {
        let hours = [Metric::ModelAgeHours, Metric::HoursSinceTraining, Metric::RefusedHours].map(Metric::name);
        match alarm.metric.as_deref() {
            Some(metric) if hours.contains(&metric) => Self::Hours,
            Some(metric) if metric == Metric::ModelAgeMarginHours.name() => Self::Margin,
            Some(metric) if metric == Metric::QuotaUsed.name() => Self::Share,
            Some("Latency" | "IntegrationLatency" | "Duration") => Self::Milliseconds,
            _ => Self::Number,
        }
    }

    /// The figure with its unit.
    pub(crate) fn write(self, value: f64) -> String {
        match self {
            Self::Hours => hours(value),
            Self::Margin if value < 0.0 => format!("{} too old", hours(-value)),
            Self::Margin => format!("{} before it is too old", hours(value)),
            Self::Milliseconds => format!("{} ms", number(value.round())),
            Self::Share => format!("{} %", number((value * 100.0).round())),
            Self::Number => number(value),
        }
    }
}

/// A number with at most four decimals and no zeros behind.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Hours and minutes: `41 h`, `36 h 5 min`, `12 min`; days from two days up: `3 d 4 h`.
pub(crate) fn hours(value: f64) -> String {
    // A float that does not fit becomes the greatest number that does, which is still far too old.
    let minutes = (value * 60.0).round() as i64;
    let pair = |whole: i64, rest: i64, names: (&str, &str)| match (whole, rest) {
        (0, rest) => format!("{rest} {}", names.1),
        (whole, 0) => format!("{whole} {}", names.0),
        (whole, rest) => format!("{whole} {} {rest} {}", names.0, names.1),
    };
    if minutes < 48 * 60 {
        pair(minutes / 60, minutes % 60, ("h", "min"))
    } else {
        pair(minutes / (24 * 60), minutes / 60 % 24, ("d", "h"))
    }
}

/// How long something lasted.
pub(crate) fn span(duration: SignedDuration) -> String {
    hours(duration.as_secs_f64() / 3600.0)
}

/// A moment such as `Tue 24 Nov 2026, 03:00 UTC`.
pub(crate) fn moment(at: Timestamp) -> String {
    Offset::UTC.to_datetime(at).strftime("%a %-d %b %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_written_as_one_would_say_them() {
        for (value, text) in [(41.0, "41 h"), (36.07, "36 h 4 min"), (0.2, "12 min"), (0.0, "0 min"), (76.2, "3 d 4 h")]
        {
            assert_eq!(hours(value), text);
        }
    }

    #[test]
    fn a_share_is_a_percentage() {
        assert_eq!(Quantity::Share.write(0.834), "83 %");
    }

    #[test]
    fn numbers_have_no_idle_zeros() {
        for (value, text) in [(0.9, "0.9"), (5.0 / 6.0, "0.8333"), (3.0, "3"), (100.0, "100"), (-0.000_01, "0")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn moments_are_in_utc() {
        assert_eq!(moment(evergreen_testkit::moment("2026-11-04T03:00:59Z")), "Wed 4 Nov 2026, 03:00 UTC");
    }
}
