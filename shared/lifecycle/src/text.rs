//! Helper functions for texts that people read.

/// Returns the first `max` characters of `text`, followed by `…` if the text is longer.
pub fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        // `end` is the byte offset at which a character begins, so the cut never splits a character.
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
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
