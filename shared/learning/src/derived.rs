//! What columns give beside their values: the parts of a moment, statistics of the target for categories with many texts, and
//! the words of a text.
//!
//! Each is taken in where trees that have it answer rows that they have not learnt from better than trees without it, by more
//! than chance would. That is tried on the training rows alone, and of many rows on some of them.

mod draft;
mod steps;
mod trial;

use evergreen_lifecycle::SignatureError;
use evergreen_scoring::MAX_FEATURES;
use evergreen_table::{DatasetSettings, Frame, FrameColumn, Target, Values};

use self::draft::Draft;
use self::trial::Trial;
use crate::encode::Learnt;

/// Text columns that are tried, at most.
const MAX_TEXTS: usize = 5;

/// Rows to learn from, and what is known of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Learnable<'a> {
    pub(crate) frame: &'a Frame,
    /// The frame's rows.
    pub(crate) rows: &'a [u32],
    /// For each of these rows.
    pub(crate) target: &'a Target,
    pub(crate) weights: Option<&'a [f32]>,
    /// The moments and the groups of all rows of the frame.
    pub(crate) order: Option<&'a [f64]>,
    pub(crate) groups: Option<&'a [u64]>,
}

/// What may not be overstepped.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'a> {
    /// Whether the time is up.
    pub(crate) is_up: &'a dyn Fn() -> bool,
    /// Whether there is memory for it.
    pub(crate) fits: &'a dyn Fn(&Learnt) -> bool,
}

/// What a step came to.
enum Outcome {
    Taken,
    NoBetter,
    NoTime,
    NoRoom,
}

/// Adds to `base` what the `settings` allow and what is found to be worthwhile, and says in words what of the table is not learnt from. What has not been
/// tried when the time is up is left out.
///
/// # Errors
/// [`SignatureError`] of `base`.
pub(crate) fn derive(
    rows: Learnable<'_>,
    base: Learnt,
    settings: &DatasetSettings,
    seed: u64,
    limits: Limits<'_>,
) -> Result<(Learnt, Vec<String>), SignatureError> {
    let (mut best, mut warnings) = (Draft::of(base), Vec::new());
    if settings.impute_missing {
        best.allow_missing();
    }
    let is_wanted = settings.derived_features.unwrap_or(true);
    let trial = Trial::new(rows, seed, limits);
    for step in [steps::with_parts, steps::with_statistics] {
        if let Some(next) = step(&best, rows).filter(|_| is_wanted) {
            take(&mut best, next, &trial)?;
        }
    }
    let is_left_out = |column: &&FrameColumn| matches!(column.values, Values::Text { .. }) && !best.has(&column.name);
    let texts: Vec<&FrameColumn> = rows.frame.columns().iter().filter(is_left_out).collect();
    for (number, text) in texts.into_iter().enumerate() {
        let why = match steps::with_words(&best, rows, text).filter(|_| is_wanted && number < MAX_TEXTS) {
            Some(next) => match take(&mut best, next, &trial)? {
                Outcome::Taken => continue,
                Outcome::NoBetter => "its words make trees no better in cross-validation",
                Outcome::NoRoom => "there is no memory for as many features",
                Outcome::NoTime => "there was no time to find out whether its words are of use",
            },
            None if !is_wanted => "dataset.toml says derived_features = false",
            None if number >= MAX_TEXTS => "there are too many text columns before it",
            None => "no word is in enough of the rows",
        };
        warnings.push(format!("column {:?} is not learnt from: of a text the words can be, and {why}", text.name));
    }
    Ok((best.learnt()?, warnings))
}

/// Takes `next` for the best if it is better.
fn take(best: &mut Draft, next: Draft, trial: &Trial<'_>) -> Result<Outcome, SignatureError> {
    let learnt = next.learnt()?;
    let features = learnt.preprocessing.features() + learnt.statistics.len();
    let has_room = features <= MAX_FEATURES && (trial.limits.fits)(&learnt);
    let outcome = if has_room { trial.compare(&best.learnt()?, &learnt) } else { Outcome::NoRoom };
    if matches!(outcome, Outcome::Taken) {
        *best = next;
    }
    Ok(outcome)
}
