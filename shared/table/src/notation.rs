//! Parses numbers in the notation of people, such as `$1,234.50`.
//!
//! Numbers may have thousands separators, a decimal comma, a currency or a percent sign. Negative numbers may be in
//! parentheses or have the minus at the end.

use super::signs::Signs;

/// Maximum length of a text that is parsed as a number, in bytes.
const MAX_LENGTH: usize = 40;

const CURRENCIES: [&str; 42] = [
    "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₫", "฿", "₪", "zł", "kr.", "kr", "Kč", "R$", "US$", "Fr.", "EUR", "USD",
    "GBP", "CHF", "JPY", "CNY", "INR", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BRL",
    "MXN", "ZAR", "TRY", "KRW", "SGD", "HKD",
];

/// Parses a number in the notation of people, such as `$1,234.50`. Returns the number and its notation, or `None` for
/// other texts.
pub(super) fn number(text: &str, comma: bool) -> Option<(f64, Signs)> {
    // `comma` is true for a decimal comma and false for a decimal point.
    if text.len() > MAX_LENGTH {
        return None;
    }
    let mut signs = Signs::default();
    let (text, owed) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(inner) => (inner.trim(), true),
        None => (text, false),
    };
    let (text, minus) = without_sign(text);
    let text = without_unit(text, &mut signs);
    let (text, inner_minus) = if minus { (text, false) } else { without_sign(text) };
    let (text, last_minus) = match text.strip_suffix('-').filter(|_| !owed && !minus && !inner_minus) {
        Some(text) => (text.trim_end(), true),
        None => (text, false),
    };
    let number = digits(text, comma, &mut signs)?;
    Some((if owed || minus || inner_minus || last_minus { -number } else { number }, signs))
}

fn without_sign(text: &str) -> (&str, bool) {
    match text.strip_prefix(['-', '−']) {
        Some(rest) => (rest.trim_start(), true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    }
}

fn without_unit<'a>(text: &'a str, signs: &mut Signs) -> &'a str {
    if let Some(number) = text.strip_suffix('%') {
        *signs = signs.with(Signs::PERCENT);
        return number.trim_end();
    }
    if text.bytes().next().is_some_and(|first| first.is_ascii_digit())
        && text.bytes().last().is_some_and(|last| last.is_ascii_digit())
    {
        return text;
    }
    let cut = CURRENCIES.iter().find_map(|unit| {
        let before = text.strip_prefix(unit).map(str::trim_start);
        Some((*unit, before.or_else(|| text.strip_suffix(unit).map(str::trim_end))?))
    });
    match cut {
        Some((unit, number)) => {
            *signs = signs.with(Signs::CURRENCY).with(match unit {
                "$" | "US$" | "USD" => Signs::DOLLAR,
                "€" | "EUR" => Signs::EURO,
                _ => Signs::default(),
            });
            number
        }
        None => text,
    }
}

/// Parses a number without sign and currency, such as `1,234.5`. Adds flags on its notation to `signs`. Returns `None`
/// for other texts.
fn digits(text: &str, comma: bool, signs: &mut Signs) -> Option<f64> {
    let plain = plain(text, comma, signs)?;
    let number = plain.parse().ok()?;
    match self::plain(text, !comma, &mut Signs::default()) {
        None => *signs = signs.with(Signs::DECIDED_DECIMAL),
        Some(other) if other != plain => *signs = signs.with(Signs::EITHER_DECIMAL),
        Some(_) => {}
    }
    Some(number)
}

/// Rewrites a number in plain notation: `1.234,5` becomes `1234.5`. Returns `None` for other texts.
fn plain(text: &str, comma: bool, signs: &mut Signs) -> Option<String> {
    // The result has no thousands separators and a decimal point. `comma` is true if `text` has a decimal comma.
    let decimal = if comma { ',' } else { '.' };
    let (whole, fraction) = match text.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let is_fraction = |text: &str| {
        let digits = text.split(['e', 'E']).next().unwrap_or_default();
        digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if fraction.is_some_and(|fraction| !is_fraction(fraction)) || whole.is_empty() && fraction.is_none_or(str::is_empty)
    {
        return None;
    }
    let mut joined = ungrouped(whole, comma, signs)?;
    if let Some(fraction) = fraction {
        joined.push('.');
        joined.push_str(fraction);
    }
    Some(joined)
}

/// Removes the thousands separators from a whole number, such as `1,234`. Returns `None` if they are not valid.
fn ungrouped(whole: &str, comma: bool, signs: &mut Signs) -> Option<String> {
    if whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(whole.to_owned());
    }
    let mark = whole.chars().find(|letter| !letter.is_ascii_digit())?;
    let is_mark = match mark {
        ',' => !comma,
        '.' => comma,
        ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’' | '_' => true,
        _ => false,
    };
    if !is_mark {
        return None;
    }
    // The first group has one to three digits and is not 0, and each other group has three. All separators must be
    // equal. Between commas, groups of two digits are also valid, as in India (`12,34,567`).
    let groups: Vec<&str> = whole.split(mark).collect();
    let (first, rest) = groups.split_first()?;
    let is_group = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let (last, between) = rest.split_last()?;
    let are_long = |digits: usize| between.iter().all(|group| group.len() == digits);
    let is_indian = mark == ',' && (1..=2).contains(&first.len()) && !between.is_empty() && are_long(2);
    let is_first = (1..=3).contains(&first.len()) && *first != "0";
    if !is_first || last.len() != 3 || !(are_long(3) || is_indian) || !groups.iter().all(is_group) {
        return None;
    }
    *signs = signs.with(Signs::GROUPED);
    Some(groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, comma: bool) -> Option<f64> {
        number(text, comma).map(|(number, _)| number)
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            ("1,234.56", 1234.56),
            ("1,234,567", 1_234_567.0),
            ("$12.50", 12.5),
            ("-$1,000", -1000.0),
            ("$-5", -5.0),
            ("12.5%", 12.5),
            ("12.5 %", 12.5),
            ("USD 7", 7.0),
            ("7 EUR", 7.0),
            ("(1,250.00)", -1250.0),
            ("1 234.5", 1234.5),
            ("1'234.5", 1234.5),
            ("1\u{a0}234", 1234.0),
            ("12,34,567.5", 1_234_567.5),
            ("12.5-", -12.5),
            ("5 -", -5.0),
        ] {
            assert_eq!(read(text, false), Some(expected), "{text}");
        }
        for (text, expected) in [
            ("12,5", 12.5),
            ("1.234,56", 1234.56),
            ("1.234.567", 1_234_567.0),
            ("-0,5 €", -0.5),
            ("17,3%", 17.3),
            ("1.234", 1234.0),
            ("1.234,56-", -1234.56),
            ("0,735", 0.735),
        ] {
            assert_eq!(read(text, true), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_number_is_refused() {
        for text in [
            "", "-", ",", ".", "$", "%", "12,5", "1,23,4", "1.2.3", "1,2345", "12a", "a12", "1 2", "(", "()", "1e",
            "0,735", "-5-", "1,23,45",
        ] {
            assert_eq!(read(text, false), None, "{text}");
        }
        for text in ["1.5", "1,2,3", "1.2345"] {
            assert_eq!(read(text, true), None, "{text}");
        }
    }

    #[test]
    fn an_ambiguous_decimal_mark_decides_nothing() {
        let decides = |text: &str, comma| number(text, comma).unwrap().1.has(Signs::DECIDED_DECIMAL);
        assert!(
            decides("12,5", true) && decides("1,234.5", false) && decides("1.234,5", true) && decides("1.5", false)
        );
        assert!(decides("0,735", true) && decides("0.735", false));
        assert!(!decides("1,234", false) && !decides("1,234", true) && !decides("1.234", false) && !decides("7", true));
    }
}
