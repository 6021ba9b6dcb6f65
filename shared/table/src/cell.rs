//! Parses the cells of a data file: decides whether each cell is a number, a date, a text or another value.

use std::borrow::Cow;

use jiff::Timestamp;

use super::date::{self, Moment};
use super::marks::MissingMarks;
use super::notation;
use super::signs::Signs;

/// Cell of a data file before parsing. For example, a number in a CSV file is still the text `12.5`.
#[derive(Debug, Clone, Copy)]
pub(super) enum FileCell<'a> {
    // Cells of CSV files and of text columns in Parquet files.
    /// Text that is not parsed yet, without blanks around it. It may be a number or a date.
    Untyped(&'a str),
    /// A missing value.
    Missing,
    /// A whole number.
    Whole(i64),
    /// A floating-point number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// A date with or without a time, in seconds since 1970-01-01T00:00:00Z.
    Moment(f64),
    /// A time of day, in seconds since midnight.
    Clock(f64),
    /// A duration in seconds, such as 30 hours.
    Span(f64),
}

/// Parsed value of a cell, with its notation, such as a percent sign.
#[derive(Debug, Clone, Copy)]
pub(super) struct ParsedCell {
    pub(super) value: CellValue,
    pub(super) signs: Signs,
    /// Number of words in the cell. 0 if the cell is not a text.
    pub(super) words: u64,
}

/// Parsed value of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum CellValue {
    Missing,
    // A placeholder counts as missing in a column of numbers, dates or truth values. In a column of texts, it is text.
    /// Placeholder for a missing value, such as `?`.
    Mark,
    // The number is also finite after conversion to single precision (`f32`).
    /// Finite number.
    Number(f64),
    // The number begins with zeros, or has too many digits for double precision.
    /// Number that may be a code, such as a postcode (`00123`).
    Padded(f64),
    /// Infinity, or a number beyond the range of single precision (`f32`).
    Infinite,
    Boolean(bool),
    /// A date with or without a time, in seconds since 1970-01-01T00:00:00Z.
    Moment(f64),
    /// A time of day, in seconds since midnight.
    Clock(f64),
    /// A duration in seconds, such as 30 hours.
    Span(f64),
    Text,
}

/// Notation of numbers and dates in a column: decimal comma or point, day or month first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TextForm {
    /// Whether numbers have a decimal comma (`true`) or a decimal point (`false`).
    pub(crate) comma: bool,
    /// Whether the month (`true`) or the day (`false`) comes first in dates such as 05/06/2024.
    pub(crate) month_first: bool,
    // The comma is guessed if semicolons separate the fields and no number shows which decimal mark is used.
    /// Whether the decimal comma is only a guess: no number in the column proves it.
    pub(crate) is_guess: bool,
}

// Double precision cannot represent longer numbers exactly.
/// Maximum number of digits of a whole number. A longer number is treated as a code, such as an account number.
const MAX_DIGITS: usize = 15;

impl FileCell<'_> {
    /// Fast parser of a cell: handles typed cells and plain numbers such as `-1.5e3`. Returns `None` for other texts.
    #[inline]
    pub(super) fn parse_plain(&self, form: TextForm, marks: &MissingMarks) -> Option<CellValue> {
        // Other texts need `parse`.
        match *self {
            Self::Untyped("") => Some(CellValue::Missing),
            Self::Untyped(_) if marks.lists_numbers() => None,
            Self::Untyped(text) => plain(text, form),
            _ => Some(self.typed(marks)),
        }
    }

    /// Parses a cell of a data file. Returns the value and its notation, such as a percent sign.
    pub(super) fn parse(&self, form: TextForm, marks: &MissingMarks) -> ParsedCell {
        // `form` says whether numbers have a decimal comma, and whether dates begin with the month.
        let (value, signs) = match *self {
            Self::Untyped(text) => read(text, form, marks),
            _ => (self.typed(marks), Signs::default()),
        };
        let words = if value == CellValue::Text { self.text().split_whitespace().count() as u64 } else { 0 };
        ParsedCell { value, signs, words }
    }

    /// Parses a cell of a data file and returns its value, for example a number or a date.
    pub(super) fn value(&self, form: TextForm, marks: &MissingMarks) -> CellValue {
        // `form` says whether numbers have a decimal comma, and whether dates begin with the month.
        self.parse_plain(form, marks).unwrap_or_else(|| self.parse(form, marks).value)
    }

    fn typed(&self, marks: &MissingMarks) -> CellValue {
        let number = |number: f64| if marks.is_listed(number) { CellValue::Missing } else { in_range(number) };
        match *self {
            Self::Missing => CellValue::Missing,
            Self::Whole(whole) if whole.unsigned_abs() >= 10_u64.pow(MAX_DIGITS as u32) => {
                CellValue::Padded(whole as f64)
            }
            Self::Whole(whole) => number(whole as f64),
            Self::Number(value) if value.is_nan() => CellValue::Missing,
            Self::Number(value) => number(value),
            Self::Boolean(value) => CellValue::Boolean(value),
            Self::Moment(seconds) => CellValue::Moment(seconds),
            Self::Clock(seconds) => CellValue::Clock(seconds),
            Self::Span(seconds) => CellValue::Span(seconds),
            Self::Untyped(_) => CellValue::Text,
        }
    }

    /// Returns the cell as text, for columns of categories or labels.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match *self {
            Self::Untyped(text) => text.into(),
            Self::Missing => "".into(),
            Self::Whole(number) => number.to_string().into(),
            Self::Number(number) | Self::Clock(number) | Self::Span(number) => number.to_string().into(),
            Self::Boolean(value) => value.to_string().into(),
            Self::Moment(seconds) => moment_text(seconds).into(),
        }
    }
}

/// Parses `true` or `false` in upper or lower case. `None` for other texts.
pub(super) fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)]
        .into_iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// Returns whether `text` is a number with a leading zero and only digits, such as `007`.
pub(super) fn is_padded(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

// Double precision represents them exactly.
/// Powers of ten, from 10⁰ to 10¹⁵, for the fast parser of numbers.
const POWERS: [f64; MAX_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Fast parser of short numbers such as `12.5`. Returns `None` for other texts.
#[inline]
fn short(text: &str) -> Option<f64> {
    let (digits, is_negative) = match text.as_bytes() {
        [b'-', digits @ ..] => (digits, true),
        digits => (digits, false),
    };
    if digits.len() > MAX_DIGITS || !digits.first()?.is_ascii_digit() {
        return None;
    }
    let (mut number, mut point) = (0_u64, None);
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(place),
            _ => return None,
        }
    }
    let power = POWERS.get(point.map_or(0, |place| digits.len() - 1 - place))?;
    // Both numbers are exact in double precision, so the quotient is the nearest `f64`.
    let number = number as f64 / power;
    Some(if is_negative { -number } else { number })
}

/// Parses a number in the usual notation of programs, such as `-1.5e3`. `None` for other texts.
fn plain(text: &str, form: TextForm) -> Option<CellValue> {
    let [b'0'..=b'9' | b'-' | b'+' | b'.', ..] = text.as_bytes() else { return None };
    let is_padded = matches!(text.as_bytes(), [b'0', b'0'..=b'9', ..]) && is_padded(text);
    if !form.comma
        && !is_padded
        && let Some(number) = short(text)
    {
        return Some(CellValue::Number(number));
    }
    let number: f64 = fast_float2::parse(text).ok()?;
    if form.comma && text.contains('.') || number.is_nan() || text.ends_with(['y', 'Y', 'f', 'F']) {
        return None;
    }
    Some(if text.len() > MAX_DIGITS && is_long(text) || is_padded {
        CellValue::Padded(number)
    } else {
        in_range(number)
    })
}

fn is_long(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']).trim_end_matches('0');
    digits.len() > MAX_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn read(text: &str, form: TextForm, marks: &MissingMarks) -> (CellValue, Signs) {
    if marks.is_missing(text) {
        return (CellValue::Missing, Signs::default());
    }
    // Every number and every date contains a digit.
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if has_digit && let Some((value, signs)) = number(text, form) {
        let is_listed = matches!(value, CellValue::Number(number) if marks.is_listed(number));
        return (if is_listed { CellValue::Missing } else { value }, signs);
    }
    if has_digit && let Some((moment, signs)) = date::moment(text, form.month_first) {
        return (of_moment(moment), signs);
    }
    if marks.is_mark(text) {
        return (CellValue::Mark, Signs::default());
    }
    if let Some(value) = boolean(text) {
        return (CellValue::Boolean(value), Signs::default());
    }
    if is_infinity(text) {
        return (CellValue::Infinite, Signs::default());
    }
    (CellValue::Text, signs_of_other_form(text, form))
}

fn number(text: &str, form: TextForm) -> Option<(CellValue, Signs)> {
    let plain = plain(text, form);
    let written = notation::number(text, form.comma);
    match (plain, written) {
        (Some(value), Some((_, signs))) => Some((value, signs)),
        (Some(value), None) => Some((value, Signs::default())),
        (None, Some((number, signs))) => Some((in_range(number), signs)),
        (None, None) => None,
    }
}

fn of_moment(moment: Moment) -> CellValue {
    match moment {
        Moment::At(seconds) => CellValue::Moment(seconds),
        Moment::Clock(seconds) => CellValue::Clock(seconds),
        Moment::Span(seconds) => CellValue::Span(seconds),
    }
}

/// Returns a flag if `text` is a number or a date in the notation that its column does not use. An example is `1,50` in
/// a column with decimal points.
fn signs_of_other_form(text: &str, form: TextForm) -> Signs {
    // `OTHER_DECIMAL` means that the text is then a number, and `OTHER_ORDER` that it is then a date.
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Signs::default();
    }
    let other = TextForm { comma: !form.comma, month_first: !form.month_first, is_guess: false };
    if number(text, other).is_some() {
        Signs::OTHER_DECIMAL
    } else if date::moment(text, other.month_first).is_some() {
        Signs::OTHER_ORDER
    } else {
        Signs::default()
    }
}

fn in_range(number: f64) -> CellValue {
    if (number as f32).is_finite() { CellValue::Number(number) } else { CellValue::Infinite }
}

fn is_infinity(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
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

    fn read(text: &str) -> CellValue {
        let (form, marks) = (TextForm::default(), MissingMarks::default());
        let value = FileCell::Untyped(text).value(form, &marks);
        assert_eq!(FileCell::Untyped(text).parse(form, &marks).value, value, "{text}");
        value
    }

    fn typed(cell: FileCell<'_>) -> CellValue {
        cell.value(TextForm::default(), &MissingMarks::default())
    }

    #[test]
    fn numbers_differ_from_codes_and_numbers_out_of_range() {
        for (text, number) in [("1", 1.0), ("-1.50", -1.5), ("+2e3", 2000.0), (".5", 0.5), ("0", 0.0), ("0.5", 0.5)] {
            assert_eq!(read(text), CellValue::Number(number), "{text}");
        }
        assert_eq!((read("007"), read("00")), (CellValue::Padded(7.0), CellValue::Padded(0.0)));
        assert_eq!(read("9007199256014641"), CellValue::Padded(9_007_199_256_014_641.0), "an account's number");
        assert_eq!(
            (read("1,234.5"), read("12.5%"), read("$3")),
            (CellValue::Number(1234.5), CellValue::Number(12.5), CellValue::Number(3.0))
        );
        for text in ["inf", "-inf", "+Infinity", "INF", "1e39", "-1e400"] {
            assert_eq!(read(text), CellValue::Infinite, "{text}");
        }
    }

    #[test]
    fn several_spellings_are_missing_values() {
        for text in ["", "NA", "N/A", "NaN", "nan", "null"] {
            assert_eq!(read(text), CellValue::Missing, "{text}");
        }
        for text in ["na", "none", "None", "-", "?", "-nan", "#DIV/0!"] {
            assert_eq!(read(text), CellValue::Mark, "{text}");
        }
        assert_eq!(typed(FileCell::Number(f64::NAN)), CellValue::Missing);
    }

    #[test]
    fn truth_values_are_spelt_out() {
        assert_eq!((read("TRUE"), read("false")), (CellValue::Boolean(true), CellValue::Boolean(false)));
        assert_eq!((read("yes"), read("t")), (CellValue::Text, CellValue::Text));
    }

    #[test]
    fn dates_and_times_are_in_utc() {
        let day = 1_795_478_400.0;
        for (text, seconds) in [
            ("2026-11-24", day),
            ("2026-11-24 10:00:00", day + 36_000.0),
            ("2026-11-24T10:00:00Z", day + 36_000.0),
            ("2026-11-24T10:00:00.5+01:00", day + 32_400.5),
            ("2026-11-24 10:00", day + 36_000.0),
            ("1969-12-31T23:59:59Z", -1.0),
        ] {
            assert_eq!(read(text), CellValue::Moment(seconds), "{text}");
        }
        assert_eq!((read("24.11.2026"), read("24/11/2026")), (CellValue::Moment(day), CellValue::Moment(day)));
        assert_eq!(read("10:00:00"), CellValue::Clock(36_000.0));
        for text in ["2026-13-01", "11/24/2026", "555-1234"] {
            assert_eq!(read(text), CellValue::Text, "{text}");
        }
        assert_eq!(read("20261124"), CellValue::Number(20_261_124.0));
    }

    #[test]
    fn typed_cells_have_texts() {
        assert_eq!(FileCell::Whole(-7).text(), "-7");
        assert_eq!(FileCell::Number(1.5).text(), "1.5");
        assert_eq!(FileCell::Boolean(true).text(), "true");
        assert_eq!(FileCell::Moment(0.0).text(), "1970-01-01T00:00:00Z");
    }

    proptest! {
        #[test]
        fn any_text_is_safe_to_read(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn few_digits_are_read_to_the_last_bit(text in "-?[0-9]{1,8}(\\.[0-9]{0,6})?") {
            prop_assert_eq!(short(&text).map(f64::to_bits), text.parse().ok().map(f64::to_bits));
        }

        #[test]
        fn any_text_like_a_time_is_safe_to_read(text in "[0-9]{4}-[0-9TZ:+. -]{0,24}") {
            let _ = read(&text);
        }

        #[test]
        fn written_numbers_are_read_to_the_last_bit(number in prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL) {
            prop_assert_eq!(read(&number.to_string()), CellValue::Number(number.to_string().parse().unwrap()));
        }
    }
}
