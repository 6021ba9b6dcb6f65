//! Parses dates and times of day as people write them.

use evergreen_lifecycle::time::seconds_of;

use super::signs::Signs;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Maximum length of a text that is parsed as a date with or without a time, in bytes.
const MAX_LENGTH: usize = 48;

/// Seconds from 1970-01-01 to 2000-01-01. Times of day without a date are stored as times on 2000-01-01.
pub(super) const CLOCK_DAY: f64 = 946_684_800.0;

// A text with another year is more likely a code.
/// Years that are accepted in a date of year and month, such as `2024-05`.
const MONTH_YEARS: std::ops::RangeInclusive<i64> = 1600..=2400;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// German month names that differ from English: their first letters and the number of the month.
const OTHER_MONTHS: [(&str, i64); 4] = [("mär", 3), ("mai", 5), ("okt", 10), ("dez", 12)];

/// A date, a time of day or a duration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Moment {
    /// A date with or without a time of day, in seconds since 1970-01-01T00:00:00Z.
    At(f64),
    /// A time of day, in seconds since midnight.
    Clock(f64),
    /// A duration in seconds, such as 30 hours.
    Span(f64),
}

/// Parses a date, a time of day or a duration. Returns the value and its notation, or `None` for other texts.
pub(super) fn moment(text: &str, month_first: bool) -> Option<(Moment, Signs)> {
    // If `month_first` is true, 05/06/2024 is May 6, otherwise June 5.
    if text.len() > MAX_LENGTH || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let text = without_zone(text);
    if let Some(seconds) = seconds_of(text) {
        return Some((Moment::At(seconds), Signs::default()));
    }
    if let Some(seconds) = clock(text) {
        let moment = if seconds < SECONDS_OF_A_DAY { Moment::Clock(seconds) } else { Moment::Span(seconds) };
        return Some((moment, Signs::default()));
    }
    if let Some(seconds) = days_and_clock(text) {
        return Some((Moment::Span(seconds), Signs::default()));
    }
    let (date, time) = apart(text);
    let (days, signs) = numbered(date, month_first).or_else(|| named(date).map(|days| (days, Signs::DATED)))?;
    let seconds = if time.is_empty() { 0.0 } else { clock(time).filter(|seconds| *seconds < SECONDS_OF_A_DAY)? };
    Some((Moment::At(days as f64 * SECONDS_OF_A_DAY + seconds), signs.with(Signs::DATED)))
}

fn without_zone(text: &str) -> &str {
    let utc = [" UTC", " GMT", " Z"].iter().find_map(|zone| text.strip_suffix(zone));
    utc.unwrap_or(text).trim_end()
}

/// Splits a text such as `2024-05-06 13:45` into date and time. The time is empty if the text has none.
fn apart(text: &str) -> (&str, &str) {
    let Some(colon) = text.find(':') else { return (text, "") };
    let before = text.get(..colon).unwrap_or_default();
    match before.rfind([' ', 'T', ',']) {
        Some(at) => {
            (text.get(..at).unwrap_or_default().trim_end_matches([',', ' ']), text.get(at + 1..).unwrap_or_default())
        }
        None => (text, ""),
    }
}

/// Parses a time such as `13:45` or `1:45 PM` to seconds. Returns `None` for other texts.
fn clock(text: &str) -> Option<f64> {
    // Hours above 24 are accepted without `AM` or `PM`. Seconds may have a fraction, such as `13:45:10.5`.
    let upper = text.get(text.len().checked_sub(2)?..).map(str::to_ascii_uppercase);
    let half = match upper.as_deref() {
        Some("AM") => Some(0.0),
        Some("PM") => Some(12.0),
        _ => None,
    };
    let text = if half.is_some() { text.get(..text.len() - 2)?.trim_end() } else { text };
    let mut parts = text.split(':');
    let (hours, minutes) = (whole(parts.next()?, 1, 4)?, whole(parts.next()?, 2, 2)?);
    let seconds = match parts.next() {
        Some(seconds) => fraction(seconds)?,
        None => 0.0,
    };
    if parts.next().is_some() || minutes > 59 || seconds >= 60.0 {
        return None;
    }
    let hours = match half {
        Some(half) if (1..=12).contains(&hours) => (hours % 12) as f64 + half,
        Some(_) => return None,
        None => hours as f64,
    };
    Some(hours * 3600.0 + minutes as f64 * 60.0 + seconds)
}

/// Parses a duration in the notation of pandas, such as `3 days 04:05:06`, to seconds. Returns `None` for other texts.
fn days_and_clock(text: &str) -> Option<f64> {
    let (days, rest) = text.split_once(" day")?;
    let rest = rest.strip_prefix('s').unwrap_or(rest).trim_start_matches([',', ' ']);
    let days: i64 = days.parse().ok()?;
    let seconds = if rest.is_empty() { 0.0 } else { clock(rest.strip_prefix('+').unwrap_or(rest))? };
    Some(days as f64 * SECONDS_OF_A_DAY + seconds)
}

/// Parses a date in numbers, such as `25/12/2024`. Returns the days since 1970-01-01 and the notation, or `None` for
/// other texts.
fn numbered(text: &str, month_first: bool) -> Option<(i64, Signs)> {
    // Examples: `12/25/24`, `2024/12/25`, `25.12.2024` and `2024-12`.
    let mark = text.chars().find(|letter| !letter.is_ascii_digit())?;
    if !matches!(mark, '/' | '.' | '-') {
        return None;
    }
    let parts: Vec<&str> = text.split(mark).collect();
    let number = |text: &str, most: usize| whole(text, 1, most);
    match parts.as_slice() {
        [year, month] if year.len() == 4 && month.len() == 2 && mark != '.' => {
            month_of(whole(year, 4, 4)?, whole(month, 2, 2)?)
        }
        [month, year] if year.len() == 4 && mark != '.' => month_of(whole(year, 4, 4)?, number(month, 2)?),
        [year, month, day] if year.len() == 4 => {
            Some((days(whole(year, 4, 4)?, number(month, 2)?, number(day, 2)?)?, Signs::DATED))
        }
        [first, second, year] if matches!(year.len(), 2 | 4) => {
            let year = full_year(whole(year, 2, 4)?, year.len());
            ordered(year, number(first, 2)?, number(second, 2)?, month_first)
        }
        _ => None,
    }
}

fn month_of(year: i64, month: i64) -> Option<(i64, Signs)> {
    if MONTH_YEARS.contains(&year) { Some((days(year, month, 1)?, Signs::DATED)) } else { None }
}

fn ordered(year: i64, first: i64, second: i64, month_first: bool) -> Option<(i64, Signs)> {
    let of = |month_first: bool| {
        let (month, day) = if month_first { (first, second) } else { (second, first) };
        days(year, month, day)
    };
    let found = of(month_first)?;
    let sign = match of(!month_first) {
        None => Signs::DECIDED_ORDER,
        Some(other) if other == found => Signs::DATED,
        Some(_) => Signs::EITHER_ORDER,
    };
    Some((found, sign))
}

/// Parses a date with a month name, such as `25 Dec 2024`. Returns the days since 1970-01-01, or `None` for other
/// texts.
fn named(text: &str) -> Option<i64> {
    // Examples: `Dec 25 2024`, `December 25, 2024`, `25-Dec-24`, `Wed, 25. Dezember 2024` and `Dec 2024`.
    let mut parts: Vec<&str> = text.split([' ', ',', '-', '/', '.']).filter(|part| !part.is_empty()).collect();
    let is_word = |part: &str| part.chars().next().is_some_and(char::is_alphabetic);
    if parts.len() == 4 && is_word(parts.first()?) && month(parts.first()?).is_none() {
        parts.remove(0);
    }
    match parts.as_slice() {
        [name, day, year] if is_word(name) => days(year_of(year)?, month(name)?, day_of(day)?),
        [day, name, year] if is_word(name) => days(year_of(year)?, month(name)?, day_of(day)?),
        [name, year] if is_word(name) => days(whole(year, 4, 4)?, month(name)?, 1),
        _ => None,
    }
}

fn month(name: &str) -> Option<i64> {
    let lower = name.to_lowercase();
    let begins = |known: &str| lower.starts_with(known) && lower.len() <= 10;
    let english = MONTHS.iter().position(|known| begins(known)).map(|index| index as i64 + 1);
    english.or_else(|| OTHER_MONTHS.iter().find(|(known, _)| begins(known)).map(|(_, month)| *month))
}

fn day_of(text: &str) -> Option<i64> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    whole(digits, 1, 2)
}

fn year_of(text: &str) -> Option<i64> {
    match text.len() {
        2 | 4 => Some(full_year(whole(text, 2, 4)?, text.len())),
        _ => None,
    }
}

/// Completes a year of two digits, for example 99 to 1999 and 24 to 2024. Other years are returned unchanged.
fn full_year(year: i64, digits: usize) -> i64 {
    // As in POSIX, 69 to 99 become 1969 to 1999, and 0 to 68 become 2000 to 2068.
    match year {
        _ if digits != 2 => year,
        69.. => 1900 + year,
        _ => 2000 + year,
    }
}

fn whole(text: &str, least: usize, most: usize) -> Option<i64> {
    let is_whole = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole { text.parse().ok() } else { None }
}

fn fraction(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number && text.len() >= 2 { text.parse().ok() } else { None }
}

/// Returns the days from 1970-01-01 to a date. `None` if the date does not exist, or if the year is not in 1–9999.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_date = |n: i64| i16::try_from(n).ok();
    let date = jiff::civil::Date::new(is_date(year)?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    (year >= 1).then(|| date.duration_since(epoch).as_secs() / 86_400)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHRISTMAS: f64 = 1_735_084_800.0;

    fn at(text: &str, month_first: bool) -> Option<f64> {
        match moment(text, month_first)?.0 {
            Moment::At(seconds) => Some(seconds),
            _ => None,
        }
    }

    #[test]
    fn dates_are_read_in_usual_formats() {
        for text in [
            "2024-12-25",
            "2024/12/25",
            "25/12/2024",
            "25.12.2024",
            "25-12-2024",
            "25.12.24",
            "Dec 25 2024",
            "Dec 25, 2024",
            "December 25th, 2024",
            "25 Dec 2024",
            "25-Dec-2024",
            "25-Dec-24",
            "25. Dezember 2024",
            "Wed, 25 Dec 2024",
            "2024-12-25 00:00:00.000 UTC",
            "25/12/2024 00:00",
            "25/12/2024 12:00 AM",
        ] {
            assert_eq!(at(text, false), Some(CHRISTMAS), "{text}");
        }
        assert_eq!(at("12/25/2024", true), Some(CHRISTMAS));
        assert_eq!(at("12/25/2024 1:30 PM", true), Some(CHRISTMAS + 48_600.0));
        assert_eq!(at("2024-12", false), Some(CHRISTMAS - 24.0 * SECONDS_OF_A_DAY));
        assert_eq!(at("0001-01-01", false), Some(-62_135_596_800.0));
        assert_eq!(at("9999-12-31", false), Some(253_402_214_400.0));
    }

    #[test]
    fn times_of_day_differ_from_durations() {
        let read = |text: &str| moment(text, false).map(|(moment, _)| moment);
        assert_eq!(read("13:45"), Some(Moment::Clock(49_500.0)));
        assert_eq!(read("1:45:10.5 PM"), Some(Moment::Clock(49_510.5)));
        assert_eq!(read("36:10:00"), Some(Moment::Span(130_200.0)));
        assert_eq!(read("2 days 01:00:00"), Some(Moment::Span(176_400.0)));
        assert_eq!(read("1:2"), None);
    }

    #[test]
    fn the_order_of_day_and_month_is_decided_by_days_beyond_the_twelfth() {
        let signs = |text: &str, month_first: bool| moment(text, month_first).map(|(_, signs)| signs);
        assert!(signs("25/12/2024", false).unwrap().has(Signs::DECIDED_ORDER));
        assert!(signs("05/12/2024", false).unwrap().has(Signs::EITHER_ORDER));
        assert_eq!(signs("25/12/2024", true), None);
        assert!(!signs("05/05/2024", true).unwrap().has(Signs::EITHER_ORDER));
    }

    #[test]
    fn an_invalid_date_is_refused() {
        for text in [
            "",
            "13",
            "32/01/2024",
            "1.2.3",
            "192.168.1.10",
            "555-1234",
            "may",
            "1234-12",
            "a:b",
            "12/2024/1",
            "31.02.2024",
        ] {
            assert_eq!(at(text, false), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_safe_to_read(text in ".{0,60}", like_one in "[0-9A-Za-z:/. -]{0,24}") {
            for text in [text, like_one] {
                let _ = (moment(&text, false), moment(&text, true));
            }
        }
    }
}
