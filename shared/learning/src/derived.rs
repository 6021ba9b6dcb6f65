//! Feature engineering: tries further features, such as date parts, and keeps those that improve the model.

// The further features are date parts, target encoding, and the words of text columns. Target encoding replaces a
// category by a number, such as the mean target of its rows. It is used for columns with many different texts.
//
// A feature is kept only if boosted trees with it predict unseen rows better than without it, by more than chance. This
// is tried on training rows only, or on a sample of them if there are many.

mod draft;
mod steps;
mod trial;

use evergreen_lifecycle::SignatureError;
use evergreen_scoring::MAX_FEATURES;
use evergreen_table::{DatasetSettings, Frame, FrameColumn, Target, Values};

use self::draft::Draft;
use self::trial::FeatureTrial;
use crate::encode::FittedColumns;

/// Maximum number of free-text columns whose words are tried as features.
const MAX_TEXTS: usize = 5;

/// Training rows of a table, with their targets and weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Learnable<'a> {
    /// The columns of the whole table.
    pub(crate) frame: &'a Frame,
    /// Indices of the training rows in `frame`.
    pub(crate) rows: &'a [u32],
    /// Target of each training row.
    pub(crate) target: &'a Target,
    /// Weight of each training row. `None` means that all have the same weight.
    pub(crate) weights: Option<&'a [f32]>,
    /// Date of every row of the table, as a sortable number. `None` if the settings name no date column.
    pub(crate) order: Option<&'a [f64]>,
    /// Group number of every row of the table. Rows of one group (for example, one patient) have the same number.
    /// `None` if the settings name no group column.
    pub(crate) groups: Option<&'a [u64]>,
}

/// Limits on the time and memory for trying further features, such as date parts.
#[derive(Clone, Copy)]
pub(crate) struct DerivingLimits<'a> {
    /// Function that returns whether the time for trying further features is up.
    pub(crate) is_up: &'a dyn Fn() -> bool,
    /// Function that returns whether training a model with the given features fits into memory.
    pub(crate) fits: &'a dyn Fn(&FittedColumns) -> bool,
    /// Whether target encodings are tried. They need the target of all training rows at once.
    pub(crate) has_statistics: bool,
}

/// Result of trying a further feature: whether the feature improved the model, or why it was not tried.
enum Outcome {
    Better,
    NoBetter,
    NoTime,
    NoRoom,
}

/// Tries further features, such as date parts, and adds to `base` those that improve the model. Also returns a warning
/// for every text column that is not used.
///
/// # Errors
/// [`SignatureError`] if there is no column to train on.
pub(crate) fn derive(
    rows: Learnable<'_>,
    base: FittedColumns,
    settings: &DatasetSettings,
    seed: u64,
    limits: DerivingLimits<'_>,
) -> Result<(FittedColumns, Vec<String>), SignatureError> {
    let (mut best, mut warnings) = (Draft::of(base), Vec::new());
    if settings.impute_missing {
        best.allow_missing();
    }
    let is_wanted = settings.derived_features.unwrap_or(true);
    // A feature is added if it makes boosted trees better in cross-validation. Features that are not tried before the
    // time is up are left out.
    let trial = FeatureTrial::new(rows, seed, limits);
    if let Some(next) = steps::with_parts(&best, rows).filter(|_| is_wanted) {
        keep_if_better(&mut best, next, &trial)?;
    }
    if let Some(next) = steps::with_statistics(&best, rows).filter(|_| is_wanted && limits.has_statistics) {
        keep_if_better(&mut best, next, &trial)?;
    }
    let is_left_out = |column: &&FrameColumn| matches!(column.values, Values::Text { .. }) && !best.has(&column.name);
    let texts: Vec<&FrameColumn> = rows.frame.columns().iter().filter(is_left_out).collect();
    for (number, text) in texts.into_iter().enumerate() {
        let why = match steps::with_words(&best, rows, text).filter(|_| is_wanted && number < MAX_TEXTS) {
            Some(next) => match keep_if_better(&mut best, next, &trial)? {
                Outcome::Better => continue,
                Outcome::NoBetter => "its words do not improve the model in cross-validation",
                Outcome::NoRoom => "there is not enough memory for its words",
                Outcome::NoTime => "there was no time to try its words",
            },
            None if !is_wanted => "dataset.toml says derived_features = false",
            None if number >= MAX_TEXTS => "there are too many text columns before it",
            None => "none of its words is in enough rows",
        };
        warnings.push(format!("column {:?} holds texts and is not used for training: {why}", text.name));
    }
    Ok((best.learnt()?, warnings))
}

/// Replaces the features `best` by `next` if a trial shows that models with `next` are better.
fn keep_if_better(best: &mut Draft, next: Draft, trial: &FeatureTrial<'_>) -> Result<Outcome, SignatureError> {
    let learnt = next.learnt()?;
    let features = learnt.preprocessing.features() + learnt.statistics.len();
    let has_room = features <= MAX_FEATURES && (trial.limits.fits)(&learnt);
    let outcome = if has_room { trial.compare(&best.learnt()?, &learnt) } else { Outcome::NoRoom };
    if matches!(outcome, Outcome::Better) {
        *best = next;
    }
    Ok(outcome)
}
