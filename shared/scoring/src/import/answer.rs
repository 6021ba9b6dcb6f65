//! Last step of the ONNX import: turns the found model into a pipeline with the table's columns and labels.

use std::collections::HashMap;

use evergreen_lifecycle::{Signature, Task};

use super::error::ImportError;
use super::value::{FoundModel, PostTransform};
use super::{ensemble, labels, layout};
use crate::graph::KnownTexts;
use crate::pipeline::{
    Aggregate, Ensemble, LabelRule, Linear, Link, MAX_FEATURES, Node, Pipeline, PipelineError, PipelineParts,
    Predictor, Tree, Weight,
};

/// Maximum difference between 1 and the sum of the class probabilities in a leaf of an imported forest.
const SHARE_TOLERANCE: f64 = 1e-4;

/// Converts the imported model to a pipeline. Also returns warnings for the user about assumptions of the import, and whether
/// the features are exactly those of the file.
pub(super) fn pipeline(
    mut model: FoundModel,
    table: &Signature,
    known: &HashMap<usize, KnownTexts>,
) -> Result<(Pipeline, Vec<String>, bool), ImportError> {
    let task = if model.labels.is_empty() { Task::Regression } else { Task::Classification };
    if task != table.task() {
        return Err(ImportError::Task { file: task.name(), table: table.task().name() });
    }
    let layout = layout::of(&model.features, table, known)?;
    let mut warnings = layout.warnings;
    let is_exact = layout.exact || !matches!(model.predictor, Predictor::Trees(_));
    let count = layout.preprocessing.features();
    if count > MAX_FEATURES {
        return Err(PipelineError::Features(count).into());
    }
    let predictor = on_features(model.predictor, &layout.places, count, model.operator)?;
    let (predictor, link) = match task {
        Task::Regression => (predictor, Link::Identity),
        Task::Classification => {
            let (classes, warning) = labels::classes(&model.labels, table.labels())?;
            warnings.extend(warning);
            model.predictor = predictor;
            of_classes(model.predictor, model.transform, model.operator, &classes, count)?
        }
    };
    let signature = match task {
        Task::Regression => Signature::regression(layout.columns),
        Task::Classification => Signature::classification(layout.columns, table.labels().to_vec()),
    };
    let signature = signature.map_err(ImportError::Signature)?;
    let parts = PipelineParts {
        preprocessing: layout.preprocessing,
        predictor,
        link,
        calibration: None,
        rule: LabelRule::default(),
        interval: None,
    };
    Ok((Pipeline::new(signature, parts)?, warnings, is_exact))
}

/// Changes the feature indices in an imported model from those of the ONNX file to those of the pipeline (our model).
/// `places[i]` is the new index of feature `i`.
fn on_features(predictor: Predictor, places: &[u32], count: usize, operator: &str) -> Result<Predictor, ImportError> {
    // `count` is the number of features in the pipeline.
    match predictor {
        Predictor::Linear(linear) => {
            let outputs = linear.bias.len();
            if linear.weights.len() != places.len() * outputs {
                return Err(
                    PipelineError::Weights { found: linear.weights.len(), expected: places.len() * outputs }.into()
                );
            }
            let mut weights = vec![0.0; count.saturating_mul(outputs)];
            for (from, to) in linear.weights.chunks(places.len().max(1)).zip(weights.chunks_mut(count.max(1))) {
                for (weight, place) in from.iter().zip(places) {
                    to.get_mut(*place as usize).into_iter().for_each(|to| *to += weight);
                }
            }
            Ok(Predictor::Linear(Linear { weights, bias: linear.bias }))
        }
        Predictor::Trees(mut ensemble) => {
            for node in ensemble.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
                if let Node::Split { feature, .. } = node {
                    let place = places.get(*feature as usize).ok_or_else(|| {
                        ImportError::usage(
                            operator,
                            format!("it splits feature {feature}, but its input has {} features", places.len()),
                        )
                    })?;
                    *feature = *place;
                }
            }
            Ok(Predictor::Trees(ensemble))
        }
        // The walk through the graph never creates these.
        Predictor::Blend(_) | Predictor::Graph(_) => Err(ImportError::NoPrediction),
    }
}

/// Changes an imported classifier from the file's label order to the table's. Also returns the link function.
fn of_classes(
    predictor: Predictor,
    transform: PostTransform,
    operator: &'static str,
    classes: &[u32],
    features: usize,
) -> Result<(Predictor, Link), ImportError> {
    // `classes` has, for each label of the file, its class index in the table. The link function turns outputs into the
    // prediction.
    let outputs = match &predictor {
        Predictor::Linear(linear) => linear.bias.len(),
        Predictor::Trees(ensemble) => ensemble.base.len(),
        Predictor::Blend(_) | Predictor::Graph(_) => return Err(ImportError::NoPrediction),
    };
    if outputs != classes.len() && (outputs, classes.len()) != (1, 2) {
        return Err(PipelineError::Constants { found: outputs, expected: classes.len() }.into());
    }
    match (transform, predictor) {
        (PostTransform::None, Predictor::Trees(ensemble)) => Ok((shares(ensemble, classes, operator)?, Link::Identity)),
        (PostTransform::None, _) => Err(ImportError::attribute(
            operator,
            "post_transform",
            "it is NONE, which gives no probabilities; expected LOGISTIC or SOFTMAX",
        )),
        (PostTransform::Logistic | PostTransform::OneVersusRest, predictor) if outputs == 1 => {
            Ok((of_second(predictor, classes), Link::Logistic))
        }
        (PostTransform::Logistic, Predictor::Linear(linear)) if is_mirrored(&linear, features) => {
            let second = Linear {
                weights: linear.weights.into_iter().skip(features).collect(),
                bias: linear.bias.into_iter().skip(1).collect(),
            };
            Ok((of_second(Predictor::Linear(second), classes), Link::Logistic))
        }
        (PostTransform::Logistic, _) => Err(ImportError::attribute(
            operator,
            "post_transform",
            "it is LOGISTIC for several outputs; expected Normalizer (L1) after it, so that the probabilities sum to 1",
        )),
        (PostTransform::Softmax, _) if outputs == 1 => Err(ImportError::attribute(
            operator,
            "post_transform",
            "it is SOFTMAX for a single output; expected one output for each class",
        )),
        (PostTransform::OneVersusRest, predictor) => Ok((permuted(predictor, classes, features), Link::OneVersusRest)),
        (PostTransform::Softmax, predictor) => Ok((permuted(predictor, classes, features), Link::Softmax)),
    }
}

/// Returns whether a linear classifier has two outputs that always differ only in their sign.
fn is_mirrored(linear: &Linear, features: usize) -> bool {
    let (first, second) = linear.weights.split_at(features.min(linear.weights.len()));
    linear.bias.len() == 2
        && first.iter().zip(second).all(|(a, b)| *a == -b)
        && matches!(linear.bias.as_slice(), [a, b] if *a == -b)
}

/// Adapts an imported two-class model, so that its output is the log-odds of the table's second label.
fn of_second(predictor: Predictor, classes: &[u32]) -> Predictor {
    // The file's output is the log-odds of the file's second label.
    if classes.last() == Some(&1) {
        return predictor;
    }
    let negate = |list: Vec<f32>| list.into_iter().map(|number| -number).collect();
    match predictor {
        Predictor::Linear(linear) => {
            Predictor::Linear(Linear { weights: negate(linear.weights), bias: negate(linear.bias) })
        }
        Predictor::Trees(mut ensemble) => {
            leaves(&mut ensemble.trees).flatten().for_each(|entry| entry.weight = -entry.weight);
            Predictor::Trees(Ensemble { base: negate(ensemble.base), ..ensemble })
        }
        other @ (Predictor::Blend(_) | Predictor::Graph(_)) => other,
    }
}

/// Changes the outputs of an imported model from the file's label order to the table's label order.
fn permuted(predictor: Predictor, classes: &[u32], features: usize) -> Predictor {
    let mut order: Vec<_> = (0..classes.len()).collect();
    order.sort_by_key(|&output| classes.get(output));
    let pick = |list: &[f32]| order.iter().filter_map(|&output| list.get(output).copied()).collect();
    match predictor {
        Predictor::Linear(linear) => {
            let rows: Vec<_> = linear.weights.chunks(features.max(1)).collect();
            let weights = order.iter().filter_map(|&output| rows.get(output)).flat_map(|row| row.iter().copied());
            Predictor::Linear(Linear { weights: weights.collect(), bias: pick(&linear.bias) })
        }
        Predictor::Trees(mut ensemble) => {
            for weights in leaves(&mut ensemble.trees) {
                for entry in weights.iter_mut() {
                    // An unknown output gets an invalid index, so the later check of the pipeline returns an error.
                    entry.output = classes.get(entry.output as usize).copied().unwrap_or(u32::MAX);
                }
                ensemble::merge(weights);
            }
            Predictor::Trees(Ensemble { base: pick(&ensemble.base), ..ensemble })
        }
        other @ (Predictor::Blend(_) | Predictor::Graph(_)) => other,
    }
}

/// Converts an imported forest, whose leaf weights sum to the class probabilities, to a forest that averages the class
/// probabilities of its trees.
fn shares(mut ensemble: Ensemble, classes: &[u32], operator: &str) -> Result<Predictor, ImportError> {
    // The leaves contain class probabilities divided by the number of trees. It is an error if the leaves contain other
    // weights.
    let error = || {
        let problem = "it is NONE, but the leaves do not contain shares of the classes as a forest's leaves do; \
                       expected LOGISTIC or SOFTMAX";
        ImportError::attribute(operator, "post_transform", problem)
    };
    if ensemble.base.iter().any(|base| *base != 0.0) {
        return Err(error());
    }
    let trees = ensemble.trees.len() as f64;
    let single = ensemble.base.len() == 1;
    let distribution = |weights: &mut Vec<Weight>| {
        let mut shares = vec![0.0; classes.len()];
        for entry in weights.iter() {
            let output = if single { 1 } else { entry.output as usize };
            *shares.get_mut(output)? += f64::from(entry.weight) * trees;
        }
        if let (true, [first, second]) = (single, shares.as_mut_slice()) {
            *first = 1.0 - *second;
        }
        *weights = distribution(&shares, classes)?;
        Some(())
    };
    for weights in leaves(&mut ensemble.trees) {
        distribution(weights).ok_or_else(error)?;
    }
    Ok(Predictor::Trees(Ensemble {
        trees: ensemble.trees,
        aggregate: Aggregate::Average,
        base: vec![0.0; classes.len()],
    }))
}

/// Normalises the class probabilities of a tree leaf to the sum 1. Returns `None` if the probabilities are invalid.
fn distribution(shares: &[f64], classes: &[u32]) -> Option<Vec<Weight>> {
    // Invalid: a sum too far from 1, or a probability that is negative by more than a rounding error.
    let sum: f64 = shares.iter().sum();
    if !((sum - 1.0).abs() <= SHARE_TOLERANCE && shares.iter().all(|share| *share >= -SHARE_TOLERANCE)) {
        return None;
    }
    let total: f64 = shares.iter().map(|share| share.max(0.0)).sum();
    let weight = |(share, &output): (&f64, &u32)| Weight { output, weight: (share.max(0.0) / total) as f32 };
    let mut weights: Vec<_> = shares.iter().zip(classes).map(weight).collect();
    ensemble::merge(&mut weights);
    Some(weights)
}

/// Iterates over the weights of all leaves of the trees, leaf by leaf.
fn leaves(trees: &mut [Tree]) -> impl Iterator<Item = &mut Vec<Weight>> {
    trees.iter_mut().flat_map(|tree| &mut tree.nodes).filter_map(|node| match node {
        Node::Leaf(weights) => Some(weights),
        Node::Split { .. } => None,
    })
}
