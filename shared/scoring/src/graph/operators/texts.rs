//! Operators that read whole texts: what CountVectorizer and TfidfVectorizer become.

mod grams;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::HashSet;
use std::sync::Arc;

use super::super::call::{Budget, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues};
use super::GraphOperator;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "StringNormalizer", read: normalizer },
    GraphOperator { name: "TfIdfVectorizer", read: grams::vectorizer },
    GraphOperator { name: "Tokenizer", read: tokens::tokenizer },
];

/// Returns the texts of a tensor. Other types are an error.
fn texts(tensor: &Tensor) -> Outcome<&[Arc<str>]> {
    match &tensor.values {
        TensorValues::Text(list) => Ok(list),
        other => Err(StepFault::new(format!("its input is {}; expected string", other.type_name()))),
    }
}

/// Takes a step for each byte of the texts.
fn spend_length(texts: &[Arc<str>], budget: &mut Budget) -> Outcome<()> {
    budget.spend(&[texts.iter().map(|text| 1 + text.len()).sum()])
}

/// How letters are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Kept,
    Lower,
    Upper,
}

impl Case {
    fn of(name: Option<&str>) -> Outcome<Self> {
        match name {
            None | Some("NONE") => Ok(Self::Kept),
            Some("LOWER") => Ok(Self::Lower),
            Some("UPPER") => Ok(Self::Upper),
            Some(_) => Err(StepFault::new("its case_change_action is unknown; expected LOWER, UPPER or NONE")),
        }
    }

    fn of_text(self, text: &str) -> Arc<str> {
        match self {
            Self::Kept => text.into(),
            Self::Lower => text.chars().map(lower).collect::<String>().into(),
            Self::Upper => text.chars().map(upper).collect::<String>().into(),
        }
    }
}

/// Returns the small letter. As in ONNX Runtime, one letter becomes one letter.
fn lower(letter: char) -> char {
    // The Turkish capital I with a dot has a small letter of two characters. It is the only one.
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Returns the capital letter. As in ONNX Runtime, one letter becomes one letter: ß stays as it is.
fn upper(letter: char) -> char {
    let mut capitals = letter.to_uppercase();
    match (capitals.next(), capitals.next(), letter) {
        (Some(capital), None, _) => capital,
        // Greek letters with an iota below have a capital letter with an iota beside it.
        (_, _, '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}') => shifted(letter, 8),
        (_, _, '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}') => shifted(letter, 9),
        _ => letter,
    }
}

fn shifted(letter: char, by: u32) -> char {
    char::from_u32(u32::from(letter) + by).unwrap_or(letter)
}

/// Reads `StringNormalizer`: changes the case of texts. A text that is a stop word becomes empty. ONNX Runtime does the same
/// with a single text; of several, it leaves the text out, so that later rows get the answers of others.
fn normalizer(given: &mut Given) -> Outcome<RunOperator> {
    let case = Case::of(given.text("case_change_action").as_deref())?;
    let is_sensitive = given.int("is_case_sensitive").unwrap_or_default() != 0;
    let compared = match case {
        _ if is_sensitive => Case::Kept,
        Case::Upper => Case::Upper,
        _ => Case::Lower,
    };
    let locale = given.text("locale").unwrap_or_default();
    if !(locale.is_empty() || locale.starts_with("en")) {
        return Err(StepFault::new(format!("its locale is {locale:?}; expected en_US, or none")));
    }
    let stop_words = given.texts("stopwords")?.unwrap_or_default();
    let stop_words: HashSet<Arc<str>> = stop_words.iter().map(|word| compared.of_text(word)).collect();
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        if !matches!(*input.shape.as_slice(), [_] | [1, _]) {
            return Err(StepFault::new(format!("its input has the shape {:?}; expected [N] or [1, N]", input.shape)));
        }
        let texts = texts(input)?;
        spend_length(texts, budget)?;
        let is_stop_word = |text: &Arc<str>| !stop_words.is_empty() && stop_words.contains(&compared.of_text(text));
        let changed = |text: &Arc<str>| if is_stop_word(text) { "".into() } else { case.of_text(text) };
        Ok(vec![input.with(TensorValues::Text(texts.iter().map(changed).collect()))?])
    }))
}
