//! From the scores of a model to its answer: labels and shares of the classes.

use evergreen_lifecycle::MAX_LABELS;

use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues};
use super::arithmetic::sigmoid;
use super::reductions::softmax;

/// The function that an operator applies to its scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScoreTransform {
    None,
    Logistic,
    Softmax,
    SoftmaxZero,
    Probit,
}

impl ScoreTransform {
    pub(super) fn read(given: &mut Given) -> Outcome<Self> {
        match given.text("post_transform").as_deref() {
            None | Some("NONE") => Ok(Self::None),
            Some("LOGISTIC") => Ok(Self::Logistic),
            Some("SOFTMAX") => Ok(Self::Softmax),
            Some("SOFTMAX_ZERO") => Ok(Self::SoftmaxZero),
            Some("PROBIT") => Ok(Self::Probit),
            Some(_) => Err(StepFault::new("its post_transform is unknown")),
        }
    }

    pub(super) fn apply(self, scores: &mut [f64]) {
        match self {
            Self::None => {}
            Self::Logistic => scores.iter_mut().for_each(|score| *score = sigmoid(*score)),
            Self::Softmax => softmax(scores),
            Self::SoftmaxZero => {
                // Scores of 0 stay 0.
                let zeros: Vec<bool> = scores.iter().map(|score| *score == 0.0).collect();
                softmax(scores);
                scores.iter_mut().zip(zeros).filter(|(_, zero)| *zero).for_each(|(score, _)| *score = 0.0);
                let sum: f64 = scores.iter().sum();
                if sum > 0.0 {
                    scores.iter_mut().for_each(|score| *score /= sum);
                }
            }
            Self::Probit => scores.iter_mut().for_each(|score| *score = probit(*score)),
        }
    }
}

/// Returns the inverse of the error function, scaled as ONNX does it: the quantile of the normal distribution.
fn probit(share: f64) -> f64 {
    let x = 2.0 * share - 1.0;
    let sign = if x < 0.0 { -1.0 } else { 1.0 };
    let log = libm::log((1.0 - x) * (1.0 + x));
    let v = 2.0 / (std::f64::consts::PI * 0.147) + 0.5 * log;
    let v2 = 1.0 / 0.147 * log;
    std::f64::consts::SQRT_2 * sign * libm::sqrt(libm::sqrt(v * v - v2) - v)
}

/// The labels of a classifier in the file.
#[derive(Debug, Clone)]
pub(super) struct ClassLabels(TensorValues);

impl ClassLabels {
    pub(super) fn read(given: &mut Given) -> Outcome<Self> {
        let texts = given.texts("classlabels_strings")?;
        let numbers = given.ints("classlabels_ints").or(given.ints("classlabels_int64s"));
        let labels = match (texts, numbers) {
            (Some(texts), _) if !texts.is_empty() => Self(TensorValues::Text(texts)),
            (_, Some(numbers)) if !numbers.is_empty() => Self(TensorValues::Whole(numbers)),
            _ => return Err(StepFault::new("it has no labels; export the classifier with its labels")),
        };
        if labels.len() > MAX_LABELS {
            return Err(StepFault::new(format!("it has {} labels; expected at most {MAX_LABELS}", labels.len())));
        }
        Ok(labels)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the answer of a classifier: the label of each row, and the scores of all rows.
    pub(super) fn answer(&self, classes: Vec<usize>, scores: Vec<f64>) -> Outcome<Vec<Tensor>> {
        let rows = classes.len();
        let labels = Tensor::list(self.0.pick(classes.into_iter())?);
        let width = scores.len().checked_div(rows).unwrap_or(0);
        // ONNX demands floats as scores, also for doubles as inputs.
        let scores = scores.into_iter().map(|score| score as f32).collect();
        Ok(vec![labels, Tensor::new(vec![rows, width], TensorValues::Float(scores))?])
    }
}

/// Returns the index of the greatest score, and the first one of equal scores.
pub(in crate::graph) fn first_greatest(scores: &[f64]) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (place, &score) in scores.iter().enumerate() {
        if score > best.1 {
            best = (place, score);
        }
    }
    best.0
}
