//! From the outputs of a graph to the answer: labels and probabilities, or a number.

use std::sync::Arc;

use evergreen_lifecycle::{Signature, Task};
use serde::{Deserialize, Serialize};

use super::operators::first_greatest;
use super::problem::StepFault;
use super::program::{GraphProgram, StepProblem};
use super::tensor::{Tensor, TensorValues};
use crate::pipeline::MAX_OUTPUT;
use crate::predictions::ClassPredictions;

/// Maximum difference between 1 and the sum of the probabilities of a row. A file rounds them.
pub(super) const SUM_TOLERANCE: f64 = 1e-3;

/// How the outputs of a graph become an answer. It is stored in the artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AnswerPlan {
    /// The place of the output with the number.
    Number(usize),
    Classes {
        /// The place of the output with the label, if there is one.
        label: Option<usize>,
        /// The place of the output with the probabilities. `None`: the predicted label has the probability 1.
        scores: Option<usize>,
        /// The labels of the file as texts, in the order of its probabilities.
        labels: Vec<String>,
        /// The class in the table of each label of the file.
        classes: Vec<u32>,
    },
}

fn problem(text: &'static str) -> StepProblem {
    StepProblem::of_graph(StepFault::new(text))
}

impl AnswerPlan {
    /// Returns whether the plan can be used with these outputs and this signature.
    pub(super) fn fits(&self, program: &GraphProgram, signature: &Signature) -> bool {
        let exists = |place: usize| place < program.outputs.len();
        match self {
            Self::Number(place) => signature.task() == Task::Regression && exists(*place),
            Self::Classes { label, scores, labels, classes } => {
                let count = signature.labels().len();
                let mut sorted = classes.clone();
                sorted.sort_unstable();
                let is_permutation = sorted.iter().map(|&class| class as usize).eq(0..count);
                let places = [label, scores].into_iter().flatten();
                signature.task() == Task::Classification
                    && is_permutation
                    && labels.len() == count
                    && (label.is_some() || scores.is_some())
                    && places.copied().all(exists)
            }
        }
    }

    /// Appends the predicted numbers of `count` rows.
    pub(super) fn push_numbers(
        &self,
        outputs: &[Arc<Tensor>],
        count: usize,
        values: &mut Vec<f32>,
    ) -> Result<(), StepProblem> {
        let Self::Number(place) = self else { return Err(problem("its answer is no number")) };
        let output = outputs.get(*place).ok_or_else(|| problem("an output is missing"))?;
        let numbers = output.values.doubles().map_err(|_| problem("its output is no number"))?;
        if numbers.len() != count {
            return Err(problem("its output has another number of rows than its input"));
        }
        for number in numbers {
            if number.is_nan() {
                return Err(problem("its answer is not a number (NaN)"));
            }
            values.push(number.clamp(f64::from(-MAX_OUTPUT), f64::from(MAX_OUTPUT)) as f32);
        }
        Ok(())
    }

    /// Appends the predicted classes and the probabilities of `count` rows.
    pub(super) fn push_classes(
        &self,
        outputs: &[Arc<Tensor>],
        count: usize,
        predictions: &mut ClassPredictions,
    ) -> Result<(), StepProblem> {
        let Self::Classes { label, scores, labels, classes } = self else {
            return Err(problem("its answer is no label"));
        };
        let output = |place: &usize| outputs.get(*place).ok_or_else(|| problem("an output is missing"));
        let chosen = match label {
            Some(place) => Some(label_places(output(place)?, labels)?),
            None => None,
        };
        let shares = match scores {
            Some(place) => Some(probabilities(output(place)?, labels.len(), count)?),
            None => None,
        };
        let lengths = [chosen.as_ref().map(Vec::len), shares.as_ref().map(Vec::len)];
        if lengths.iter().flatten().any(|&length| length != count) {
            return Err(problem("its output has another number of rows than its input"));
        }
        for row in 0..count {
            let shares = shares.as_ref().and_then(|shares| shares.get(row));
            let most = |shares: &Vec<f64>| first_greatest(shares);
            let own = chosen.as_ref().and_then(|chosen| chosen.get(row).copied());
            let own = own.or_else(|| shares.map(most)).unwrap_or_default();
            let class = |place: usize| classes.get(place).map_or(0, |&class| class as usize);
            predictions.push(|to| {
                for place in 0..classes.len() {
                    let share = shares.and_then(|shares| shares.get(place)).copied();
                    let share = share.unwrap_or(f64::from(u8::from(place == own)));
                    to.get_mut(class(place)).into_iter().for_each(|slot| *slot = share as f32);
                }
                class(own)
            });
        }
        Ok(())
    }
}

/// Returns, for each row, the place of its label in the list of the file.
pub(super) fn label_places(output: &Tensor, labels: &[String]) -> Result<Vec<usize>, StepProblem> {
    let place = |text: &str| labels.iter().position(|label| label == text);
    let unknown = || problem("it answers a label that is not in its list");
    match &output.values {
        TensorValues::Text(list) => list.iter().map(|text| place(text).ok_or_else(unknown)).collect(),
        TensorValues::Whole(list) => list.iter().map(|number| place(&number.to_string()).ok_or_else(unknown)).collect(),
        _ => Err(problem("its label is neither a text nor an integer")),
    }
}

/// Returns the probabilities of each row. A single column belongs to the second of two labels.
pub(super) fn probabilities(output: &Tensor, labels: usize, count: usize) -> Result<Vec<Vec<f64>>, StepProblem> {
    let numbers = output.values.doubles().map_err(|_| problem("its probabilities are no numbers"))?;
    let width = numbers.len() / count.max(1);
    let rows = numbers.chunks(width.max(1)).map(|row| match *row {
        [share] if labels == 2 => vec![1.0 - share, share],
        ref row => row.to_vec(),
    });
    rows.map(|row| {
        distribution(row, labels).ok_or_else(|| {
            problem("its probabilities are not numbers from 0 to 1 with the sum 1; export predict_proba")
        })
    })
    .collect()
}

/// Returns the shares of a row with the sum 1. `None`: they are no probabilities.
pub(super) fn distribution(mut row: Vec<f64>, labels: usize) -> Option<Vec<f64>> {
    let is_share = |share: &f64| (-SUM_TOLERANCE..=1.0 + SUM_TOLERANCE).contains(share);
    if row.len() != labels || !row.iter().all(is_share) {
        return None;
    }
    row.iter_mut().for_each(|share| *share = share.max(0.0));
    let sum: f64 = row.iter().sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return None;
    }
    row.iter_mut().for_each(|share| *share /= sum);
    Some(row)
}
