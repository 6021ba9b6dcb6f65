//! The operator that predicts.

use evergreen_lifecycle::Task;

use super::super::attributes::{floats, int, ints, string, strings};
use super::super::names::{AVERAGE, BRANCH, ENSEMBLE, LEAF, LINEAR, ML_DOMAIN, SUM};
use super::super::onnx::AttributeProto;
use super::names::{OUTPUTS, PROBABILITIES};
use crate::pipeline::{Aggregate, Ensemble, Linear, Link, Node, Parts, Predictor, Weight};

/// What the operator's output is named: it is the graph's where nothing follows.
pub(super) fn output(task: Task, parts: &Parts) -> &'static str {
    match (task, parts.link, parts.calibration) {
        (Task::Classification, Link::Identity, None) => PROBABILITIES,
        _ => OUTPUTS,
    }
}

/// Domain and type of the operator.
pub(super) fn operator(predictor: &Predictor) -> (&'static str, &'static str) {
    match predictor {
        Predictor::Trees(_) => (ML_DOMAIN, ENSEMBLE),
        Predictor::Linear(_) => (ML_DOMAIN, LINEAR),
    }
}

/// The attributes of a linear predictor.
pub(in super::super) fn linear(linear: &Linear) -> Vec<AttributeProto> {
    vec![
        floats("coefficients", linear.weights.clone()),
        floats("intercepts", linear.bias.clone()),
        string("post_transform", "NONE"),
        int("targets", linear.bias.len() as i64),
    ]
}

/// The attributes of an ensemble.
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
    lists.into_attributes(aggregate, ensemble.base.clone())
}

/// One entry of each `nodes` list per node, of each `target` list per weight of a leaf.
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
            // Runtimes differ in what a leaf without a weight is; one of 0 is nothing to all of them.
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

    fn into_attributes(self, aggregate: &str, base: Vec<f32>) -> Vec<AttributeProto> {
        vec![
            string("aggregate_function", aggregate),
            string("post_transform", "NONE"),
            int("n_targets", base.len() as i64),
            floats("base_values", base),
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
