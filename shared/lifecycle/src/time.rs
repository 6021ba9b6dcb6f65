//! Formats and parses times.
//!
//! Stored times are RFC 3339 text in UTC with exactly three decimals, so sorting the text sorts by time. Training and
//! prediction parse times with the same function, so they agree.

use jiff::civil::{DateTime, Time, date};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Returns the time as RFC 3339 text in UTC with milliseconds, such as `2026-11-24T03:00:00.000Z`.
pub fn format(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

/// Returns the time rounded down to whole milliseconds. Stored times have this precision.
pub fn to_millis(moment: Timestamp) -> Timestamp {
    moment.round(jiff::TimestampRound::new().smallest(Unit::Millisecond).mode(jiff::RoundMode::Trunc)).unwrap_or(moment)
}

/// Returns the number of hours from `earlier` to `later`. Negative if `later` is before `earlier`.
pub fn hours_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64() / 3600.0
}

/// The number of seconds from 1970-01-01 to 2000-01-01, both at midnight UTC.
const SECONDS_TO_2000: f64 = 946_684_800.0;
const SECONDS_OF_A_DAY: f64 = 86_400.0;
const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

// Other examples are `2026-11-24` and `2026-11-24 10:00` (RFC 3339 or ISO 8601). A date without a time means midnight,
// and a time without an offset is UTC.
/// Parses a date or time such as `2026-11-24T10:00:00.5+01:00`, and returns the seconds since 1970 (UTC). `None` for
/// any other text.
pub fn seconds_of(text: &str) -> Option<f64> {
    // A valid date begins with a year of four digits and a hyphen. Without this check, the parser would read some
    // numbers as dates.
    let (year, hyphen) = text.as_bytes().split_at_checked(4)?;
    if hyphen.first() != Some(&b'-') || !year.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pieces = Pieces::parse(text).ok()?;
    let local = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    // This code does not use `Timestamp`, because the range of `Timestamp` ends before 9999-12-31. In data sets, that
    // date often means "no end date".
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC).seconds();
    Some(local.duration_since(EPOCH).as_secs_f64() - f64::from(offset))
}

/// Converts seconds since 1970-01-01T00:00:00Z to days since 2000-01-01T00:00:00Z, the model's input for a time.
pub fn raw_days(seconds: f64) -> f32 {
    ((seconds - SECONDS_TO_2000) / SECONDS_OF_A_DAY) as f32
}

/// Returns the seconds since 1970-01-01T00:00:00Z of a number of days since 2000-01-01, as [`raw_days`] returns it. Exact
/// to about a minute and a half.
pub fn seconds_of_days(days: f32) -> f64 {
    f64::from(days) * SECONDS_OF_A_DAY + SECONDS_TO_2000
}

pub(crate) fn serialize<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*moment))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn dates_and_times_are_read_in_utc_unless_they_say_otherwise() {
        for (text, hours) in [
            ("2000-01-01", 0.0),
            ("2000-01-01T00:00:00Z", 0.0),
            ("2000-01-02 12:00", 36.0),
            ("2000-01-02t12:00:00.5z", 36.0 + 0.5 / 3600.0),
            ("2000-01-02T12:00:00+01:00", 35.0),
            ("2000-01-02T12:00:00-01:00[America/Nuuk]", 37.0),
            ("1999-12-31", -24.0),
        ] {
            assert_eq!(seconds_of(text).map(raw_days), Some((hours / 24.0) as f32), "{text}");
        }
        for text in
            ["", "2026", "20261124", "2026-11", "2026-13-01", "24.11.2026", "10:00:00", "555-1234", "-2026-11-24"]
        {
            assert_eq!(seconds_of(text), None, "{text}");
        }
        assert_eq!(seconds_of("9999-12-31"), Some(253_402_214_400.0), "the last day of the calendar");
        assert_eq!(seconds_of("0001-01-01"), Some(-62_135_596_800.0));
    }

    proptest! {
        #[test]
        fn any_text_is_safe_to_read(text in ".*", like_one in "[0-9]{4}-[0-9TZ:+. -]{0,24}") {
            let _ = (seconds_of(&text), seconds_of(&like_one));
        }

        #[test]
        fn a_written_registration_is_read(seconds in -62_000_000_000i64..250_000_000_000) {
            let text = Timestamp::from_second(seconds).unwrap().to_string();
            prop_assert_eq!(seconds_of(&text), Some(seconds as f64));
        }

        #[test]
        fn text_sorts_as_time_does(a in 0i64..4_102_444_800_000, b in 0i64..4_102_444_800_000) {
            prop_assert_eq!(format(at(a)).cmp(&format(at(b))), a.cmp(&b));
        }

        #[test]
        fn a_shortened_text_is_stored_unchanged(millis in 0i64..4_102_444_800_000, nanos in 0i64..1_000_000) {
            let cut = to_millis(at(millis) + jiff::SignedDuration::from_nanos(nanos));
            prop_assert_eq!(format(cut).parse::<Timestamp>().unwrap(), at(millis));
        }
    }
}
