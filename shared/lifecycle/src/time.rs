//! How moments are written: RFC 3339 in UTC with exactly three decimals, so that text sorts as time does.

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// The moment as text of a fixed width, such as `2026-11-24T03:00:00.000Z`.
pub fn format(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

/// The moment cut to whole milliseconds: what survives being stored.
pub fn to_millis(moment: Timestamp) -> Timestamp {
    moment.round(jiff::TimestampRound::new().smallest(Unit::Millisecond).mode(jiff::RoundMode::Trunc)).unwrap_or(moment)
}

/// Hours from `earlier` to `later`; negative when they are the other way round.
pub fn hours_between(earlier: Timestamp, later: Timestamp) -> f64 {
    later.duration_since(earlier).as_secs_f64() / 3600.0
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

    proptest! {
        #[test]
        fn text_sorts_as_time_does(a in 0i64..4_102_444_800_000, b in 0i64..4_102_444_800_000) {
            prop_assert_eq!(format(at(a)).cmp(&format(at(b))), a.cmp(&b));
        }

        #[test]
        fn what_is_cut_survives_being_written(millis in 0i64..4_102_444_800_000, nanos in 0i64..1_000_000) {
            let cut = to_millis(at(millis) + jiff::SignedDuration::from_nanos(nanos));
            prop_assert_eq!(format(cut).parse::<Timestamp>().unwrap(), at(millis));
        }
    }
}
