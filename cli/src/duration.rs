//! Durations on the command line, such as `2h`, `90m` or `1d 12h`, and times.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// Parses a duration that is longer than zero. A day has 24 hours.
pub fn parse(text: &str) -> Result<SignedDuration, String> {
    let expected = "expected a duration such as 30m, 2h or 1d";
    let span: Span = text.parse().map_err(|_| expected.to_owned())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| expected.to_owned())?;
    if duration > SignedDuration::ZERO { Ok(duration) } else { Err(format!("{expected}, longer than zero")) }
}

/// Parses a time with its zone.
pub fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a time with its zone, such as 2026-12-01T08:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_zone() {
        assert!(time("2026-12-01T08:00:00Z").is_ok() && time("2026-12-01T08:00:00+01:00").is_ok());
        let refused = ["tomorrow", "2026-12-01", "2026-12-01T08:00:00"].map(|text| time(text).unwrap_err());
        assert!(refused.iter().all(|error| error.starts_with("expected a time with its zone")), "{refused:?}");
    }

    #[test]
    fn hours_minutes_and_days_are_durations() {
        assert_eq!(parse("2h"), Ok(SignedDuration::from_hours(2)));
        assert_eq!(parse("90m"), Ok(SignedDuration::from_mins(90)));
        assert_eq!(parse("1d 12h"), Ok(SignedDuration::from_hours(36)));
    }

    #[test]
    fn nothing_and_the_past_are_not_durations() {
        for text in ["", "2", "tomorrow", "0h", "-1h", "1 month"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
