//! Builds the ONNX operators that compute a predictor's outputs from the features.

use evergreen_lifecycle::Task;

use super::super::attributes::{floats, int, ints, string, strings};
use super::super::names::{AVERAGE, BRANCH, ENSEMBLE, LEAF, LINEAR, ML_DOMAIN, SUM};
use super::super::onnx::AttributeProto;
use super::answer::unbounded;
use super::names::{BASE, OUTPUTS, VOTES};
use super::{Operators, blend};
use crate::pipeline::{Aggregate, Ensemble, Linear, Link, Node, PipelineParts, Predictor, Weight};

/// Appends the ONNX operators of the predictor (trees, a linear model or a blend). Returns the name of the ONNX value
/// with the outputs.
pub(super) fn add(
    operators: &mut Operators,
    task: Task,
    parts: &PipelineParts,
    features: &str,
    attributes: Vec<Vec<AttributeProto>>,
) -> &'static str {
    // `attributes` has the attributes of each operator that contains trees or a linear model.
    let outputs = match (task, parts.link, parts.calibration) {
        // The outputs are already class probabilities. Only the floor (minimum probability) may still have to be
        // applied.
        (Task::Classification, Link::Identity, None) => unbounded(parts),
        _ => OUTPUTS,
    };
    match &parts.predictor {
        Predictor::Blend(members) => blend::add(operators, task, members, features, outputs, attributes),
        single => one(operators, single, features, [VOTES, BASE, outputs], attributes.into_iter().next()),
    }
    outputs
}

/// Appends the ONNX operators of one predictor (trees or a linear model).
pub(super) fn one(
    operators: &mut Operators,
    predictor: &Predictor,
    features: &str,
    [votes, base, outputs]: [&str; 3],
    attributes: Option<Vec<AttributeProto>>,
) {
    let attributes = attributes.unwrap_or_default();
    // The three names are for ONNX values: the sum or mean of the trees, the constants that are added to it, and the
    // outputs.
    match predictor {
        Predictor::Blend(_) | Predictor::Graph(_) => {}
        Predictor::Linear(_) => operators.add((ML_DOMAIN, LINEAR), &[features], outputs, attributes),
        Predictor::Trees(ensemble) if ensemble.base.iter().all(|base| *base == 0.0) => {
            operators.add((ML_DOMAIN, ENSEMBLE), &[features], outputs, attributes);
        }
        // The operator's attribute `base_values` is not used: ONNX Runtime ignores it for an output to which no leaf
        // adds a weight.
        Predictor::Trees(ensemble) => {
            operators.add((ML_DOMAIN, ENSEMBLE), &[features], votes, attributes);
            operators.numbers(base, ensemble.base.clone());
            operators.core("Add", &[votes, base], outputs, Vec::new());
        }
    }
}

pub(in super::super) fn linear(linear: &Linear) -> Vec<AttributeProto> {
    vec![
        floats("coefficients", linear.weights.clone()),
        floats("intercepts", linear.bias.clone()),
        string("post_transform", "NONE"),
        int("targets", linear.bias.len() as i64),
    ]
}

pub(in super::super) fn ensemble(ensemble: &Ensemble) -> Vec<AttributeProto> {
    let mut lists = Lists::default();
    for (tree, content) in (0..).zip(&ensemble.trees) {
        for (node, content) in (0..).zip(&content.nodes) {
            lists.push(tree, node, content);
        }
    }
    let aggregate = match ensemble.aggregate {
        Aggregate::Average => AVERAGE,
        Aggregate::Sum => SUM,
    };
    lists.into_attributes(aggregate, ensemble.base.len())
}

// Each `nodes` list has one entry per tree node, and each `target` list has one entry per leaf weight.
/// Attributes of the ONNX operator for decision trees, as parallel lists.
#[derive(Default)]
struct Lists {
    nodes_treeids: Vec<i64>,
    nodes_nodeids: Vec<i64>,
    nodes_featureids: Vec<i64>,
    nodes_values: Vec<f32>,
    nodes_modes: Vec<&'static str>,
    nodes_truenodeids: Vec<i64>,
    nodes_falsenodeids: Vec<i64>,
    target_treeids: Vec<i64>,
    target_nodeids: Vec<i64>,
    target_ids: Vec<i64>,
    target_weights: Vec<f32>,
}

impl Lists {
    fn push(&mut self, tree: i64, node: i64, content: &Node) {
        let (mode, feature, threshold, left, right) = match *content {
            Node::Split { feature, threshold, left, right } => (BRANCH, feature, threshold, left, right),
            Node::Leaf(_) => (LEAF, 0, 0.0, 0, 0),
        };
        self.nodes_treeids.push(tree);
        self.nodes_nodeids.push(node);
        self.nodes_modes.push(mode);
        self.nodes_featureids.push(feature.into());
        self.nodes_values.push(threshold);
        self.nodes_truenodeids.push(left.into());
        self.nodes_falsenodeids.push(right.into());
        match content {
            Node::Split { .. } => {}
            // ONNX runtimes differ for a leaf without weights. A weight of 0 has the same effect in all runtimes.
            Node::Leaf(weights) if weights.is_empty() => self.weigh(tree, node, Weight { output: 0, weight: 0.0 }),
            Node::Leaf(weights) => weights.iter().for_each(|entry| self.weigh(tree, node, *entry)),
        }
    }

    fn weigh(&mut self, tree: i64, node: i64, entry: Weight) {
        self.target_treeids.push(tree);
        self.target_nodeids.push(node);
        self.target_ids.push(entry.output.into());
        self.target_weights.push(entry.weight);
    }

    fn into_attributes(self, aggregate: &str, outputs: usize) -> Vec<AttributeProto> {
        vec![
            string("aggregate_function", aggregate),
            string("post_transform", "NONE"),
            int("n_targets", outputs as i64),
            ints("nodes_treeids", self.nodes_treeids),
            ints("nodes_nodeids", self.nodes_nodeids),
            ints("nodes_featureids", self.nodes_featureids),
            floats("nodes_values", self.nodes_values),
            strings("nodes_modes", self.nodes_modes),
            ints("nodes_truenodeids", self.nodes_truenodeids),
            ints("nodes_falsenodeids", self.nodes_falsenodeids),
            ints("target_treeids", self.target_treeids),
            ints("target_nodeids", self.target_nodeids),
            ints("target_ids", self.target_ids),
            floats("target_weights", self.target_weights),
        ]
    }
}
