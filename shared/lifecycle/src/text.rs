//! Helper functions for texts that people read.

/// Returns the first `max` characters of `text`, followed by `…` if the text is longer.
pub fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        // `end` is the byte offset at which a character begins, so the cut never splits a character.
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_longer_texts_are_cut() {
        assert_eq!(shortened("", 0), "");
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("üöä", 2), "üö…");
    }
}
