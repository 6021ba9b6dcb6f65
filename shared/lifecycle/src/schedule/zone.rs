//! The time zone of a training schedule.

use std::str::FromStr;

use jiff::tz::TimeZone;

// Uses the time zone database that is built into the program.
/// An IANA time zone, such as `UTC` or `Europe/Berlin`.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

/// Error: the text is not the name of a known time zone. Contains the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an IANA time zone such as Europe/Berlin")]
pub struct UnknownZone(pub String);

impl Zone {
    /// Returns the time zone with its UTC offsets and summer time rules.
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TimeZone::get(text).map(Self).map_err(|_| UnknownZone(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_iana_names() {
        for name in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"] {
            assert!(name.parse::<Zone>().is_ok(), "{name}");
        }
        assert_eq!("Berlin".parse::<Zone>().unwrap_err(), UnknownZone("Berlin".into()));
    }
}
