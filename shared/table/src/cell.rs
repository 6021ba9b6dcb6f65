//! What a cell says.

use std::borrow::Cow;

use evergreen_lifecycle::is_missing;
use evergreen_lifecycle::time::seconds_of;
use jiff::Timestamp;

/// A cell as it comes out of a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    /// A cell of a CSV, without blanks around it: what it is remains to be seen.
    Untyped(&'a str),
    /// Nothing.
    Missing,
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// A moment, in seconds since 1970-01-01T00:00:00Z.
    Moment(f64),
    /// A text that is nothing but a text.
    Text(&'a str),
}

/// What a cell is read as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Missing,
    /// Finite, and finite as `f32`.
    Number(f64),
    /// Digits after a zero: a number, or a code such as a postcode.
    Padded(f64),
    /// Infinity, or a number beyond `f32`.
    Infinite,
    Boolean(bool),
    /// In seconds since 1970-01-01T00:00:00Z.
    Moment(f64),
    Text,
}

impl Cell<'_> {
    /// What the cell is read as.
    pub(super) fn value(&self) -> Value {
        match *self {
            Self::Untyped(text) => read(text),
            Self::Missing | Self::Text("") => Value::Missing,
            Self::Whole(number) => Value::Number(number as f64),
            Self::Number(number) if number.is_nan() => Value::Missing,
            Self::Number(number) => in_range(number),
            Self::Boolean(value) => Value::Boolean(value),
            Self::Moment(seconds) => Value::Moment(seconds),
            Self::Text(_) => Value::Text,
        }
    }

    /// The cell as text, for categories and labels.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match *self {
            Self::Untyped(text) | Self::Text(text) => text.into(),
            Self::Missing => "".into(),
            Self::Whole(number) => number.to_string().into(),
            Self::Number(number) => number.to_string().into(),
            Self::Boolean(value) => value.to_string().into(),
            Self::Moment(seconds) => moment_text(seconds).into(),
        }
    }
}

/// The truth value that `text` spells.
pub(super) fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)]
        .into_iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// Whether `text` is digits after a zero.
pub(super) fn is_padded(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn read(text: &str) -> Value {
    match text.as_bytes() {
        [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => number_or_moment(text),
        _ if is_missing(text) => Value::Missing,
        _ => {
            boolean(text).map_or_else(|| if is_infinity(text) { Value::Infinite } else { Value::Text }, Value::Boolean)
        }
    }
}

fn number_or_moment(text: &str) -> Value {
    match text.parse::<f64>() {
        // A minus sign before a spelling of not-a-number.
        Ok(number) if number.is_nan() => Value::Text,
        Ok(number) if is_padded(text) => Value::Padded(number),
        Ok(number) => in_range(number),
        Err(_) => seconds_of(text).map_or(Value::Text, Value::Moment),
    }
}

fn in_range(number: f64) -> Value {
    if (number as f32).is_finite() { Value::Number(number) } else { Value::Infinite }
}

fn is_infinity(text: &str) -> bool {
    ["inf", "infinity"].iter().any(|name| text.eq_ignore_ascii_case(name))
}

fn moment_text(seconds: f64) -> String {
    let whole = jiff::SignedDuration::try_from_secs_f64(seconds).ok();
    let moment = whole.and_then(|duration| Timestamp::from_duration(duration).ok());
    moment.map_or_else(|| seconds.to_string(), |moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_told_from_codes_and_from_what_is_beyond_range() {
        for (text, number) in [("1", 1.0), ("-1.50", -1.5), ("+2e3", 2000.0), (".5", 0.5), ("0", 0.0), ("0.5", 0.5)] {
            assert_eq!(read(text), Value::Number(number), "{text}");
        }
        assert_eq!((read("007"), read("00")), (Value::Padded(7.0), Value::Padded(0.0)));
        for text in ["inf", "-inf", "+Infinity", "INF", "1e39", "-1e400"] {
            assert_eq!(read(text), Value::Infinite, "{text}");
        }
    }

    #[test]
    fn missing_values_have_a_few_spellings() {
        for text in ["", "NA", "N/A", "NaN", "nan", "null"] {
            assert_eq!(read(text), Value::Missing, "{text}");
        }
        for text in ["na", "none", "None", "-", "?", "-nan"] {
            assert_eq!(read(text), Value::Text, "{text}");
        }
        assert_eq!(Cell::Number(f64::NAN).value(), Value::Missing);
        assert_eq!((Cell::Text("").value(), Cell::Text("NA").value()), (Value::Missing, Value::Text));
    }

    #[test]
    fn truth_values_are_spelt_out() {
        assert_eq!((read("TRUE"), read("false")), (Value::Boolean(true), Value::Boolean(false)));
        assert_eq!((read("yes"), read("t")), (Value::Text, Value::Text));
    }

    #[test]
    fn dates_and_times_are_moments_in_utc() {
        let day = 1_795_478_400.0;
        for (text, seconds) in [
            ("2026-11-24", day),
            ("2026-11-24 10:00:00", day + 36_000.0),
            ("2026-11-24T10:00:00Z", day + 36_000.0),
            ("2026-11-24T10:00:00.5+01:00", day + 32_400.5),
            ("2026-11-24 10:00", day + 36_000.0),
            ("1969-12-31T23:59:59Z", -1.0),
        ] {
            assert_eq!(read(text), Value::Moment(seconds), "{text}");
        }
        for text in ["2026-13-01", "24.11.2026", "11/24/2026", "2026-11", "10:00:00", "555-1234"] {
            assert_eq!(read(text), Value::Text, "{text}");
        }
        assert_eq!(read("20261124"), Value::Number(20_261_124.0));
    }

    #[test]
    fn typed_cells_have_texts() {
        assert_eq!(Cell::Whole(-7).text(), "-7");
        assert_eq!(Cell::Number(1.5).text(), "1.5");
        assert_eq!(Cell::Boolean(true).text(), "true");
        assert_eq!(Cell::Moment(0.0).text(), "1970-01-01T00:00:00Z");
    }

    proptest! {
        #[test]
        fn any_text_is_safe_to_read(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn any_text_like_a_moment_is_safe_to_read(text in "[0-9]{4}-[0-9TZ:+. -]{0,24}") {
            let _ = read(&text);
        }

        #[test]
        fn written_numbers_are_read_to_the_last_bit(number in prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL) {
            prop_assert_eq!(read(&number.to_string()), Value::Number(number.to_string().parse().unwrap()));
        }
    }
}
