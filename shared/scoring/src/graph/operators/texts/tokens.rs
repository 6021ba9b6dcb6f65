//! The operator `Tokenizer`: splits texts into tokens.

use std::sync::Arc;

use super::super::super::call::{Budget, RunOperator};
use super::super::super::given::Given;
use super::super::super::pattern::Pattern;
use super::super::super::problem::{Outcome, StepFault};
use super::super::super::tensor::{Tensor, TensorValues, elements};
use super::{spend_length, texts};

/// Tokens before and behind those of a text, if the operator marks them.
const MARKS: [&str; 2] = ["\u{2}", "\u{3}"];

/// Maximum number of different texts at which an operator splits.
const MAX_SEPARATORS: usize = 200;

/// How a text is split.
enum Splitting {
    /// Each character is a token.
    Characters,
    /// Each match is a token.
    Matches(Pattern),
    /// Matches of the separators are between the tokens. The separators are used one after the other.
    Separators(Vec<Pattern>),
}

/// Reads `Tokenizer` of ONNX Runtime. Its result has one dimension more. Shorter lists of tokens are filled up.
pub(super) fn tokenizer(given: &mut Given) -> Outcome<RunOperator> {
    let has_marks = given.int("mark").unwrap_or_default() != 0;
    let fill = given.text("pad_value").ok_or_else(|| StepFault::new("it has no pad_value"))?;
    let least = given.int("mincharnum").and_then(|least| usize::try_from(least).ok()).filter(|least| *least > 0);
    let least = least.ok_or_else(|| StepFault::new("its mincharnum is not a number above 0"))?;
    let splitting = splitting(given, least)?;
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        if !matches!(input.shape.len(), 1 | 2) {
            return Err(StepFault::new(format!("its input has the shape {:?}; expected [N] or [N, M]", input.shape)));
        }
        let texts = texts(input)?;
        spend_length(texts, budget)?;
        let split = |text: &Arc<str>| splitting.tokens(text, least, budget);
        let rows = texts.iter().map(split).collect::<Outcome<Vec<_>>>()?;
        Ok(vec![filled(&input.shape, rows, &fill, has_marks, budget)?])
    }))
}

fn splitting(given: &mut Given, least: usize) -> Outcome<Splitting> {
    let separators = given.texts("separators")?.unwrap_or_default();
    let tokens = given.text("tokenexp");
    let found = match (separators.as_slice(), tokens.as_deref()) {
        ([only], _) if only.is_empty() => Splitting::Characters,
        ([], Some(".")) => Splitting::Characters,
        ([], Some(tokens)) if !tokens.is_empty() => Splitting::Matches(Pattern::read(tokens)?),
        ([], _) => return Err(StepFault::new("it has neither tokenexp nor separators")),
        (list, _) if list.len() > MAX_SEPARATORS => {
            let problem = format!("it has {} separators; expected at most {MAX_SEPARATORS}", list.len());
            return Err(StepFault::new(problem));
        }
        (list, _) => Splitting::Separators(list.iter().map(|text| Pattern::read(text)).collect::<Outcome<_>>()?),
    };
    if matches!(found, Splitting::Characters) && least > 1 {
        return Err(StepFault::new("its mincharnum is above 1, and its tokens are characters"));
    }
    Ok(found)
}

/// Makes a tensor of the tokens of all texts.
fn filled(
    shape: &[usize],
    mut rows: Vec<Vec<Arc<str>>>,
    fill: &Arc<str>,
    has_marks: bool,
    budget: &mut Budget,
) -> Outcome<Tensor> {
    let mut width = rows.iter().map(Vec::len).max().unwrap_or_default();
    if has_marks && width > 0 {
        width += MARKS.len();
        let [first, last] = MARKS.map(Arc::<str>::from);
        for row in &mut rows {
            row.insert(0, Arc::clone(&first));
            row.push(Arc::clone(&last));
        }
    }
    let shape: Vec<usize> = shape.iter().copied().chain([width]).collect();
    budget.spend(&[elements(&shape)?])?;
    for row in &mut rows {
        row.resize(width, Arc::clone(fill));
    }
    Tensor::new(shape, TensorValues::Text(rows.concat()))
}

impl Splitting {
    /// Returns the tokens of a text with at least `least` characters.
    fn tokens(&self, text: &str, least: usize, budget: &mut Budget) -> Outcome<Vec<Arc<str>>> {
        let parts = match self {
            Self::Characters => text.split("").filter(|character| !character.is_empty()).collect(),
            Self::Matches(pattern) => matches(pattern, text, budget)?,
            Self::Separators(separators) => {
                let mut parts = vec![text];
                for separator in separators {
                    let mut next = Vec::new();
                    for part in parts {
                        next.extend(
                            separated(separator, part, budget)?.into_iter().filter(|part| is_long(part, least)),
                        );
                    }
                    parts = next;
                }
                parts
            }
        };
        Ok(parts.into_iter().filter(|part| is_long(part, least)).map(Arc::from).collect())
    }
}

fn is_long(part: &str, least: usize) -> bool {
    part.chars().take(least).count() == least
}

/// Returns the matches of a pattern, one behind the other.
fn matches<'a>(pattern: &Pattern, text: &'a str, budget: &mut Budget) -> Outcome<Vec<&'a str>> {
    let (mut search, mut from, mut parts) = (pattern.search(), 0, Vec::new());
    while let Some(found) = search.find(text, from, budget)? {
        parts.extend(text.get(found.start..found.end));
        match behind(text, found.start, found.end) {
            Some(next) => from = next,
            None => break,
        }
    }
    Ok(parts)
}

/// Returns the parts between the matches of a separator.
fn separated<'a>(separator: &Pattern, text: &'a str, budget: &mut Budget) -> Outcome<Vec<&'a str>> {
    let (mut search, mut from, mut parts) = (separator.search(), 0, Vec::new());
    while let Some(found) = search.find(text, from, budget)? {
        parts.extend(text.get(from..found.start));
        match behind(text, found.start, found.end) {
            Some(next) => from = next,
            None => return Ok(parts),
        }
    }
    parts.extend(text.get(from..));
    Ok(parts)
}

/// Returns where the next search begins: behind a match, or behind the character at an empty one. `None`: the text ends.
fn behind(text: &str, start: usize, end: usize) -> Option<usize> {
    if end > start {
        return Some(end);
    }
    text.get(end..)?.chars().next().map(|character| end + character.len_utf8())
}
