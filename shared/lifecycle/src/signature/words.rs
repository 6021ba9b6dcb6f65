//! Splits a text into words.

// A longer word is unlikely to occur in another text.
/// Maximum length of a word in characters. Longer words are ignored.
const MAX_WORD: usize = 40;

/// Returns the words of `text` in lower case. A word is a sequence of 2 to 40 letters and digits.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|character: char| !character.is_alphanumeric());
    let is_word = |part: &&str| (2..=MAX_WORD).contains(&part.chars().take(MAX_WORD + 1).count());
    parts.filter(is_word).map(str::to_lowercase)
}

/// Encodes a text as model inputs, and writes them to `slots`: for each word of the sorted list `known`, 1 if `text`
/// contains the word, else 0.
pub fn write_words(text: &str, known: &[String], slots: &mut [f32]) {
    slots.fill(0.0);
    for word in words(text) {
        if let Ok(index) = known.binary_search(&word)
            && let Some(slot) = slots.get_mut(index)
        {
            *slot = 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_in_lower_case_without_punctuation() {
        let found: Vec<String> = words("Arrived LATE, a 2nd time; Größe XL.").collect();
        assert_eq!(found, ["arrived", "late", "2nd", "time", "größe", "xl"]);
        assert_eq!(words(&"x".repeat(MAX_WORD + 1)).count(), 0);
    }

    #[test]
    fn a_text_has_a_feature_for_each_known_word() {
        let known = ["fast", "late", "slow"].map(str::to_owned);
        let mut slots = [9.0; 3];
        write_words("Late, and slow. Late!", &known, &mut slots);
        assert_eq!(slots, [0.0, 1.0, 1.0]);
    }

    proptest! {
        #[test]
        fn any_text_is_safe_to_read(text in ".*") {
            prop_assert!(words(&text).count() <= text.len());
        }
    }
}
