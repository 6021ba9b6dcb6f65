//! Reasons why the parts do not form a valid pipeline.

use evergreen_lifecycle::Task;

use super::super::Link;
use super::{MAX_FEATURES, MAX_LABELS, MAX_NODES, MAX_OUTPUT};

/// Reason why the parts do not form a valid pipeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// More labels than supported.
    #[error("the signature has {0} labels, at most {MAX_LABELS} are allowed")]
    TooManyLabels(usize),
    /// The number of encodings differs from the number of slots of a raw row.
    #[error("there are {encodings} encodings for {slots} values of a row")]
    Encodings {
        /// Number of encodings.
        encodings: usize,
        /// Number of slots of a raw row.
        slots: usize,
    },
    /// An encoding does not match the column's kind or number of categories, or its fill is not finite.
    #[error("column {0:?} cannot be encoded so")]
    Encoding(String),
    /// An encoding has an indicator for missing values, but the column does not allow them.
    #[error("column {0:?} has a feature for missing values and may have none")]
    Indicator(String),
    /// Categories are empty, repeated or not sorted. An empty text means a missing value.
    #[error("the categories of column {0:?} are not sorted texts, each once and none empty")]
    Categories(String),
    /// Words of a text column are empty, repeated or not sorted.
    #[error("the words of column {0:?} are not sorted, each once and none empty")]
    Words(String),
    /// A statistic is not for a category column, or it does not have exactly one finite number for each code.
    #[error(
        "the statistic of column {0:?} has no finite number for each of its categories and rare texts, these sorted"
    )]
    Statistic(String),
    /// Statistics are not in the order of their columns, or belong to no column.
    #[error("the statistics are not in the order of the columns")]
    StatisticsOrder,
    /// There is no feature, or there are too many to predict quickly.
    #[error("the columns make {0} features, from 1 to {MAX_FEATURES} are allowed")]
    Features(usize),
    /// The scaler is for a different number of features.
    #[error("the scaler has {offsets} offsets and {scales} scales for {features} features")]
    ScalerShape {
        /// Number of offsets.
        offsets: usize,
        /// Number of scales.
        scales: usize,
        /// Number of features.
        features: usize,
    },
    /// An offset or scale is not finite, or a scale is 0.
    #[error("the scaler's offset {offset} and scale {scale} of feature {feature} are not finite and non-zero in scale")]
    ScalerValue {
        /// Index of the feature.
        feature: usize,
        /// Offset of the feature.
        offset: f32,
        /// Scale of the feature.
        scale: f32,
    },
    /// The link cannot turn the outputs of this predictor into an answer for the task.
    #[error("the link {link:?} makes no answer to a task of {} of this predictor's outputs", task.name())]
    Link {
        /// The link of the predictor.
        link: Link,
        /// The task of the signature.
        task: Task,
    },
    /// A logistic link needs two labels, but there is another number of labels.
    #[error("a logistic link is between 2 labels, not {0}")]
    Logistic(usize),
    /// The calibration power is not a finite number above 0, or the model is not a classifier.
    #[error("{0} cannot calibrate: only the probabilities of classes can be, by a finite number above 0")]
    Calibration(f32),
    /// The interval is invalid. Contains half its width at the start.
    #[error(
        "no interval begins at the half width {0}: only a regression model has one, of 0 to {MAX_OUTPUT} everywhere"
    )]
    Interval(f32),
    /// A row could be so difficult that its interval becomes infinite.
    #[error("the logarithm of a row's difficulty could reach {0}, which is too much for the width of its interval")]
    Difficulty(f32),
    /// The limits of the intervals are not finite or not in ascending order.
    #[error(
        "intervals cannot be kept from {low:?} to {high:?}: expected two finite numbers in ascending order, or one"
    )]
    Ends {
        /// Minimum value of an end.
        low: Option<f32>,
        /// Maximum value of an end.
        high: Option<f32>,
    },
    /// The number of bases or biases differs from the number of outputs.
    #[error("there are {found} constants for {expected} outputs")]
    Constants {
        /// Number of constants.
        found: usize,
        /// Number of outputs.
        expected: usize,
    },
    /// A base, bias or weight has a value that is not allowed.
    #[error("{0} cannot be a weight or a constant here")]
    Constant(f32),
    /// The number of weights is not the number of features times the number of outputs.
    #[error("there are {found} weights instead of {expected}")]
    Weights {
        /// Number of weights.
        found: usize,
        /// Number of features times number of outputs.
        expected: usize,
    },
    /// The minimum probability is not between 0 and 1/labels.
    #[error("the least probability is {0}, expected more than 0 and less than 1/labels")]
    Floor(f32),
    /// There is not exactly one weight within the limits for each label. Contains the number of weights.
    #[error("the labels' {0} weights are not one number from 1e-12 to 1e12 for each label")]
    LabelWeights(usize),
    /// A blend has no members or too many, or its weights are not positive with a sum of 1.
    #[error("{members} predictors of weights that sum to {sum} cannot be averaged")]
    Members {
        /// Number of members.
        members: usize,
        /// Sum of their weights.
        sum: f32,
    },
    /// A member has holes but is not an unscaled ensemble of trees, or a hole does not match the features. Contains the
    /// number of features.
    #[error(
        "a member looks for missing values where none of the {0} features tells of them, or is no unscaled ensemble"
    )]
    Holes(usize),
    /// A member of a blend is itself a blend.
    #[error("a member of a blend is a blend itself")]
    NestedBlend,
    /// The ensemble does not contain a tree.
    #[error("the ensemble has no tree")]
    NoTree,
    /// More nodes than can be loaded safely.
    #[error("the ensemble has {0} nodes, at most {MAX_NODES} are allowed")]
    TooManyNodes(usize),
    /// The sum of the leaves could overflow.
    #[error("the ensemble's outputs could exceed {MAX_OUTPUT}")]
    Overflow,
    /// A tree has no nodes. Contains the index of the tree.
    #[error("tree {0} has no node")]
    EmptyTree(usize),
    /// A split uses a feature that does not exist, or its threshold is not finite.
    #[error("tree {tree}, node {node}: splits feature {feature} of {features} at {threshold}")]
    Split {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
        /// Index of the feature that the node splits.
        feature: u32,
        /// Number of features.
        features: usize,
        /// The threshold.
        threshold: f32,
    },
    /// A child is outside of the tree, is not after its parent, or already has a parent.
    #[error("tree {tree}, node {node}: {child} cannot be its child")]
    Child {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
        /// Index of the child.
        child: u32,
    },
    /// No row can reach the node.
    #[error("tree {tree}, node {node}: no other node leads to it")]
    Unreachable {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
    },
    /// The weights of a leaf are not finite, not in ascending order of output, or not a distribution although they must
    /// be.
    #[error("tree {tree}, node {node}: the leaf's weights are none for {outputs} outputs")]
    Leaf {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
        /// Number of outputs.
        outputs: usize,
    },
}
