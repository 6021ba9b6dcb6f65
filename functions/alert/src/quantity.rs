//! Formats the values of metrics for the readers of mails.

use evergreen_lifecycle::{Metric, Unit};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::Alarm;

/// Names of metrics of AWS services whose values are durations in milliseconds.
const AWS_MILLISECONDS: [&str; 3] = ["Latency", "IntegrationLatency", "Duration"];

/// What a metric measures, for example hours. It decides the format of the value in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// A duration in hours.
    Hours,
    /// The hours left until a model version is too old. Negative if the version is too old already.
    Margin,
    /// A duration in milliseconds.
    Milliseconds,
    /// A share from 0 to 1. The mail writes it as a percentage.
    Share,
    /// Any other number, such as an accuracy or a count.
    Number,
}

impl Quantity {
    /// Returns the kind of value that the alarm's metric has.
    pub(crate) fn of(alarm: &Alarm) -> Self {
        let name = alarm.metric.as_deref().unwrap_or_default();
        match Metric::ALL.into_iter().find(|metric| metric.name() == name).map(Metric::unit) {
            Some(Unit::Hours) => Self::Hours,
            Some(Unit::HoursLeft) => Self::Margin,
            Some(Unit::Share) => Self::Share,
            Some(Unit::None | Unit::Count | Unit::Seconds) => Self::Number,
            None if AWS_MILLISECONDS.contains(&name) => Self::Milliseconds,
            None => Self::Number,
        }
    }

    /// Formats a metric's value of this kind, with its unit.
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

impl Quantity {
    /// Returns how a value of this kind is written beside an axis: short, and negative values with their sign.
    pub(crate) fn on_axis(self) -> fn(f64) -> String {
        match self {
            Self::Hours | Self::Margin => |value| format!("{} h", number(value)),
            Self::Milliseconds => |value| format!("{} ms", number(value.round())),
            Self::Share => |value| format!("{} %", number((value * 1000.0).round() / 10.0)),
            Self::Number => number,
        }
    }
}

/// Formats a number with at most four decimals and no trailing zeros.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Formats a duration in hours as text, such as `41 h`, `36 h 5 min` or `12 min`.
pub(crate) fn hours(value: f64) -> String {
    // From two days up, the text has days: `3 d 4 h`.
    // A value too large for `i64` becomes the largest `i64`, which is still far too old.
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

/// Formats a duration as text, such as `36 h 5 min`.
pub(crate) fn span(duration: SignedDuration) -> String {
    // From two days up, the text has days and hours.
    hours(duration.as_secs_f64() / 3600.0)
}

/// Formats a time as UTC, such as `Tue 24 Nov 2026, 03:00 UTC`.
pub(crate) fn moment(at: Timestamp) -> String {
    Offset::UTC.to_datetime(at).strftime("%a %-d %b %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_written_as_people_say_them() {
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
    fn numbers_have_no_trailing_zeros() {
        for (value, text) in [(0.9, "0.9"), (5.0 / 6.0, "0.8333"), (3.0, "3"), (100.0, "100"), (-0.000_01, "0")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn times_are_in_utc() {
        assert_eq!(moment(evergreen_testkit::moment("2026-11-04T03:00:59Z")), "Wed 4 Nov 2026, 03:00 UTC");
    }
}
