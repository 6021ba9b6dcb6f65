//! Linear models.

use super::super::call::{Budget, RunOperator};
use super::super::given::Given;
use super::super::problem::{Outcome, StepFault};
use super::super::tensor::{Tensor, TensorValues, elements};
use super::GraphOperator;
use super::scores::{ClassLabels, ScoreTransform, first_greatest};
use crate::pipeline::MAX_FEATURES;

pub(super) const OPERATORS: &[GraphOperator] = &[
    GraphOperator { name: "LinearClassifier", read: classifier },
    GraphOperator { name: "LinearRegressor", read: regressor },
];

/// The weights of a linear model, all weights of the first output first.
struct Weights {
    coefficients: Vec<f64>,
    intercepts: Vec<f64>,
    outputs: usize,
}

impl Weights {
    /// Returns the weighted sums of each row.
    fn scores(&self, input: &Tensor, budget: &mut Budget) -> Outcome<Vec<f64>> {
        let (rows, width) = input.rows_and_columns();
        let fits = width.checked_mul(self.outputs) == Some(self.coefficients.len()) && self.outputs <= MAX_FEATURES;
        if width == 0 || !fits {
            return Err(StepFault::new(format!(
                "its {} coefficients do not fit {width} columns",
                self.coefficients.len()
            )));
        }
        elements(&[rows, self.outputs])?;
        budget.spend(&[rows, self.coefficients.len()])?;
        let numbers = input.values.doubles()?;
        let mut scores = Vec::with_capacity(rows * self.outputs);
        for row in numbers.chunks_exact(width) {
            scores.extend(self.coefficients.chunks_exact(width).enumerate().map(|(output, weights)| {
                let sum: f64 = weights.iter().zip(row).map(|(weight, x)| weight * x).sum();
                sum + self.intercepts.get(output).copied().unwrap_or_default()
            }));
        }
        Ok(scores)
    }
}

fn classifier(given: &mut Given) -> Outcome<RunOperator> {
    let labels = ClassLabels::read(given)?;
    let transform = ScoreTransform::read(given)?;
    given.ignore(&["multi_class"]);
    let (coefficients, intercepts) = (given.doubles("coefficients"), given.doubles("intercepts"));
    let outputs = if labels.len() == 2 && intercepts.len() == 1 { 1 } else { labels.len() };
    let weights = Weights { coefficients, intercepts, outputs };
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let scores = weights.scores(input, budget)?;
        let mut all = Vec::with_capacity(scores.len() * 2);
        let mut classes = Vec::new();
        for row in scores.chunks_exact(weights.outputs.max(1)) {
            // A single score belongs to the second label. ONNX Runtime transforms it only with LOGISTIC.
            match (row, transform) {
                (&[score], transform) => {
                    classes.push(usize::from(score > 0.0));
                    let mut both = [-score, score];
                    match transform {
                        ScoreTransform::Logistic => transform.apply(&mut both),
                        _ => both = [1.0 - score, score],
                    }
                    all.extend(both);
                }
                (row, transform) => {
                    let mut row = row.to_vec();
                    classes.push(first_greatest(&row));
                    transform.apply(&mut row);
                    all.extend(row);
                }
            }
        }
        labels.answer(classes, all)
    }))
}

fn regressor(given: &mut Given) -> Outcome<RunOperator> {
    let transform = ScoreTransform::read(given)?;
    let outputs = given.int("targets").and_then(|count| usize::try_from(count).ok()).unwrap_or(1).max(1);
    let (coefficients, intercepts) = (given.doubles("coefficients"), given.doubles("intercepts"));
    let weights = Weights { coefficients, intercepts, outputs };
    Ok(Box::new(move |inputs, budget| {
        let input = inputs.get(0)?;
        let mut scores = weights.scores(input, budget)?;
        scores.chunks_mut(weights.outputs).for_each(|row| transform.apply(row));
        let rows = scores.len() / weights.outputs;
        let numbers = scores.into_iter().map(|score| score as f32).collect();
        Ok(vec![Tensor::new(vec![rows, weights.outputs], TensorValues::Float(numbers))?])
    }))
}
