//! Why parts do not make a pipeline.

use evergreen_lifecycle::Task;

use super::super::Link;
use super::{MAX_FEATURES, MAX_LABELS, MAX_NODES, MAX_OUTPUT};

/// Why parts do not make a pipeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// More than can be answered reasonably.
    #[error("the signature has {0} labels, at most {MAX_LABELS} are allowed")]
    TooManyLabels(usize),
    /// Slots of a raw row without an encoding, or encodings without a slot.
    #[error("there are {encodings} encodings for {slots} values of a row")]
    Encodings {
        /// Encodings found.
        encodings: usize,
        /// Values of a raw row.
        slots: usize,
    },
    /// An encoding that is not of the column's kind or of another number of categories, or a fill that is not finite.
    #[error("column {0:?} cannot be encoded so")]
    Encoding(String),
    /// A feature that tells where a value is missing, of a column where none may be.
    #[error("column {0:?} has a feature for missing values and may have none")]
    Indicator(String),
    /// Categories that are empty, repeated or not sorted; an empty text is a missing value.
    #[error("the categories of column {0:?} are not sorted texts, each once and none empty")]
    Categories(String),
    /// Words of a text column that are empty, repeated or not sorted.
    #[error("the words of column {0:?} are not sorted, each once and none empty")]
    Words(String),
    /// A statistic of a column that is no category, or with too few numbers, too many or one that is not finite.
    #[error(
        "the statistic of column {0:?} has no finite number for each of its categories and rare texts, these sorted"
    )]
    Statistic(String),
    /// Statistics that are not in the order of their columns, or of none.
    #[error("the statistics are not in the order of the columns")]
    StatisticsOrder,
    /// Nothing to predict from, or more than can be served quickly.
    #[error("the columns make {0} features, from 1 to {MAX_FEATURES} are allowed")]
    Features(usize),
    /// The scaler is for another number of features.
    #[error("the scaler has {offsets} offsets and {scales} scales for {features} features")]
    ScalerShape {
        /// Offsets found.
        offsets: usize,
        /// Scales found.
        scales: usize,
        /// Features there are.
        features: usize,
    },
    /// A feature cannot be scaled so.
    #[error("the scaler's offset {offset} and scale {scale} of feature {feature} are not finite and non-zero in scale")]
    ScalerValue {
        /// Index of the feature.
        feature: usize,
        /// Its offset.
        offset: f32,
        /// Its scale.
        scale: f32,
    },
    /// A link that makes no answer of the predictor's outputs for the task.
    #[error("the link {link:?} makes no answer to a task of {} of this predictor's outputs", task.name())]
    Link {
        /// The link.
        link: Link,
        /// The task.
        task: Task,
    },
    /// The log-odds of one class against another, of more classes than two.
    #[error("a logistic link is between 2 labels, not {0}")]
    Logistic(usize),
    /// A power that calibrates nothing.
    #[error("{0} cannot calibrate: only the probabilities of classes can be, by a finite number above 0")]
    Calibration(f32),
    /// An interval that is none; this half of it comes first.
    #[error(
        "no interval begins at the half width {0}: only a regression model has one, of 0 to {MAX_OUTPUT} everywhere"
    )]
    Interval(f32),
    /// Rows that could be so hard that their intervals have no end.
    #[error("the logarithm of a row's difficulty could reach {0}, which is too much for the width of its interval")]
    Difficulty(f32),
    /// Limits of intervals that are none.
    #[error(
        "intervals cannot be kept from {low:?} to {high:?}: expected two finite numbers in ascending order, or one"
    )]
    Ends {
        /// The least number that an end may be.
        low: Option<f32>,
        /// The greatest number that an end may be.
        high: Option<f32>,
    },
    /// Bases or biases for another number of outputs.
    #[error("there are {found} constants for {expected} outputs")]
    Constants {
        /// Constants found.
        found: usize,
        /// Outputs there are.
        expected: usize,
    },
    /// A base, bias or weight that cannot be.
    #[error("{0} cannot be a weight or a constant here")]
    Constant(f32),
    /// Another number of weights than the features and outputs need.
    #[error("there are {found} weights instead of {expected}")]
    Weights {
        /// Weights found.
        found: usize,
        /// Outputs times features.
        expected: usize,
    },
    /// No probability, or one that leaves nothing to tell.
    #[error("the least probability is {0}, expected more than 0 and less than 1/labels")]
    Floor(f32),
    /// Weights that are not one positive number for each label.
    #[error("the labels' {0} weights are not one number from 1e-12 to 1e12 for each label")]
    LabelWeights(usize),
    /// No members, too many, or weights that make no mean.
    #[error("{members} predictors of weights that sum to {sum} cannot be averaged")]
    Members {
        /// Members found.
        members: usize,
        /// The sum of their weights.
        sum: f32,
    },
    /// A member that is no tree, or is scaled, looks for missing values, or one does where no feature tells of them.
    #[error(
        "a member looks for missing values where none of the {0} features tells of them, or is no unscaled ensemble"
    )]
    Holes(usize),
    /// A blend in a blend.
    #[error("a member of a blend is a blend itself")]
    NestedBlend,
    /// Nothing to ask.
    #[error("the ensemble has no tree")]
    NoTree,
    /// More than can be loaded safely.
    #[error("the ensemble has {0} nodes, at most {MAX_NODES} are allowed")]
    TooManyNodes(usize),
    /// Leaves of which the sum could be infinite.
    #[error("the ensemble's outputs could exceed {MAX_OUTPUT}")]
    Overflow,
    /// A tree without a root.
    #[error("tree {0} has no node")]
    EmptyTree(usize),
    /// A split on a feature that is not there, or at no number.
    #[error("tree {tree}, node {node}: splits feature {feature} of {features} at {threshold}")]
    Split {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in it.
        node: usize,
        /// The feature that it splits.
        feature: u32,
        /// Features there are.
        features: usize,
        /// The threshold.
        threshold: f32,
    },
    /// A child that is outside of the tree, not after its parent, or another node's child already.
    #[error("tree {tree}, node {node}: {child} cannot be its child")]
    Child {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in it.
        node: usize,
        /// The child that it names.
        child: u32,
    },
    /// A node that no row can reach.
    #[error("tree {tree}, node {node}: no other node leads to it")]
    Unreachable {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in it.
        node: usize,
    },
    /// Weights that are not finite and ascending in output, or no distribution where they have to be one.
    #[error("tree {tree}, node {node}: the leaf's weights are none for {outputs} outputs")]
    Leaf {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in it.
        node: usize,
        /// Outputs there are.
        outputs: usize,
    },
}
