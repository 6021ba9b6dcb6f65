//! Target encoding: replaces the texts of a column with many different texts by statistics of the target
//! (Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD Explorations 3, 2001).
//!
//! The statistic of a text is the mean of the target over the rows with this text. Smoothing draws it towards the mean
//! of all rows: the overall mean counts as a certain number of rows. For a class, the feature is the log-odds of this
//! mean. The feature of a training row must not contain the row's own target. So the rows are split into parts, and the
//! statistic of a row is computed from the other parts (out-of-fold). Rows of one group, and equal rows, are in one
//! part, because they reveal each other's target. For predictions, the statistic is computed from all training rows.

use std::sync::Arc;

use evergreen_lifecycle::{Column, ColumnKind};
use evergreen_scoring::Statistic;
use evergreen_table::{Frame, Target};

use crate::rows::Encoder;

// The encoding of a row is computed from the rows of the other parts.
/// Number of parts into which the training rows are split for out-of-fold target encoding.
const PARTS: usize = 10;

// With the amount 4, the overall mean counts as 4 rows when it is averaged with the mean of a text.
/// Target encoding: the amounts of smoothing to choose from.
const SMOOTHING: [f64; 4] = [1.0, 4.0, 16.0, 64.0];

// The most frequent classes are taken.
/// Target encoding: maximum number of target classes for which the share of rows in each text becomes a feature.
const MAX_CLASSES: usize = 10;

// The gain is the reduction of the squared error, compared with always predicting the overall mean.
/// Target encoding is used only if it improves predictions by more than this many standard errors of the gain.
const MIN_GAIN_IN_STANDARD_ERRORS: f64 = 3.0;

// The largest share is 1 minus this value. So the log-odds are finite.
/// Target encoding: lower limit of a class's share before the log-odds are computed, so that log-odds stay finite.
const MIN_SHARE: f64 = 1e-4;

/// Settings of one target-encoded feature: its text column, its class, and its smoothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StatisticPlan {
    /// Index of the text column's value in a raw row (the row of a model's input numbers).
    pub(crate) slot: u32,
    /// The class whose share among a text's rows is the feature. `None` for regression, where the mean target is used.
    pub(crate) class: Option<u32>,
    /// Amount of smoothing: the overall mean of the target counts as this many rows in the mean of each text.
    pub(crate) smoothing: f64,
}

/// The texts of one column. Each different text has a number (code).
#[derive(Debug, Clone)]
pub(crate) struct ColumnTexts {
    // The highest code, `count - 1`, means that the text is missing.
    /// The code (number) of each row's text, smaller than `count`.
    pub(crate) codes: Arc<[u32]>,
    /// Number of different codes, including the one for a missing text.
    pub(crate) count: usize,
    // A row's encoding is computed only from rows of other parts.
    /// For each row, its part number in out-of-fold target encoding. A row is encoded from the rows of all other parts.
    pub(crate) parts: Arc<[u8]>,
}

impl ColumnTexts {
    /// Returns the texts of `column` in the given `rows`. `None` if the column is not a category in the model's
    /// signature.
    pub(crate) fn of(frame: &Frame, column: &Column, rows: &[u32], parts: Arc<[u8]>) -> Option<Self> {
        // The argument `parts` comes from the function `parts`.
        let ColumnKind::Category { categories, rare } = &column.kind else { return None };
        let encoder = Encoder::of(frame, std::slice::from_ref(column)).ok()?;
        let count = categories.len() + rare.len() + 2;
        let code = |raw: f32| if raw.is_nan() { count as u32 - 1 } else { raw as u32 };
        let codes = encoder.rows(rows.iter().copied()).into_iter().map(code).collect();
        Some(Self { codes, count, parts })
    }
}

/// A target-encoded feature that is not computed yet: its settings, and the texts of its column.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) texts: ColumnTexts,
    pub(crate) plan: StatisticPlan,
}

/// One target-encoded feature, computed from training rows.
#[derive(Debug)]
pub(crate) struct FittedStatistic {
    // The numbers are computed from all training rows.
    /// Target encoding for predictions: the number that replaces each text of the column.
    pub(crate) statistic: Statistic,
    // The value of a training row is computed without the row's own target (out-of-fold).
    /// Values of the target-encoded feature during training, one for each row.
    pub(crate) feature: Vec<f32>,
}

/// A number of training rows, and the sum of the target over these rows.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    rows: f64,
    target: f64,
}

impl Sum {
    fn add(&mut self, target: f64) {
        self.rows += 1.0;
        self.target += target;
    }

    fn without(self, other: Self) -> Self {
        Self { rows: self.rows - other.rows, target: self.target - other.target }
    }

    /// Returns the mean of the target, drawn towards the overall mean `prior` (smoothing).
    fn smoothed(self, prior: f64, smoothing: f64) -> f64 {
        // Smoothing draws it towards `prior`, which counts as `smoothing` rows.
        (self.target + smoothing * prior) / (self.rows + smoothing)
    }

    fn mean(self) -> f64 {
        if self.rows > 0.0 { self.target / self.rows } else { 0.0 }
    }
}

/// Sums of the target for target encoding: over all rows, by part of the rows, by text, and by text and part.
struct TargetSums {
    all: Sum,
    parts: [Sum; PARTS],
    codes: Vec<Sum>,
    codes_of_parts: Vec<[Sum; PARTS]>,
}

/// Splits rows into parts for out-of-fold target encoding. Returns the part number of each row.
pub(crate) fn parts(unit_keys: &[u64]) -> Arc<[u8]> {
    // Rows with the same key in `unit_keys` are in the same part.
    unit_keys.iter().map(|key| part(*key) as u8).collect()
}

fn part(key: u64) -> usize {
    // The steps below are the last steps of the random number generator SplitMix64. They spread the keys evenly over
    // the parts.
    let mut bits = key.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) % PARTS as u64) as usize
}

fn value_of(target: &Target, class: Option<u32>, row: u32) -> f64 {
    debug_assert!((row as usize) < target.len(), "row {row} of {} has a target", target.len());
    match target {
        Target::Numbers(numbers) => numbers.get(row as usize).copied().unwrap_or_default(),
        Target::Classes { classes, .. } => f64::from(u8::from(classes.get(row as usize).copied() == class)),
    }
}

impl TargetSums {
    fn of(recipe: &Recipe, target: &Target, rows: &[u32]) -> Self {
        let mut sums = Self {
            all: Sum::default(),
            parts: [Sum::default(); PARTS],
            codes: vec![Sum::default(); recipe.texts.count],
            codes_of_parts: vec![[Sum::default(); PARTS]; recipe.texts.count],
        };
        for &row in rows {
            let value = value_of(target, recipe.plan.class, row);
            sums.all.add(value);
            let part = recipe.part(row);
            if let Some(sum) = sums.parts.get_mut(part) {
                sum.add(value);
            }
            let code = recipe.code(row);
            if let (Some(sum), Some(parts)) = (sums.codes.get_mut(code), sums.codes_of_parts.get_mut(code)) {
                sum.add(value);
                if let Some(sum) = parts.get_mut(part) {
                    sum.add(value);
                }
            }
        }
        sums
    }

    /// Returns the mean of the target over all rows with the given text `code`, drawn towards the overall mean.
    fn whole(&self, code: usize, smoothing: f64) -> f64 {
        let sum = self.codes.get(code).copied().unwrap_or_default();
        sum.smoothed(self.all.mean(), smoothing)
    }

    /// Target encoding: returns the smoothed mean of the target over the rows with text `code`, except those in `part`.
    fn apart(&self, code: usize, part: usize, smoothing: f64) -> f64 {
        let of = |sums: &[Sum; PARTS]| sums.get(part).copied().unwrap_or_default();
        let prior = self.all.without(of(&self.parts)).mean();
        let own = self.codes_of_parts.get(code).map(of).unwrap_or_default();
        self.codes.get(code).copied().unwrap_or_default().without(own).smoothed(prior, smoothing)
    }
}

impl Recipe {
    fn code(&self, row: u32) -> usize {
        self.texts.codes.get(row as usize).map_or(usize::MAX, |code| *code as usize)
    }

    fn part(&self, row: u32) -> usize {
        self.texts.parts.get(row as usize).map_or(0, |part| usize::from(*part))
    }

    fn feature(&self, mean: f64) -> f32 {
        match self.plan.class {
            None => mean as f32,
            Some(_) => {
                let share = mean.clamp(MIN_SHARE, 1.0 - MIN_SHARE);
                libm::log(share / (1.0 - share)) as f32
            }
        }
    }

    /// Computes the target encoding of each text of the column from `rows`.
    pub(crate) fn learn(&self, target: &Target, rows: &[u32]) -> FittedStatistic {
        // Rows of the learner outside `rows` get the same number as at prediction.
        let sums = TargetSums::of(self, target, rows);
        let whole = |code| self.feature(sums.whole(code, self.plan.smoothing));
        let values: Vec<f32> = (0..self.texts.count).map(whole).collect();
        let of_code = |code: &u32| values.get(*code as usize).copied().unwrap_or_default();
        let mut feature: Vec<f32> = self.texts.codes.iter().map(of_code).collect();
        for &row in rows {
            if let Some(feature) = feature.get_mut(row as usize) {
                *feature = self.feature(sums.apart(self.code(row), self.part(row), self.plan.smoothing));
            }
        }
        FittedStatistic { statistic: Statistic { slot: self.plan.slot, values }, feature }
    }
}

/// Decides which target encodings replace the texts of the column at index `slot`. Empty if no encoding helps.
pub(crate) fn plan_statistics(slot: u32, texts: &ColumnTexts, target: &Target, rows: &[u32]) -> Vec<StatisticPlan> {
    // The features must clearly reduce the error on `rows`. The error is out-of-fold: a row's encoding is computed
    // without the rows of its part.
    let recipe = |class| Recipe { texts: texts.clone(), plan: StatisticPlan { slot, class, smoothing: 0.0 } };
    let recipes: Vec<Recipe> = classes(target).into_iter().map(recipe).collect();
    let sums: Vec<TargetSums> = recipes.iter().map(|recipe| TargetSums::of(recipe, target, rows)).collect();
    let gains = SMOOTHING.into_iter().map(|smoothing| (smoothing, gain(&recipes, &sums, target, rows, smoothing)));
    match gains.max_by(|(_, (a, _)), (_, (b, _))| a.total_cmp(b)) {
        Some((smoothing, (mean, error))) if mean > MIN_GAIN_IN_STANDARD_ERRORS * error => {
            recipes.into_iter().map(|recipe| StatisticPlan { smoothing, ..recipe.plan }).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the target classes for which a text column gets a target-encoded feature. A single `None` for regression.
fn classes(target: &Target) -> Vec<Option<u32>> {
    let Target::Classes { labels, classes } = target else { return vec![None] };
    // Of two classes, only the second is taken.
    if labels.len() == 2 {
        return vec![Some(1)];
    }
    let mut counts = vec![0_usize; labels.len()];
    for class in classes {
        if let Some(count) = counts.get_mut(*class as usize) {
            *count += 1;
        }
    }
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    // Of more classes, the most frequent ones are taken.
    order.sort_by_key(|class| std::cmp::Reverse(counts.get(*class as usize).copied()));
    order.truncate(MAX_CLASSES);
    order.sort_unstable();
    order.into_iter().map(Some).collect()
}

/// Returns how much target encoding lowers the squared error of predictions, and the standard error of this number.
fn gain(recipes: &[Recipe], sums: &[TargetSums], target: &Target, rows: &[u32], smoothing: f64) -> (f64, f64) {
    // The gain is the reduction of the mean squared error, compared with predicting the overall mean.
    let (mut sum, mut squares) = (0.0, 0.0);
    for &row in rows {
        let of = |(recipe, sums): (&Recipe, &TargetSums)| {
            let (value, part) = (value_of(target, recipe.plan.class, row), recipe.part(row));
            let prior = sums.apart(usize::MAX, part, smoothing);
            (value - prior).powi(2) - (value - sums.apart(recipe.code(row), part, smoothing)).powi(2)
        };
        let gain: f64 = recipes.iter().zip(sums).map(of).sum();
        sum += gain;
        squares += gain * gain;
    }
    let count = (rows.len() as f64).max(1.0);
    let mean = sum / count;
    (mean, ((squares / count - mean * mean).max(0.0) / count).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn two(classes: Vec<u32>) -> Target {
        Target::Classes { labels: vec!["no".into(), "yes".into()], classes }
    }

    fn recipe(codes: Vec<u32>, count: usize, class: Option<u32>) -> Recipe {
        let parts = parts(&(0..codes.len() as u64).collect::<Vec<_>>());
        let texts = ColumnTexts { codes: codes.into(), count, parts };
        Recipe { texts, plan: StatisticPlan { slot: 0, class, smoothing: 1.0 } }
    }

    #[test]
    fn the_statistic_of_a_text_is_its_mean_shrunk_towards_the_overall_mean() {
        let target = Target::Numbers(vec![10.0, 20.0, 40.0, 0.0, 90.0]);
        let learnt = recipe(vec![0, 0, 1, 1, 1], 4, None).learn(&target, &[0, 1, 2, 3]);
        // The mean of the four training rows is 17.5. The fifth row is not a training row, and two text codes occur in
        // no row.
        assert_eq!(learnt.statistic.values, [47.5 / 3.0, 57.5 / 3.0, 17.5, 17.5].map(|value: f64| value as f32));
        assert_eq!(learnt.feature[4], learnt.statistic.values[1]);
    }

    #[test]
    fn words_that_help_are_kept_and_others_are_left_out() {
        let codes: Vec<u32> = (0..400).map(|row| row % 100).collect();
        let rows: Vec<u32> = (0..400).collect();
        let decided = two(codes.iter().map(|code| code % 2).collect());
        let texts = recipe(codes, 101, None).texts;
        assert_eq!(plan_statistics(3, &texts, &decided, &rows).len(), 1);
        let by_chance = two(rows.iter().map(|row| u32::from(part(u64::from(*row) + 9999) > 4)).collect());
        assert_eq!(plan_statistics(3, &texts, &by_chance, &rows), []);
    }

    #[test]
    fn the_most_frequent_of_many_classes_have_a_statistic() {
        let labels = (0..12).map(evergreen_lifecycle::Label::Integer).collect();
        let classes_of = (0..12_u32).flat_map(|class| std::iter::repeat_n(class, 12 - class as usize)).collect();
        let found = classes(&Target::Classes { labels, classes: classes_of });
        assert_eq!(found, (0..10).map(Some).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn neither_the_holdout_nor_a_row_itself_changes_its_statistic(
            rows in prop::collection::vec((0..6_u32, any::<bool>(), any::<bool>()), 12..80),
            changed in any::<prop::sample::Index>(),
        ) {
            let codes: Vec<u32> = rows.iter().map(|(code, _, _)| *code).collect();
            let training: Vec<u32> = (0..rows.len() as u32).filter(|row| rows[*row as usize].2).collect();
            let changed = changed.index(rows.len());
            let flipped = |row: usize, class: bool| u32::from(class != (row == changed));
            let before = two(rows.iter().map(|(_, class, _)| u32::from(*class)).collect());
            let after = two(rows.iter().enumerate().map(|(row, (_, class, _))| flipped(row, *class)).collect());
            let recipe = recipe(codes, 7, Some(1));
            let (before, after) = (recipe.learn(&before, &training), recipe.learn(&after, &training));
            if rows[changed].2 {
                prop_assert_eq!(before.feature[changed].to_bits(), after.feature[changed].to_bits());
            }
            if !rows[changed].2 {
                prop_assert_eq!(before.feature, after.feature);
                prop_assert_eq!(before.statistic, after.statistic);
            }
        }
    }
}
