//! Reasons why the parts do not form a valid pipeline.

use evergreen_lifecycle::Task;

use super::super::Link;
use super::{MAX_FEATURES, MAX_LABELS, MAX_MEMBERS, MAX_NODES, MAX_OUTPUT};

/// Reason why the parts do not form a valid pipeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// More labels than supported.
    #[error("the signature has {0} labels; at most {MAX_LABELS} are supported")]
    TooManyLabels(usize),
    /// The number of encodings differs from the number of slots of a raw row.
    #[error("there are {encodings} encodings for the {slots} values of a row; expected one for each value")]
    Encodings {
        /// Number of encodings.
        encodings: usize,
        /// Number of slots of a raw row.
        slots: usize,
    },
    /// An encoding does not match the column's kind or number of categories, or its fill is not finite.
    #[error("column {0:?}: the encoding does not match the column's kind or categories, or its fill is not finite")]
    Encoding(String),
    /// An encoding has an indicator for missing values, but the column does not allow them.
    #[error("column {0:?}: there is a feature for missing values, but the column does not allow missing values")]
    Indicator(String),
    /// Categories are empty, repeated or not sorted. An empty text means a missing value.
    #[error("column {0:?}: the categories are not valid; expected sorted texts, each once and not empty")]
    Categories(String),
    /// Words of a text column are empty, repeated or not sorted.
    #[error("column {0:?}: the words are not valid; expected sorted words, each once and not empty")]
    Words(String),
    /// A statistic is not for a category column, or it does not have exactly one finite number for each code.
    #[error(
        "column {0:?}: the statistic is not valid; expected one finite number for each category and rare text, in \
         sorted order"
    )]
    Statistic(String),
    /// Statistics are not in the order of their columns, or belong to no column.
    #[error("the statistics are not in the order of the columns")]
    StatisticsOrder,
    /// There is no feature, or there are too many to predict quickly.
    #[error("the columns have {0} features; from 1 to {MAX_FEATURES} are supported")]
    Features(usize),
    /// The scaler is for a different number of features.
    #[error("the scaler has {offsets} offsets and {scales} scales; expected {features} each, one for each feature")]
    ScalerShape {
        /// Number of offsets.
        offsets: usize,
        /// Number of scales.
        scales: usize,
        /// Number of features.
        features: usize,
    },
    /// An offset or scale is not finite, or a scale is 0.
    #[error(
        "feature {feature}: the scaler has the offset {offset} and the scale {scale}; expected finite numbers and a \
         scale other than 0"
    )]
    ScalerValue {
        /// Index of the feature.
        feature: usize,
        /// Offset of the feature.
        offset: f32,
        /// Scale of the feature.
        scale: f32,
    },
    /// The link cannot turn the outputs of this predictor into an answer for the task.
    #[error("the link {link:?} cannot turn the outputs of this predictor into a prediction for {}", task.name())]
    Link {
        /// The link of the predictor.
        link: Link,
        /// The task of the signature.
        task: Task,
    },
    /// A logistic link needs two labels, but there is another number of labels.
    #[error("a logistic link needs 2 labels; found {0}")]
    Logistic(usize),
    /// The calibration power is not a finite number above 0, or the model is not a classifier.
    #[error(
        "the calibration {0} is not valid; expected a finite number above 0 for a classifier, and none for other models"
    )]
    Calibration(f32),
    /// The interval is invalid. Contains half its width at the start.
    #[error(
        "the interval with the half width {0} at its start is not valid; expected half widths from 0 to {MAX_OUTPUT}, \
         for a regression model"
    )]
    Interval(f32),
    /// A row could be so difficult that its interval becomes infinite.
    #[error("the logarithm of a row's difficulty could reach {0}, which could make its interval infinite")]
    Difficulty(f32),
    /// The limits of the intervals are not finite or not in ascending order.
    #[error(
        "intervals cannot have the limits {} to {}; expected finite numbers in ascending order",
        end(*low),
        end(*high)
    )]
    Ends {
        /// Minimum value of an end.
        low: Option<f32>,
        /// Maximum value of an end.
        high: Option<f32>,
    },
    /// The number of bases or biases differs from the number of outputs.
    #[error("there are {found} constants for {expected} outputs; expected one for each output")]
    Constants {
        /// Number of constants.
        found: usize,
        /// Number of outputs.
        expected: usize,
    },
    /// A base, bias or weight has a value that is not allowed.
    #[error("{0} is not a valid weight or constant here")]
    Constant(f32),
    /// The number of weights is not the number of features times the number of outputs.
    #[error("there are {found} weights; expected {expected}, one for each feature and output")]
    Weights {
        /// Number of weights.
        found: usize,
        /// Number of features times number of outputs.
        expected: usize,
    },
    /// The minimum probability is not between 0 and 1/labels.
    #[error("the minimum probability is {0}; expected more than 0 and less than 1/labels")]
    Floor(f32),
    /// There is not exactly one weight within the limits for each label. Contains the number of weights.
    #[error("the {0} weights of the labels are not valid; expected one number from 1e-12 to 1e12 for each label")]
    LabelWeights(usize),
    /// A blend has no members or too many, or its weights are not positive with a sum of 1.
    #[error(
        "a blend of {members} predictors whose weights sum to {sum} is not valid; expected 1 to {MAX_MEMBERS} \
         predictors, and positive weights with the sum 1"
    )]
    Members {
        /// Number of members.
        members: usize,
        /// Sum of their weights.
        sum: f32,
    },
    /// A member has holes but is not an unscaled ensemble of trees, or a hole does not match the features. Contains the
    /// number of features.
    #[error(
        "a member of a blend does not match its holes; expected an unscaled ensemble, and holes whose values and \
         indicators are among the {0} features"
    )]
    Holes(usize),
    /// A member of a blend is itself a blend.
    #[error("a member of a blend is itself a blend; expected a linear model or an ensemble")]
    NestedBlend,
    /// The ensemble does not contain a tree.
    #[error("the ensemble has no tree; expected at least one")]
    NoTree,
    /// More nodes than can be loaded safely.
    #[error("the ensemble has {0} nodes; at most {MAX_NODES} are supported")]
    TooManyNodes(usize),
    /// The sum of the leaves could overflow.
    #[error("the ensemble's outputs could exceed {MAX_OUTPUT}")]
    Overflow,
    /// A tree has no nodes. Contains the index of the tree.
    #[error("tree {0} has no node; expected at least one")]
    EmptyTree(usize),
    /// A split uses a feature that does not exist, or its threshold is not finite.
    #[error(
        "tree {tree}, node {node}: it splits feature {feature} at {threshold}; expected a feature below {features} and \
         a finite threshold"
    )]
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
    #[error("tree {tree}, node {node}: node {child} cannot be its child; expected a later node without another parent")]
    Child {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
        /// Index of the child.
        child: u32,
    },
    /// No row can reach the node.
    #[error("tree {tree}, node {node}: it has no parent; expected a parent for each node except the first")]
    Unreachable {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
    },
    /// The weights of a leaf are not finite, not in ascending order of output, or not a distribution although they must
    /// be.
    #[error(
        "tree {tree}, node {node}: the leaf's weights are not valid for {outputs} outputs; expected finite weights in \
         the order of the outputs, which sum to 1 if they are probabilities"
    )]
    Leaf {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
        /// Number of outputs.
        outputs: usize,
    },
}

/// Formats a limit of an interval for errors.
fn end(limit: Option<f32>) -> String {
    limit.map_or("none".to_owned(), |limit| limit.to_string())
}
