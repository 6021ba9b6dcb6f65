//! The operator `TfIdfVectorizer`: counts the known sequences of tokens (n-grams).

use std::collections::HashMap;

use super::super::super::call::{Budget, RunOperator};
use super::super::super::given::Given;
use super::super::super::problem::{Outcome, StepFault};
use super::super::super::tensor::{Tensor, TensorValues, elements};
use super::super::encoders::{ValueKey, keys};

/// What the operator answers for a known n-gram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// How often it is there.
    Count,
    /// Its weight, if it is there.
    Weight,
    /// How often it is there, times its weight.
    Both,
}

/// The known n-grams as a tree: each token leads from a node to a longer n-gram.
#[derive(Debug, Default)]
struct Grams {
    tokens: HashMap<ValueKey, u32>,
    children: HashMap<(u32, u32), u32>,
    /// For each node, the number of its n-gram in the file.
    numbers: Vec<Option<usize>>,
}

/// Number of the node from which all n-grams start.
const ROOT: u32 = 0;

struct Vectorizer {
    mode: Mode,
    grams: Grams,
    has_texts: bool,
    /// Lengths of the n-grams that are counted.
    least: usize,
    most: usize,
    /// The greatest distance between two tokens of an n-gram.
    distance: usize,
    /// For each n-gram, its column in the result.
    columns: Vec<usize>,
    /// For each n-gram, its weight.
    weights: Vec<f32>,
    width: usize,
}

/// Reads `TfIdfVectorizer`.
pub(super) fn vectorizer(given: &mut Given) -> Outcome<RunOperator> {
    let vectorizer = Vectorizer::read(given)?;
    Ok(Box::new(move |inputs, budget| Ok(vec![vectorizer.run(inputs.get(0)?, budget)?])))
}

/// Reads a list of numbers that are 0 or more.
fn places(given: &mut Given, name: &str) -> Outcome<Vec<usize>> {
    let list = given.ints(name).filter(|list| !list.is_empty());
    let places = list.and_then(|list| list.into_iter().map(|place| usize::try_from(place).ok()).collect());
    places.ok_or_else(|| StepFault::new(format!("its {name} is missing, or has a negative number")))
}

fn number(given: &mut Given, name: &str) -> Outcome<usize> {
    let found = given.int(name).and_then(|number| usize::try_from(number).ok());
    found.ok_or_else(|| StepFault::new(format!("its {name} is missing or negative")))
}

impl Vectorizer {
    fn read(given: &mut Given) -> Outcome<Self> {
        let mode = match given.text("mode").as_deref() {
            Some("TF") => Mode::Count,
            Some("IDF") => Mode::Weight,
            Some("TFIDF") => Mode::Both,
            _ => return Err(StepFault::new("its mode is unknown; expected TF, IDF or TFIDF")),
        };
        let (least, most) = (number(given, "min_gram_length")?, number(given, "max_gram_length")?);
        let distance = number(given, "max_skip_count")?.saturating_add(1);
        let (starts, columns) = (places(given, "ngram_counts")?, places(given, "ngram_indexes")?);
        let pool = given.first_list(&["pool_strings", "pool_int64s"])?;
        given.ignore(&["pool_int64s"]);
        let pool = pool.filter(|pool| pool.len() > 0).ok_or_else(|| StepFault::new("it has no pool of tokens"))?;
        if least == 0 || least > most || most > starts.len() {
            let problem = format!("its n-grams have {least} to {most} tokens, and its ngram_counts {}", starts.len());
            return Err(StepFault::new(problem));
        }
        let grams = Grams::read(&keys(&pool), &starts, least..=most)?;
        let weights = given.floats("weights").unwrap_or_else(|| vec![1.0; columns.len()]);
        let count = grams.numbers.iter().flatten().max().map_or(0, |last| last + 1);
        if weights.len() != columns.len() || columns.len() < count {
            let lengths = format!("{} ngram_indexes and {} weights", columns.len(), weights.len());
            return Err(StepFault::new(format!("its pool has {count} n-grams, and it has {lengths}")));
        }
        let width = columns.iter().max().map_or(0, |last| last.saturating_add(1));
        elements(&[width])?;
        let has_texts = matches!(pool, TensorValues::Text(_));
        Ok(Self { mode, grams, has_texts, least, most, distance, columns, weights, width })
    }

    fn run(&self, input: &Tensor, budget: &mut Budget) -> Outcome<Tensor> {
        let (shape, length) = match *input.shape.as_slice() {
            [length] => (vec![self.width], length),
            [rows, length] => (vec![rows, self.width], length),
            ref other => {
                return Err(StepFault::new(format!("its input has the shape {other:?}; expected [N, tokens]")));
            }
        };
        if self.has_texts != matches!(input.values, TensorValues::Text(_)) {
            return Err(StepFault::new("its input and its pool have different types; export the vectorizer again"));
        }
        let mut counts = vec![0.0; elements(&shape)?];
        budget.spend(&[counts.len()])?;
        let tokens: Vec<_> = keys(&input.values).iter().map(|key| self.grams.tokens.get(key).copied()).collect();
        // Without tokens there are no rows in the list, and all counts stay 0.
        for (tokens, counts) in tokens.chunks(length.max(1)).zip(counts.chunks_mut(self.width.max(1))) {
            self.count(tokens, counts, budget)?;
        }
        Tensor::new(shape, TensorValues::Float(counts))
    }

    /// Counts the n-grams of one row.
    fn count(&self, tokens: &[Option<u32>], counts: &mut [f32], budget: &mut Budget) -> Outcome<()> {
        // A single token has no distances.
        let distances = if self.most == 1 { 1 } else { self.distance.min(tokens.len()) };
        for distance in 1..=distances {
            for start in 0..tokens.len() {
                let steps = self.count_from(tokens, start, distance, counts);
                budget.spend(&[steps])?;
            }
        }
        Ok(())
    }

    /// Counts the n-grams that begin at a token. Returns the number of tokens that were looked at.
    fn count_from(&self, tokens: &[Option<u32>], start: usize, distance: usize, counts: &mut [f32]) -> usize {
        let (mut node, mut steps) = (ROOT, 0);
        for token in tokens.iter().skip(start).step_by(distance).take(self.most) {
            steps += 1;
            let next = token.and_then(|token| self.grams.children.get(&(node, token)));
            let Some(&next) = next else { break };
            node = next;
            // Single tokens are counted once, not for each distance.
            if steps >= self.least && (steps > 1 || distance == 1) {
                self.add(node, counts);
            }
        }
        steps
    }

    fn add(&self, node: u32, counts: &mut [f32]) {
        let Some(number) = self.grams.numbers.get(node as usize).copied().flatten() else { return };
        let weight = self.weights.get(number).copied().unwrap_or_default();
        let column = self.columns.get(number).copied().unwrap_or_default();
        let Some(count) = counts.get_mut(column) else { return };
        match self.mode {
            Mode::Count => *count += 1.0,
            Mode::Weight => *count = weight,
            Mode::Both => *count += weight,
        }
    }
}

impl Grams {
    /// Reads the n-grams of a pool. `starts` are the places of the first n-gram of each length.
    fn read(pool: &[ValueKey], starts: &[usize], lengths: std::ops::RangeInclusive<usize>) -> Outcome<Self> {
        let mut grams = Self { numbers: vec![None], ..Self::default() };
        let ends = starts.iter().skip(1).copied().chain([pool.len()]);
        let mut number = 0;
        for (length, (&start, end)) in (1..).zip(starts.iter().zip(ends)) {
            let own = pool.get(start..end).filter(|own| own.len().is_multiple_of(length));
            let own =
                own.ok_or_else(|| StepFault::new(format!("its ngram_counts do not fit {} tokens", pool.len())))?;
            for gram in own.chunks(length) {
                if lengths.contains(&length) {
                    grams.insert(gram, number)?;
                }
                number += 1;
            }
        }
        Ok(grams)
    }

    fn insert(&mut self, gram: &[ValueKey], number: usize) -> Outcome<()> {
        let mut node = ROOT;
        for key in gram {
            let new = self.tokens.len() as u32;
            let token = *self.tokens.entry(key.clone()).or_insert(new);
            let new = self.numbers.len() as u32;
            node = *self.children.entry((node, token)).or_insert(new);
            if node == new {
                self.numbers.push(None);
            }
        }
        match self.numbers.get_mut(node as usize) {
            Some(slot) if slot.is_none() => *slot = Some(number),
            _ => return Err(StepFault::new("its pool has an n-gram twice")),
        }
        Ok(())
    }
}
