//! Reads the measured value from CloudWatch's reason for an alarm's change. CloudWatch gives the value nowhere else.

use crate::Comparison;

/// The measured value of a metric, as CloudWatch's reason for an alarm's change gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AlarmReading {
    // If the reason has several values, this is the newest one.
    /// CloudWatch's reason contains this measured value.
    Value(f64),
    /// CloudWatch's reason says that no values of the metric have arrived.
    NoData,
    /// CloudWatch's reason contains no value, because somebody has set the alarm's state by hand.
    Missing,
}

impl AlarmReading {
    /// Reads the measured value from `reason`, CloudWatch's text about a change of an alarm's state.
    pub fn of(reason: &str) -> Self {
        if let Some(value) = datapoint(reason).or_else(|| comparison(reason)) {
            Self::Value(value)
        } else if reason.to_ascii_lowercase().contains("no datapoints were received") {
            Self::NoData
        } else {
            Self::Missing
        }
    }
}

/// Returns the newest measured value in CloudWatch's reason for an alarm's change.
fn datapoint(reason: &str) -> Option<f64> {
    // The newest value is the first number after a square bracket: `2 datapoints [0.83 (24/11/26 03:05:00), 0.9 (…)]
    // were …`.
    reason.split('[').skip(1).find_map(|after| number(after.split([' ', ',', ']']).next()?))
}

/// Returns the measured value in CloudWatch's reason for an alarm's change.
fn comparison(reason: &str) -> Option<f64> {
    // The value is the number before the name of a comparison, as in `Maximum 41.2 GreaterThanThreshold 36.0`.
    let words = reason.split_whitespace();
    let pairs = words.clone().zip(words.skip(1));
    pairs.filter(|(_, next)| next.parse::<Comparison>().is_ok()).find_map(|(word, _)| number(word))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_newest_datapoint_is_the_value() {
        for (reason, value) in [
            ("Threshold Crossed: 1 datapoint [41.2 (24/11/26 03:00:00)] was greater than the threshold (36.0).", 41.2),
            (
                "Threshold Crossed: 2 out of the last 3 datapoints [1240.5 (24/11/26 03:10:00), 900.0 (24/11/26 03:05:00)] were greater than the threshold (1000.0) (minimum 2 datapoints for OK -> ALARM transition).",
                1240.5,
            ),
            (
                "Threshold Crossed: 1 datapoint [1.0E-5 (24/11/26 03:00:00)] was less than the threshold (0.9).",
                0.000_01,
            ),
            ("Threshold Crossed: Minimum 0.5 LessThanThreshold 0.9", 0.5),
        ] {
            assert_eq!(AlarmReading::of(reason), AlarmReading::Value(value), "{reason}");
        }
    }

    #[test]
    fn missing_data_differs_from_an_unknown_value() {
        let missing = "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated \
                       as [Breaching].";
        assert_eq!(AlarmReading::of(missing), AlarmReading::NoData);
        for reason in ["Raised by hand [to see the mail].", "", "a [NaN] b"] {
            assert_eq!(AlarmReading::of(reason), AlarmReading::Missing, "{reason}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(reason in ".*") {
            AlarmReading::of(&reason);
        }

        #[test]
        fn the_command_finds_any_metric(value in -1e9f64..1e9) {
            let reason = format!("Threshold Crossed: 1 datapoint [{value} (24/11/26 03:00:00)] was greater.");
            prop_assert_eq!(AlarmReading::of(&reason), AlarmReading::Value(value));
        }
    }
}
