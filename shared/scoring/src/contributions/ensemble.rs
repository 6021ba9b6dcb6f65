//! Explains the outputs of an ensemble of decision trees.

use super::ExplainError;
use super::paths::{PathTree, Paths};
use super::quadrature::Rule;
use super::walk::{OnPath, Walk};
use crate::flat::{FlatEnsemble, key};

/// The trees of an ensemble, prepared for explanations.
#[derive(Debug, Clone)]
pub(super) struct ExplainedTrees {
    paths: Paths,
    rules: Rules,
}

/// The quadratures, one for each number of points.
#[derive(Debug, Clone)]
struct Rules {
    two: Rule<2>,
    four: Rule<4>,
    six: Rule<6>,
    eight: Rule<8>,
    twelve: Rule<12>,
    sixteen: Rule<16>,
    many: Rule<32>,
    most: Rule<64>,
}

/// Memory that the explanations of several rows share.
#[derive(Debug, Default)]
pub(super) struct TreeScratch {
    keys: Vec<u32>,
    states: Vec<OnPath>,
    sums: Vec<f64>,
}

impl ExplainedTrees {
    pub(super) fn new(flat: &FlatEnsemble, rows: u32, covers: &str) -> Result<Self, ExplainError> {
        let rules = Rules {
            two: Rule::new(),
            four: Rule::new(),
            six: Rule::new(),
            eight: Rule::new(),
            twelve: Rule::new(),
            sixteen: Rule::new(),
            many: Rule::new(),
            most: Rule::new(),
        };
        Ok(Self { paths: Paths::new(flat, rows, covers)?, rules })
    }

    /// Returns the expected value of each output over the training rows.
    pub(super) fn expected(&self) -> &[f64] {
        &self.paths.expected
    }

    /// Returns the work of a walk through all trees: for each node, the number of points.
    pub(super) fn work(&self) -> usize {
        let ends = self.paths.trees.iter().skip(1).map(|tree| tree.root).chain([self.paths.nodes.len()]);
        self.paths.trees.iter().zip(ends).map(|(tree, end)| (end - tree.root) * tree.features.div_ceil(2)).sum()
    }

    /// Adds the contributions of the features to one output, each times `scale`, to `contributions`.
    pub(super) fn add(
        &self,
        flat: &FlatEnsemble,
        features: &[f32],
        (output, scale): (usize, f64),
        scratch: &mut TreeScratch,
        contributions: &mut [f64],
    ) {
        scratch.keys.clear();
        scratch.keys.extend(features.iter().map(|feature| key(*feature)));
        scratch.states.resize(features.len(), OnPath::NEW);
        scratch.sums.clear();
        scratch.sums.resize(features.len(), 0.0);
        for tree in self.paths.trees.iter().filter(|tree| tree.output.is_none_or(|only| only == output)) {
            self.walk(tree, flat, output, scratch);
        }
        let scale = scale / f64::from(flat.scale().0);
        contributions.iter_mut().zip(&scratch.sums).for_each(|(to, sum)| *to += scale * sum);
    }

    /// Walks through one tree with the least number of points that is exact for it.
    fn walk(&self, tree: &PathTree, flat: &FlatEnsemble, output: usize, scratch: &mut TreeScratch) {
        let rules = &self.rules;
        match tree.features {
            0 => {}
            1..=4 => self.with(&rules.two, tree, flat, output, scratch),
            5..=8 => self.with(&rules.four, tree, flat, output, scratch),
            9..=12 => self.with(&rules.six, tree, flat, output, scratch),
            13..=16 => self.with(&rules.eight, tree, flat, output, scratch),
            17..=24 => self.with(&rules.twelve, tree, flat, output, scratch),
            25..=32 => self.with(&rules.sixteen, tree, flat, output, scratch),
            // With 128 features the error is about 1e-14 of the leaf weights, and with 256 and 64 points less.
            33..=128 => self.with(&rules.many, tree, flat, output, scratch),
            _ => self.with(&rules.most, tree, flat, output, scratch),
        }
    }

    fn with<const Q: usize>(
        &self,
        rule: &Rule<Q>,
        tree: &PathTree,
        flat: &FlatEnsemble,
        output: usize,
        scratch: &mut TreeScratch,
    ) {
        let TreeScratch { keys, states, sums } = scratch;
        let nodes = &self.paths.nodes;
        Walk { nodes, flat, rule, keys, output, states, contributions: sums }.below(tree.root, &rule.weights);
    }
}
