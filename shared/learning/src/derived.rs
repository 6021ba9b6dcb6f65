//! What columns give beside their values: the parts of a moment, statistics of the target for categories with many texts, and
//! the words of a text.
//!
//! Each is taken in where trees that have it answer rows that they have not learnt from better than trees without it, by more
//! than chance would. That is tried on the training rows alone, and of many rows on some of them.

mod draft;
mod steps;
mod trial;

use evergreen_lifecycle::SignatureError;

use self::draft::Draft;
use self::trial::Trial;
use crate::encode::Learnt;
use crate::frame::{Frame, FrameColumn, Values};
use crate::table::Target;

/// Text columns that are tried, at most.
const MAX_TEXTS: usize = 5;

/// Rows to learn from, and what is known of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) frame: &'a Frame,
    /// The frame's rows.
    pub(crate) rows: &'a [u32],
    /// For each of these rows.
    pub(crate) target: &'a Target,
    pub(crate) weights: Option<&'a [f32]>,
}

/// What a step came to.
enum Outcome {
    Taken,
    NoBetter,
    NoTime,
}

/// Adds to `base` what is found to be worthwhile, and says in words what of the table is not learnt from. What has not been
/// tried when the time `is_up` is left out.
///
/// # Errors
/// [`SignatureError`] of `base`.
pub(crate) fn derive(
    rows: Rows<'_>,
    base: Learnt,
    seed: u64,
    is_up: &dyn Fn() -> bool,
) -> Result<(Learnt, Vec<String>), SignatureError> {
    let (mut best, mut warnings) = (Draft::of(base), Vec::new());
    let mut trial = Trial::new(rows, seed, is_up);
    for step in [steps::with_parts, steps::with_statistics] {
        if let Some(next) = step(&best, rows) {
            take(&mut best, next, &mut trial)?;
        }
    }
    let is_left_out =
        |column: &&FrameColumn| matches!(column.values, Values::Text { .. }) && !best.has(&column.name);
    let texts: Vec<&FrameColumn> = rows.frame.columns().iter().filter(is_left_out).collect();
    for (number, text) in texts.into_iter().enumerate() {
        let why = match steps::with_words(&best, rows, text).filter(|_| number < MAX_TEXTS) {
            Some(next) => match take(&mut best, next, &mut trial)? {
                Outcome::Taken => continue,
                Outcome::NoBetter => "its words make trees no better in cross-validation",
                Outcome::NoTime => "there was no time to find out whether its words are of use",
            },
            None if number >= MAX_TEXTS => "there are too many text columns before it",
            None => "no word is in enough of the rows",
        };
        warnings.push(format!("column {:?} is not learnt from: of a text the words can be, and {why}", text.name));
    }
    Ok((best.learnt()?, warnings))
}

/// Takes `next` for the best if it is better.
fn take(best: &mut Draft, next: Draft, trial: &mut Trial<'_>) -> Result<Outcome, SignatureError> {
    let outcome = trial.compare(&best.learnt()?, &next.learnt()?);
    if matches!(outcome, Outcome::Taken) {
        *best = next;
    }
    Ok(outcome)
}
