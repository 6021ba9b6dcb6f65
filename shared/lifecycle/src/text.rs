//! Helper functions for texts that people read.

use std::error::Error;

/// Returns the first `max` characters of `text`, followed by `…` if the text is longer.
pub fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        // `end` is the byte offset at which a character begins, so the cut never splits a character.
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}

/// Returns the messages of an error and of all its sources in one line, each after a colon. A message with which the text
/// ends already is left out, because many errors repeat their source.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let message = cause.to_string();
        if !text.ends_with(&message) {
            text = format!("{text}: {message}");
        }
        next = cause.source();
    }
    text
}

/// Returns a whole number with commas between groups of three digits, such as `9,841`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let comma = |place: usize| place > 0 && (digits.len() - place).is_multiple_of(3);
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if comma(place) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failed {
        #[error("the file cannot be read")]
        Read(#[source] std::num::ParseIntError),
        #[error("the plan is wrong: {0}")]
        Plan(#[source] Box<Failed>),
    }

    #[test]
    fn each_cause_is_said_once() {
        let read = Failed::Read("x".parse::<u8>().unwrap_err());
        assert_eq!(causes(&read), "the file cannot be read: invalid digit found in string");
        let plan = Failed::Plan(Box::new(read));
        assert_eq!(causes(&plan), "the plan is wrong: the file cannot be read: invalid digit found in string");
        assert_eq!(causes(&Failed::Plan(Box::new(plan))).matches("the file cannot be read").count(), 1);
    }

    #[test]
    fn three_digits_make_a_group() {
        assert_eq!([0, 999, 1000, 9841, 1_234_567].map(grouped), ["0", "999", "1,000", "9,841", "1,234,567"]);
    }

    #[test]
    fn only_longer_texts_are_cut() {
        assert_eq!(shortened("", 0), "");
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("üöä", 2), "üö…");
    }
}
