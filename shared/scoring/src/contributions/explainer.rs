//! A model prepared for explanations, and the explanations of rows.

use evergreen_lifecycle::Task;

use super::ExplainError;
use super::background::{Background, PredictorBackground};
use super::ensemble::{ExplainedTrees, TreeScratch};
use super::links::{Gains, gains};
use crate::link::Answerer;
use crate::model::Model;
use crate::pipeline::{Linear, Link};
use crate::scorer::Scorer;

/// What the contributions to a prediction add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explained {
    /// The predicted number, in the target's unit.
    Number,
    /// The log-odds of a label, with calibration. With two labels it is the second one, and the logistic function of the
    /// log-odds is its probability.
    LogOdds,
    /// The score of the predicted label before softmax, with calibration.
    Score,
    /// The probability of a label, before calibration: of a forest, or of an ensemble of several models.
    Probability,
}

/// Explanations of a batch of rows, in the order of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanations {
    /// What the contributions add up to.
    pub explained: Explained,
    /// The explanations, one for each row.
    pub rows: Vec<Explanation>,
}

/// Explanation of the prediction for one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Index of the label that is explained: the second of two labels, otherwise the predicted one. `None` for a number.
    pub label: Option<usize>,
    /// Expected value if no column is known. With the contributions, it adds up to the explained number.
    pub base: f64,
    /// The contribution of each column, in the order of the signature.
    pub contributions: Vec<f64>,
}

/// A model prepared for explanations.
#[derive(Debug, Clone)]
pub(crate) struct Explainer {
    predictors: Vec<ExplainedPredictor>,
    /// For each feature of the preprocessing, the index of its column.
    columns: Vec<usize>,
}

#[derive(Debug, Clone)]
enum ExplainedPredictor {
    Trees(Box<ExplainedTrees>),
    Linear(Means),
}

/// The means of a linear model's features, and the outputs at the means.
#[derive(Debug, Clone)]
struct Means {
    features: Vec<f64>,
    expected: Vec<f64>,
}

/// Buffers that the rows of a batch share.
#[derive(Default)]
struct RowScratch {
    trees: TreeScratch,
    inputs: Vec<f32>,
    /// The contributions of the features of one predictor.
    features: Vec<f64>,
}

impl Explainer {
    pub(crate) fn new(model: &Model, columns: Vec<usize>, background: &Background) -> Result<Self, ExplainError> {
        let predictors = model.predictors();
        if predictors.len() != background.predictors.len() {
            return Err(ExplainError::Background);
        }
        let pairs = predictors.into_iter().zip(&background.predictors);
        let new = |((scorer, width), known)| ExplainedPredictor::new(scorer, width, background.rows, known);
        Ok(Self { predictors: pairs.map(new).collect::<Result<_, _>>()?, columns })
    }

    /// Returns the work of one explanation: for each node of the trees, the number of points of the quadrature.
    pub(crate) fn work(&self) -> usize {
        self.predictors.iter().map(ExplainedPredictor::work).sum()
    }

    /// Explains the predictions for raw rows. `labels` are the predicted labels of a classifier.
    pub(crate) fn explain(&self, model: &Model, rows: &[f32], labels: &[usize]) -> Result<Explanations, ExplainError> {
        let (features, count) = model.features_of(rows)?;
        let mut scratch = RowScratch::default();
        let width = features.len() / count.max(1);
        let label = |row: usize| match (model.signature().task(), model.signature().labels().len()) {
            (Task::Regression, _) => None,
            (Task::Classification, 2) => Some(1),
            (Task::Classification, _) => labels.get(row).copied(),
        };
        let explained = features.chunks_exact(width.max(1)).enumerate();
        let rows = explained.map(|(row, features)| self.row(model, features, label(row), &mut scratch)).collect();
        Ok(Explanations { explained: explained_as(model), rows })
    }

    fn row(&self, model: &Model, features: &[f32], label: Option<usize>, scratch: &mut RowScratch) -> Explanation {
        let mut explanation =
            Explanation { label, base: 0.0, contributions: vec![0.0; model.signature().columns().len()] };
        for (number, predictor) in self.predictors.iter().enumerate() {
            let RowScratch { trees, inputs, features: by_feature } = scratch;
            model.with_inputs(number, features, inputs, |scorer, inputs| {
                by_feature.clear();
                by_feature.resize(inputs.len(), 0.0);
                let Gains { base, by_output } = self.gains(model, number, (scorer, inputs), label);
                explanation.base += base;
                for (output, gain) in by_output.into_iter().enumerate().filter(|(_, gain)| *gain != 0.0) {
                    predictor.add(scorer, inputs, (output, gain), trees, by_feature);
                }
            });
            self.add_up(model, number, &scratch.features, &mut explanation.contributions);
        }
        explanation
    }

    /// Returns how the outputs of a predictor contribute to what is explained, and with which base.
    fn gains(&self, model: &Model, number: usize, (scorer, inputs): (&Scorer, &[f32]), label: Option<usize>) -> Gains {
        let expected = self.predictors.get(number).map_or(&[][..], ExplainedPredictor::expected);
        let alone = |scale: f64, output: usize| {
            let gains = gains(Link::Identity, output, expected, expected);
            let by_output = gains.by_output.into_iter().map(|gain| gain * scale).collect();
            Gains { base: gains.base * scale, by_output }
        };
        let output = if expected.len() == 1 { 0 } else { label.unwrap_or_default() };
        let (member, label) = match (only_link(model), model.member(number), label) {
            (Some(link), ..) => return alone(margin_scale(link, model.answerer()), output),
            (None, Some(member), None) => return alone(f64::from(member.weight), output),
            (None, Some(member), Some(label)) => (member, label),
            // Without members, there is one link.
            (None, None, _) => return alone(1.0, output),
        };
        let mut outputs = vec![0.0; member.outputs];
        scorer.outputs(inputs, &mut outputs);
        let outputs: Vec<f64> = outputs.into_iter().map(f64::from).collect();
        let mut gains = gains(member.answerer.link(), label, expected, &outputs);
        gains.by_output.iter_mut().for_each(|gain| *gain *= f64::from(member.weight));
        Gains { base: gains.base * f64::from(member.weight), ..gains }
    }

    /// Adds the contributions of the features of one predictor to those of their columns.
    fn add_up(&self, model: &Model, number: usize, features: &[f64], contributions: &mut [f64]) {
        let count = self.columns.len();
        // A member has two more features for each feature that may be missing.
        let holes = model.member(number).map_or(&[][..], |member| &member.holes);
        let origins = self.columns.iter().copied();
        let of_holes = holes.iter().chain(holes).map(|hole| self.columns.get(hole.value as usize).copied());
        let origins = origins.map(Some).chain(of_holes);
        debug_assert_eq!(features.len(), count + 2 * holes.len());
        for (contribution, column) in features.iter().zip(origins) {
            if let Some(to) = column.and_then(|column| contributions.get_mut(column)) {
                *to += contribution;
            }
        }
    }
}

impl ExplainedPredictor {
    fn new(scorer: &Scorer, width: usize, rows: u32, known: &PredictorBackground) -> Result<Self, ExplainError> {
        match (scorer, known) {
            (Scorer::Trees(flat), PredictorBackground::Covers(covers)) => {
                Ok(Self::Trees(Box::new(ExplainedTrees::new(flat, rows, covers)?)))
            }
            (Scorer::Linear(linear), PredictorBackground::Means(means)) if means.len() == width => {
                Ok(Self::Linear(Means::new(linear, means)))
            }
            _ => Err(ExplainError::Background),
        }
    }

    fn expected(&self) -> &[f64] {
        match self {
            Self::Trees(trees) => trees.expected(),
            Self::Linear(means) => &means.expected,
        }
    }

    fn work(&self) -> usize {
        match self {
            Self::Trees(trees) => trees.work(),
            Self::Linear(means) => means.features.len(),
        }
    }

    fn add(
        &self,
        scorer: &Scorer,
        inputs: &[f32],
        wanted: (usize, f64),
        scratch: &mut TreeScratch,
        contributions: &mut [f64],
    ) {
        match (self, scorer) {
            (Self::Trees(trees), Scorer::Trees(flat)) => trees.add(flat, inputs, wanted, scratch, contributions),
            (Self::Linear(means), Scorer::Linear(linear)) => means.add(linear, inputs, wanted, contributions),
            // `new` has paired them.
            _ => {}
        }
    }
}

impl Means {
    fn new(linear: &Linear, means: &[f32]) -> Self {
        let features: Vec<f64> = means.iter().map(|mean| f64::from(*mean)).collect();
        let rows = linear.weights.chunks_exact(features.len().max(1)).zip(&linear.bias);
        let at_means = |(weights, bias): (&[f32], &f32)| {
            weights.iter().zip(&features).map(|(weight, mean)| f64::from(*weight) * mean).sum::<f64>()
                + f64::from(*bias)
        };
        let expected = rows.map(at_means).collect();
        Self { features, expected }
    }

    fn add(&self, linear: &Linear, inputs: &[f32], (output, scale): (usize, f64), contributions: &mut [f64]) {
        let Some(weights) = linear.weights.chunks_exact(self.features.len().max(1)).nth(output) else { return };
        let known = weights.iter().zip(inputs.iter().zip(&self.features));
        for (to, (weight, (x, mean))) in contributions.iter_mut().zip(known) {
            *to += scale * f64::from(*weight) * (f64::from(x.clamp(f32::MIN, f32::MAX)) - mean);
        }
    }
}

/// Returns what the explanations of a model add up to.
fn explained_as(model: &Model) -> Explained {
    if model.signature().task() == Task::Regression {
        return Explained::Number;
    }
    match only_link(model) {
        Some(Link::Logistic | Link::OneVersusRest) => Explained::LogOdds,
        Some(Link::Softmax) => Explained::Score,
        Some(Link::Identity) | None => Explained::Probability,
    }
}

/// Returns the link of the only predictor. `None` for a blend of several.
fn only_link(model: &Model) -> Option<Link> {
    match (model.member(0), model.member(1)) {
        (None, _) => Some(model.answerer().link()),
        // A predictor that treats missing values in a way of its own is the only member of a blend.
        (Some(member), None) => Some(member.answerer.link()),
        (Some(_), Some(_)) => None,
    }
}

/// Returns the factor of the margin that is explained. Calibration multiplies log-odds and scores.
fn margin_scale(link: Link, answerer: &Answerer) -> f64 {
    match link {
        Link::Logistic | Link::Softmax => f64::from(answerer.calibration().unwrap_or(1.0)),
        Link::Identity | Link::OneVersusRest => 1.0,
    }
}
