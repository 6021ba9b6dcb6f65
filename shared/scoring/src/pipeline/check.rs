//! Checks that a pipeline (a trained model) is valid. The check happens once, when a pipeline is created, so
//! predictions need no checks.

mod blend;
mod error;
mod features;
mod interval;
mod tree;

use evergreen_lifecycle::{MAX_LABELS, Signature, Task};

use crate::graph::Graph;

use super::{Aggregate, Ensemble, LabelRule, Linear, Link, PipelineParts, Predictor};

pub use blend::MAX_MEMBERS;
pub use error::PipelineError;

// A random forest of a hundred trees, fully grown on 20,000 rows, has about as many nodes.
/// Maximum number of nodes in all decision trees of an ensemble.
pub const MAX_NODES: usize = 1 << 22;

/// Maximum number of features of a model, counted after one-hot encoding of the categories.
pub const MAX_FEATURES: usize = 10_000;

// With the minimum and the maximum, the product with the probability neither becomes 0 nor overflows.
/// Minimum label weight of a classifier (factor for the probability of a label).
const MIN_WEIGHT: f32 = 1e-12;

/// Maximum label weight of a classifier (factor for the probability of a label).
const MAX_WEIGHT: f32 = 1e12;

// Below this limit, no sum overflows.
/// Maximum absolute value of a model's output and of half the width of a prediction interval.
pub(crate) const MAX_OUTPUT: f32 = 1e37;

pub(super) fn all(signature: &Signature, parts: &PipelineParts) -> Result<(), PipelineError> {
    let labels = signature.labels().len();
    if labels > MAX_LABELS {
        return Err(PipelineError::TooManyLabels(labels));
    }
    if let Predictor::Graph(graph) = &parts.predictor {
        return whole_graph(signature, graph, parts);
    }
    features::check(signature, &parts.preprocessing)?;
    link(signature.task(), labels, &parts.predictor, parts.link)?;
    calibration(signature.task(), parts.calibration)?;
    rule(labels, &parts.rule)?;
    let features = parts.preprocessing.features();
    interval::check(signature.task(), parts.interval.as_ref(), features)?;
    match &parts.predictor {
        Predictor::Blend(members) => blend::check(signature, members, &parts.preprocessing),
        single => predictor(signature, single, parts.link, features),
    }
}

/// Checks that an imported graph has the columns and labels of the signature, and that it is the only part.
fn whole_graph(signature: &Signature, graph: &Graph, parts: &PipelineParts) -> Result<(), PipelineError> {
    let is_alone = parts.preprocessing.encodings.is_empty()
        && parts.preprocessing.scaler.is_none()
        && parts.link == Link::Identity
        && parts.calibration.is_none()
        && parts.rule == LabelRule::default()
        && parts.interval.is_none();
    if is_alone && graph.fits(signature) { Ok(()) } else { Err(PipelineError::Graph) }
}

/// Checks a predictor that must be trees or a linear model, not a blend (mean of several predictors).
fn predictor(signature: &Signature, predictor: &Predictor, link: Link, features: usize) -> Result<(), PipelineError> {
    let outputs = outputs(signature.labels().len(), link);
    match predictor {
        Predictor::Trees(trees) => ensemble(trees, features, outputs, is_distribution(signature.task(), link)),
        Predictor::Linear(weights) => linear(weights, features, outputs),
        Predictor::Blend(_) | Predictor::Graph(_) => Err(PipelineError::NestedBlend),
    }
}

/// Returns how many outputs a predictor must have. `labels` is 0 for regression.
pub(crate) fn outputs(labels: usize, link: Link) -> usize {
    if link == Link::Logistic { 1 } else { labels.max(1) }
}

fn is_distribution(task: Task, link: Link) -> bool {
    task == Task::Classification && link == Link::Identity
}

/// Checks that the link function (for example softmax) fits the task, the number of labels and the predictor.
fn link(task: Task, labels: usize, predictor: &Predictor, link: Link) -> Result<(), PipelineError> {
    let averaged = matches!(predictor, Predictor::Trees(Ensemble { aggregate: Aggregate::Average, .. }));
    let fits = match (task, link) {
        // Each member of a blend has its own link function.
        (_, link) if matches!(predictor, Predictor::Blend(_)) => link == Link::Identity,
        (Task::Regression, link) => link == Link::Identity,
        // The mean of probability distributions is a distribution; their sum is not.
        (Task::Classification, Link::Identity) => averaged,
        (Task::Classification, Link::Logistic) if labels != 2 => return Err(PipelineError::Logistic(labels)),
        (Task::Classification, _) => true,
    };
    if fits { Ok(()) } else { Err(PipelineError::Link { link, task }) }
}

fn calibration(task: Task, power: Option<f32>) -> Result<(), PipelineError> {
    match power {
        Some(power) if task == Task::Regression || !power.is_finite() || power <= 0.0 => {
            Err(PipelineError::Calibration(power))
        }
        _ => Ok(()),
    }
}

/// Checks a classifier's minimum probability and its label weights (factors for the labels' probabilities).
fn rule(labels: usize, rule: &LabelRule) -> Result<(), PipelineError> {
    // The floor (minimum probability) must be above 0 and below 1 divided by the number of labels. Each label must have
    // a label weight within the limits.
    let most = 1.0 / labels.max(1) as f32;
    if let Some(floor) = rule.floor.filter(|floor| labels == 0 || !(0.0 < *floor && *floor < most)) {
        return Err(PipelineError::Floor(floor));
    }
    match &rule.weights {
        Some(weights) if labels == 0 || weights.len() != labels => Err(PipelineError::LabelWeights(weights.len())),
        Some(weights) if !weights.iter().all(|weight| (MIN_WEIGHT..=MAX_WEIGHT).contains(weight)) => {
            Err(PipelineError::LabelWeights(weights.len()))
        }
        _ => Ok(()),
    }
}

fn ensemble(ensemble: &Ensemble, features: usize, outputs: usize, distributions: bool) -> Result<(), PipelineError> {
    let bound = ensemble_bound(ensemble, features, outputs, distributions)?;
    if bound <= MAX_OUTPUT { Ok(()) } else { Err(PipelineError::Overflow) }
}

/// Checks an ensemble of decision trees and returns an upper bound for the absolute value of its outputs.
fn ensemble_bound(
    ensemble: &Ensemble,
    features: usize,
    outputs: usize,
    distributions: bool,
) -> Result<f32, PipelineError> {
    if ensemble.trees.is_empty() {
        return Err(PipelineError::NoTree);
    }
    let nodes = ensemble.trees.iter().map(|tree| tree.nodes.len()).sum();
    if nodes > MAX_NODES {
        return Err(PipelineError::TooManyNodes(nodes));
    }
    constants(&ensemble.base, outputs)?;
    if let Some(base) = ensemble.base.iter().find(|base| distributions && **base != 0.0) {
        return Err(PipelineError::Constant(*base));
    }
    let limits = tree::TreeLimits { features, outputs, distributions };
    let mut bound = ensemble.base.iter().fold(0.0, |bound: f32, base| bound.max(base.abs()));
    for (index, tree) in ensemble.trees.iter().enumerate() {
        bound += tree::check(tree, index, &limits)?;
    }
    Ok(bound)
}

fn linear(linear: &Linear, features: usize, outputs: usize) -> Result<(), PipelineError> {
    constants(&linear.bias, outputs)?;
    let (found, expected) = (linear.weights.len(), features * outputs);
    if found != expected {
        return Err(PipelineError::Weights { found, expected });
    }
    match linear.weights.iter().find(|weight| !weight.is_finite()) {
        Some(weight) => Err(PipelineError::Constant(*weight)),
        None => Ok(()),
    }
}

/// Checks that a predictor has one finite constant term (tree base or linear intercept) for each output.
fn constants(constants: &[f32], outputs: usize) -> Result<(), PipelineError> {
    if constants.len() != outputs {
        return Err(PipelineError::Constants { found: constants.len(), expected: outputs });
    }
    match constants.iter().find(|constant| !constant.is_finite()) {
        Some(constant) => Err(PipelineError::Constant(*constant)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
