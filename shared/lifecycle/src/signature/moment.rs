//! Calendar parts of a date or time, such as the weekday. A model can use them as features.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::time::raw_days;

// For example, sales may depend on the weekday. A model cannot compute the weekday from the number of days since 2000.
/// A part of a date or time in UTC, such as the weekday, that a model uses as a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatePart {
    /// The year, such as 2026.
    Year,
    /// The month, from 1 to 12.
    Month,
    /// The day of the month, from 1 to 31.
    Day,
    /// The day of the week, from 1 for Monday to 7 for Sunday.
    Weekday,
    /// The number of hours since midnight with a fraction, such as 10.5 for 10:30.
    Hour,
}

const SECONDS_OF_A_DAY: f64 = 86_400.0;

impl DatePart {
    /// All date parts, in the order of the variants.
    pub const ALL: [Self; 5] = [Self::Year, Self::Month, Self::Day, Self::Weekday, Self::Hour];

    /// Returns this date part of a time in seconds after 1970-01-01T00:00:00Z. NaN if the time is NaN or outside the
    /// range of the calendar.
    pub fn of(self, seconds: f64) -> f32 {
        let days = (seconds / SECONDS_OF_A_DAY).floor();
        match self {
            Self::Hour => ((seconds - days * SECONDS_OF_A_DAY) / 3600.0) as f32,
            // 1970-01-01 was a Thursday.
            Self::Weekday => ((days + 3.0).rem_euclid(7.0) + 1.0) as f32,
            Self::Year | Self::Month | Self::Day => self.of_date(days),
        }
    }

    fn of_date(self, days: f64) -> f32 {
        if days.is_nan() {
            return f32::NAN;
        }
        let Ok(midnight) = Timestamp::from_second((days * SECONDS_OF_A_DAY) as i64) else { return f32::NAN };
        let date = Offset::UTC.to_datetime(midnight).date();
        match self {
            Self::Year => date.year().into(),
            Self::Month => date.month().into(),
            _ => date.day().into(),
        }
    }
}

// `slots` is the column's place in a raw row (the model's input). `seconds` is the time in seconds after
// 1970-01-01T00:00:00Z. NaN means that the time is missing.
/// Encodes a date or time as model inputs, and writes them to `slots`: days since 2000-01-01, then each date part.
pub fn write_moment(seconds: f64, parts: &[DatePart], slots: &mut [f32]) {
    let values = std::iter::once(raw_days(seconds)).chain(parts.iter().map(|part| part.of(seconds)));
    slots.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::seconds_of;

    #[test]
    fn parts_of_a_time_are_those_of_the_calendar_in_utc() {
        for (text, parts) in [
            ("2026-11-24T10:30:00Z", [2026.0, 11.0, 24.0, 2.0, 10.5]),
            ("2026-11-29T23:30:00-01:00", [2026.0, 11.0, 30.0, 1.0, 0.5]),
            ("1970-01-01", [1970.0, 1.0, 1.0, 4.0, 0.0]),
            ("1969-12-31T23:59:59Z", [1969.0, 12.0, 31.0, 3.0, 24.0 - 1.0 / 3600.0]),
            ("2024-02-29", [2024.0, 2.0, 29.0, 4.0, 0.0]),
        ] {
            let seconds = seconds_of(text).unwrap();
            assert_eq!(DatePart::ALL.map(|part| part.of(seconds)), parts, "{text}");
        }
    }

    #[test]
    fn a_missing_time_has_no_parts() {
        let mut slots = [0.0; 6];
        write_moment(f64::NAN, &DatePart::ALL, &mut slots);
        assert!(slots.iter().all(|slot| slot.is_nan()), "{slots:?}");
    }

    proptest! {
        #[test]
        fn any_number_of_seconds_is_safe(seconds in any::<f64>()) {
            let _ = DatePart::ALL.map(|part| part.of(seconds));
        }
    }
}
