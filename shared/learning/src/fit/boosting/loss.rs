//! Computes the loss that gradient boosting minimises, and the derivatives of the loss.

use rayon::prelude::*;

use super::grow::GrownTree;
use super::partition::GradientRow;
use crate::fit::features::{TrainingData, Truth};
use crate::fit::forest::moments;

// The limit takes effect if no row or every row has the class.
/// Limit of the start score of a class in gradient boosting: the score (log-odds) is between -16 and 16.
const MAX_LOG_ODDS: f64 = 16.0;

// Without this minimum, a row that is predicted with certainty would not count.
/// Minimum second derivative of a row's loss in gradient boosting.
const MIN_CURVATURE: f32 = 1e-16;

/// Minimum number of rows whose derivatives one parallel task computes.
const PIECE: usize = 1 << 13;

/// The loss of the training rows during boosting, with the true targets and the current scores.
pub(super) struct Loss {
    kind: LossKind,
    /// The true target of each training row: the index of its class, or its standardised number in a regression.
    truth: Vec<f32>,
    /// The weight of each training row. Empty if all rows have the weight 1.
    weights: Vec<f32>,
    // A score is the start score plus what all trees so far add.
    /// Current scores of the training rows in gradient boosting. One list for each class if there are more than two
    /// classes, otherwise one list.
    scores: Vec<Vec<f64>>,
    /// Start scores of gradient boosting, before the first tree. One for each class if there are more than two classes,
    /// otherwise one.
    start: Vec<f64>,
    // These probabilities are used only with more than two classes.
    /// For each class, the predicted probability of every training row before the current boosting round.
    probabilities: Vec<Vec<f32>>,
    offset: f64,
    scale: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum LossKind {
    /// Logistic loss, for two classes. The score of a row is the log-odds of the second class.
    Logistic,
    /// Softmax loss, for more than two classes. A row has one score for each class.
    Softmax,
    /// Loss for regression: half the squared error.
    Squared,
}

/// How true targets become the numbers that boosting is fitted to: classes as they are, numbers standardised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TruthScale {
    /// Number of classes. `None` for regression.
    classes: Option<usize>,
    offset: f64,
    scale: f64,
}

impl TruthScale {
    /// Computes the scale from the true targets of `rows`.
    pub(crate) fn of(truth: Truth<'_>, rows: &[u32]) -> Self {
        match truth {
            Truth::Numbers(numbers) => {
                let (offset, scale) = moments(rows.iter().filter_map(|row| numbers.get(*row as usize).copied()));
                Self { classes: None, offset, scale }
            }
            Truth::Classes { count, .. } => Self { classes: Some(count), offset: 0.0, scale: 1.0 },
        }
    }

    /// Returns the true target of a row as boosting is fitted to it.
    pub(super) fn truth(self, truth: Truth<'_>, row: u32) -> f32 {
        match truth {
            Truth::Numbers(numbers) => {
                ((numbers.get(row as usize).copied().unwrap_or_default() - self.offset) / self.scale) as f32
            }
            Truth::Classes { classes, .. } => classes.get(row as usize).copied().unwrap_or_default() as f32,
        }
    }
}

impl Loss {
    /// Creates the loss of gradient boosting for the training rows `rows`.
    pub(super) fn new(training: &TrainingData<'_>, rows: &[u32]) -> Self {
        // There must be at least one row, and all weights must be above 0.
        debug_assert!(training.truth.has(rows), "every row has a truth");
        let weights: Vec<f32> = match training.weights {
            Some(_) => rows.iter().map(|row| training.weight(*row)).collect(),
            None => Vec::new(),
        };
        let scale = TruthScale::of(training.truth, rows);
        let truth = rows.iter().map(|row| scale.truth(training.truth, *row)).collect();
        Self::of(truth, weights, scale)
    }

    /// Creates the loss for rows with these true targets, as `scale` computes them.
    pub(super) fn of(truth: Vec<f32>, weights: Vec<f32>, scale: TruthScale) -> Self {
        // `weights` is empty if all rows count the same.
        let TruthScale { classes, offset, scale } = scale;
        let share = |class: usize| mean(&truth, &weights, |truth| f64::from(u8::from(truth == class as f32)));
        let (kind, start) = match classes {
            None => (LossKind::Squared, vec![mean(&truth, &weights, f64::from)]),
            Some(2) => {
                let odds = libm::log(share(1) / (1.0 - share(1))).clamp(-MAX_LOG_ODDS, MAX_LOG_ODDS);
                (LossKind::Logistic, vec![odds])
            }
            Some(count) => {
                let start = (0..count).map(|class| libm::log(share(class)).max(-MAX_LOG_ODDS)).collect();
                (LossKind::Softmax, start)
            }
        };
        let scores = start.iter().map(|start| vec![*start; truth.len()]).collect();
        Self { kind, truth, weights, scores, start, probabilities: Vec::new(), offset, scale }
    }

    /// Returns the number of training rows.
    pub(super) fn rows(&self) -> usize {
        self.truth.len()
    }

    /// Returns how many scores a row has: the number of classes if there are more than two, otherwise 1.
    pub(super) fn outputs(&self) -> usize {
        self.start.len()
    }

    /// Returns the factor that converts leaf values to the unit of the target. 1 for classification.
    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    /// Returns the constants to which the trees' predictions are added. One for each class if there are more than two
    /// classes, otherwise one.
    pub(super) fn base(&self) -> Vec<f32> {
        self.start.iter().map(|start| (self.offset + self.scale * start) as f32).collect()
    }

    /// Starts a boosting round. With more than two classes, computes the current probabilities of all rows.
    #[expect(
        clippy::indexing_slicing,
        reason = "truth, weights and scores have a number for every row that is fitted on"
    )]
    pub(super) fn start_round(&mut self) {
        if self.kind != LossKind::Softmax {
            return;
        }
        let (outputs, rows) = (self.outputs(), self.truth.len());
        self.probabilities.resize_with(outputs, || vec![0.0; rows]);
        let scores = &self.scores;
        let normaliser: Vec<f64> = (0..rows)
            .into_par_iter()
            .with_min_len(PIECE)
            .map(|row| {
                let highest = scores.iter().fold(f64::NEG_INFINITY, |highest, scores| highest.max(scores[row]));
                highest + libm::log(scores.iter().map(|scores| libm::exp(scores[row] - highest)).sum::<f64>())
            })
            .collect();
        for (probabilities, scores) in self.probabilities.iter_mut().zip(scores) {
            let all = probabilities.par_iter_mut().with_min_len(PIECE).zip(scores).zip(&normaliser);
            all.for_each(|((p, score), normaliser)| *p = libm::exp(score - normaliser) as f32);
        }
    }

    /// Returns each training row with the first and second derivative of the row's loss with respect to one score.
    /// `output` is the index of the score.
    #[expect(
        clippy::indexing_slicing,
        reason = "truth, weights and scores have a number for every row that is fitted on"
    )]
    pub(super) fn gradients(&self, output: usize, mut memory: Vec<GradientRow>) -> Vec<GradientRow> {
        // `output` is the index of the score. `memory` is a list whose memory is used again.
        let (kind, scores) = (self.kind, self.scores.get(output).map_or(&[][..], Vec::as_slice));
        let probabilities = self.probabilities.get(output);
        let entry = |row: usize| {
            let (truth, weight) = (self.truth[row], self.weights.get(row).copied().unwrap_or(1.0));
            let (first, second) = match kind {
                LossKind::Squared => (scores[row] as f32 - truth, 1.0),
                LossKind::Logistic => {
                    let p = (1.0 / (1.0 + libm::exp(-scores[row]))) as f32;
                    (p - truth, p * (1.0 - p))
                }
                LossKind::Softmax => {
                    let p = probabilities.map_or(0.0, |all| all[row]);
                    (p - f32::from(u8::from(truth == output as f32)), p * (1.0 - p))
                }
            };
            GradientRow { row: row as u32, gradients: [first * weight, second.max(MIN_CURVATURE) * weight] }
        };
        (0..self.truth.len()).into_par_iter().with_min_len(PIECE).map(entry).collect_into_vec(&mut memory);
        memory
    }

    /// Adds the value of each tree leaf to the current scores of the training rows in the leaf.
    #[expect(clippy::indexing_slicing, reason = "each output has a score for every row that is fitted on")]
    pub(super) fn add<'a>(&mut self, output: usize, leaves: impl Iterator<Item = (&'a [GradientRow], f64)>) {
        // `output` is the index of the score.
        let Some(scores) = self.scores.get_mut(output) else { return };
        for (entries, answer) in leaves {
            entries.iter().for_each(|entry| scores[entry.row as usize] += answer);
        }
    }

    /// Adds a tree's values to the scores of training rows that were left out by row sampling.
    #[expect(clippy::indexing_slicing, reason = "each output has a score for every row that is fitted on")]
    pub(super) fn add_each(
        &mut self,
        output: usize,
        rows: &[u32],
        code: impl Fn(u32, usize) -> u8 + Sync,
        grown: &GrownTree,
    ) {
        // `output` is the index of the score. `code` returns the bin number of a row for a feature.
        let Some(scores) = self.scores.get_mut(output) else { return };
        let answer = |row: &u32| grown.answer(|feature| code(*row, feature));
        let answers: Vec<f64> = rows.par_iter().with_min_len(PIECE).map(answer).collect();
        rows.iter().zip(answers).for_each(|(row, answer)| scores[*row as usize] += answer);
    }

    /// Adds the values of earlier rounds' trees to the scores of all training rows, in the order of the rounds.
    pub(super) fn replay(&mut self, rounds: &[Vec<GrownTree>], code: impl Fn(u32, usize) -> u8 + Sync) {
        // The sums are the same to the last bit as if each round had added its values at its end.
        for (output, scores) in self.scores.iter_mut().enumerate() {
            let trees: Vec<&GrownTree> = rounds.iter().filter_map(|round| round.get(output)).collect();
            let all = scores.par_iter_mut().enumerate().with_min_len(PIECE);
            all.for_each(|(row, score)| {
                trees.iter().for_each(|tree| *score += tree.answer(|feature| code(row as u32, feature)));
            });
        }
    }

    /// Returns the start scores of gradient boosting, before the first tree. One for each class if there are more than
    /// two classes, otherwise one.
    pub(super) fn start(&self) -> &[f64] {
        &self.start
    }

    /// Returns the true target of a row as the loss needs it: the index of the class, or a standardised number.
    pub(super) fn truth_of(&self, truth: Truth<'_>, row: u32) -> f64 {
        match truth {
            Truth::Numbers(numbers) => {
                (numbers.get(row as usize).copied().unwrap_or_default() - self.offset) / self.scale
            }
            Truth::Classes { classes, .. } => classes.get(row as usize).copied().unwrap_or_default().into(),
        }
    }
}

/// Returns the loss of one row from its true target (`value`) and its current scores.
pub(super) fn loss_of(truth: Truth<'_>, value: f64, scores: impl Iterator<Item = f64> + Clone) -> f64 {
    // The true target is the index of the class, or a standardised number.
    let first = scores.clone().next().unwrap_or_default();
    match truth {
        Truth::Numbers(_) => (first - value).powi(2),
        Truth::Classes { count: 2, .. } => {
            let odds = if value > 0.0 { -first } else { first };
            // This is ln(1 + e^odds), computed in a way that does not overflow.
            odds.max(0.0) + libm::log1p(libm::exp(-odds.abs()))
        }
        Truth::Classes { .. } => {
            let highest = scores.clone().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.clone().map(|score| libm::exp(score - highest)).sum();
            highest + libm::log(sum) - scores.clone().nth(value as usize).unwrap_or_default()
        }
    }
}

/// Applies the function `of` to each of the `values`, and returns the weighted mean of the results.
fn mean(values: &[f32], weights: &[f32], of: impl Fn(f32) -> f64) -> f64 {
    // Without weights, all values count the same.
    if weights.is_empty() {
        return values.iter().map(|value| of(*value)).sum::<f64>() / values.len() as f64;
    }
    let total: f64 = weights.iter().copied().map(f64::from).sum();
    values.iter().zip(weights).map(|(value, weight)| of(*value) * f64::from(*weight)).sum::<f64>() / total
}
