//! Reasons why a pipeline (a trained model with its preprocessing) is not valid.

use evergreen_lifecycle::Task;

use super::super::Link;
use super::{MAX_FEATURES, MAX_LABELS, MAX_MEMBERS, MAX_NODES, MAX_OUTPUT};

/// Error: the parts of a pipeline (a trained model with its preprocessing) are invalid or do not match each other.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The classifier has more labels than supported. Contains the number of labels.
    #[error("the signature has {0} labels; at most {MAX_LABELS} are supported")]
    TooManyLabels(usize),
    // A slot is one `f32` value of a raw row, and each slot needs one encoding.
    /// The number of encodings (how raw values become features) differs from the number of raw values in a row.
    #[error("there are {encodings} encodings for the {slots} values of a row; expected one for each value")]
    Encodings {
        /// Number of encodings in the preprocessing.
        encodings: usize,
        /// Number of slots (`f32` values) in a raw row.
        slots: usize,
    },
    /// An imported graph has other parts beside it, or other columns or labels than the signature.
    #[error("the imported graph does not match the signature, or has other parts beside it")]
    Graph,
    // The encoding does not match the column's kind or number of categories, or its fill (the number for missing
    // values) is not finite.
    /// The encoding of a column (how its values become features) is invalid. Contains the column's name.
    #[error("column {0:?}: the encoding does not match the column's kind or categories, or its fill is not finite")]
    Encoding(String),
    // The indicator is a feature that is 1 if the value is missing.
    /// A column has a missing-value indicator but does not allow missing values. Contains the column's name.
    #[error("column {0:?}: there is a feature for missing values, but the column does not allow missing values")]
    Indicator(String),
    // An empty text means a missing value.
    /// The categories of a column are repeated, not sorted or empty. Contains the column's name.
    #[error("column {0:?}: the categories are not valid; expected sorted texts, each once and not empty")]
    Categories(String),
    /// The words of a text column are empty, repeated or not sorted. Contains the column's name.
    #[error("column {0:?}: the words are not valid; expected sorted words, each once and not empty")]
    Words(String),
    // The column must be a category column, with exactly one finite number for each category code.
    /// Target encoding: the numbers that replace a column's categories are invalid. Contains the column's name.
    #[error(
        "column {0:?}: the statistic is not valid; expected one finite number for each category and rare text, in \
         sorted order"
    )]
    Statistic(String),
    /// Target encodings are not in the order of the table's columns, or one belongs to no column.
    #[error("the statistics are not in the order of the columns")]
    StatisticsOrder,
    /// The pipeline has no feature, or too many features to predict quickly. Contains the number of features.
    #[error("the columns have {0} features; from 1 to {MAX_FEATURES} are supported")]
    Features(usize),
    /// The scaler does not have exactly one offset and one scale for each feature.
    #[error("the scaler has {offsets} offsets and {scales} scales; expected {features} each, one for each feature")]
    ScalerShape {
        /// Number of offsets in the scaler.
        offsets: usize,
        /// Number of scales in the scaler.
        scales: usize,
        /// Number of features of the pipeline. The scaler needs as many offsets and scales.
        features: usize,
    },
    /// The scaler has an offset or a scale that is not finite, or a scale that is 0.
    #[error(
        "feature {feature}: the scaler has the offset {offset} and the scale {scale}; expected finite numbers and a \
         scale other than 0"
    )]
    ScalerValue {
        /// Index of the feature with the invalid offset or scale.
        feature: usize,
        /// Offset that the scaler subtracts from this feature.
        offset: f32,
        /// Factor by which the scaler multiplies this feature.
        scale: f32,
    },
    // The link function cannot turn the outputs of the predictor into a prediction.
    /// The link function (for example softmax) does not fit this predictor or the task.
    #[error("the link {link:?} cannot turn the outputs of this predictor into a prediction for {}", task.name())]
    Link {
        /// The link function that does not fit the predictor or the task.
        link: Link,
        /// The task of the model: classification or regression.
        task: Task,
    },
    /// The logistic function needs two labels, but the classifier has another number. Contains the number of labels.
    #[error("a logistic link needs 2 labels; found {0}")]
    Logistic(usize),
    // The power must be a finite number above 0.
    /// The calibration power (exponent for class probabilities) is invalid, or the model is not a classifier. Contains
    /// the power.
    #[error(
        "the calibration {0} is not valid; expected a finite number above 0 for a classifier, and none for other models"
    )]
    Calibration(f32),
    // This is the half width at the start of the curve (half width by predicted number).
    /// The half width of the prediction interval is invalid, or the model is not a regression model. Contains the half
    /// width.
    #[error(
        "the interval with the half width {0} at its start is not valid; expected half widths from 0 to {MAX_OUTPUT}, \
         for a regression model"
    )]
    Interval(f32),
    /// The prediction interval of a row could become infinite. Contains the greatest possible natural logarithm of a
    /// row's difficulty (a factor for the interval's width).
    #[error("the logarithm of a row's difficulty could reach {0}, which could make its interval infinite")]
    Difficulty(f32),
    /// The limits for the ends of prediction intervals are not finite or not in ascending order.
    #[error(
        "intervals cannot have the limits {} to {}; expected finite numbers in ascending order",
        end(*low),
        end(*high)
    )]
    Ends {
        /// Lower limit for both ends of an interval. `None`: no limit.
        low: Option<f32>,
        /// Upper limit for both ends of an interval. `None`: no limit.
        high: Option<f32>,
    },
    /// The predictor needs exactly one constant term (tree base or linear intercept) for each output.
    #[error("there are {found} constants for {expected} outputs; expected one for each output")]
    Constants {
        /// Number of constant terms in the predictor.
        found: usize,
        /// Expected number of constant terms, which is the number of outputs of the predictor.
        expected: usize,
    },
    /// A constant term or weight of the predictor is invalid, for example NaN. Contains the value.
    #[error("{0} is not a valid weight or constant here")]
    Constant(f32),
    /// The linear model does not have exactly one weight for each feature and output.
    #[error("there are {found} weights; expected {expected}, one for each feature and output")]
    Weights {
        /// Number of weights in the linear model.
        found: usize,
        /// Expected number of weights: number of features times number of outputs.
        expected: usize,
    },
    // The floor must be between 0 and 1 divided by the number of labels.
    /// The floor (minimum probability of every label of a classifier) is invalid. Contains the floor.
    #[error("the minimum probability is {0}; expected more than 0 and less than 1/labels")]
    Floor(f32),
    // There must be exactly one factor for each label, within the limits.
    /// The label weights of a classifier (factors for the labels' probabilities) are invalid. Contains their number.
    #[error("the {0} weights of the labels are not valid; expected one number from 1e-12 to 1e12 for each label")]
    LabelWeights(usize),
    // The weights must be positive with a sum of 1.
    /// A blend (weighted mean of predictors) has too few or too many predictors, or invalid weights.
    #[error(
        "a blend of {members} predictors whose weights sum to {sum} is not valid; expected 1 to {MAX_MEMBERS} \
         predictors, and positive weights with the sum 1"
    )]
    Members {
        /// Number of predictors in the blend.
        members: usize,
        /// Sum of the weights of all predictors in the blend.
        sum: f32,
    },
    // A hole is a feature that may be missing, with its missing-value indicator. Only an ensemble of trees with
    // unscaled features may have holes, and they must be holes of the pipeline.
    /// A predictor in a blend (weighted mean of predictors) has an invalid list of features that may be missing.
    /// Contains the model's number of features.
    #[error(
        "a member of a blend does not match its holes; expected an unscaled ensemble, and holes whose values and \
         indicators are among the {0} features"
    )]
    Holes(usize),
    /// A member of a blend (weighted mean of predictors) is itself a blend.
    #[error("a member of a blend is itself a blend; expected a linear model or an ensemble")]
    NestedBlend,
    /// The ensemble of decision trees does not contain a tree.
    #[error("the ensemble has no tree; expected at least one")]
    NoTree,
    /// The decision trees of the model have more nodes than can be loaded safely. Contains the number of nodes.
    #[error("the ensemble has {0} nodes; at most {MAX_NODES} are supported")]
    TooManyNodes(usize),
    /// The sum of a row's leaf weights in the decision trees could overflow.
    #[error("the ensemble's outputs could exceed {MAX_OUTPUT}")]
    Overflow,
    /// A decision tree has no nodes. Contains the index of the tree.
    #[error("tree {0} has no node; expected at least one")]
    EmptyTree(usize),
    /// A split of a decision tree uses a feature that does not exist, or its threshold is not finite.
    #[error(
        "tree {tree}, node {node}: it splits feature {feature} at {threshold}; expected a feature below {features} and \
         a finite threshold"
    )]
    Split {
        /// Index of the tree in the ensemble.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
        /// Index of the feature that the node compares with its threshold.
        feature: u32,
        /// Number of features of the model. The feature's index must be lower.
        features: usize,
        /// Threshold with which the node compares the feature.
        threshold: f32,
    },
    // The child is outside of the tree, is not after its parent, or already has a parent.
    /// A split of a decision tree has an invalid child index.
    #[error("tree {tree}, node {node}: node {child} cannot be its child; expected a later node without another parent")]
    Child {
        /// Index of the tree in the ensemble.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
        /// Index of the invalid child node.
        child: u32,
    },
    /// A decision tree has a node without a parent, which no row can reach.
    #[error("tree {tree}, node {node}: it has no parent; expected a parent for each node except the first")]
    Unreachable {
        /// Index of the tree in the ensemble.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
    },
    // The weights must be finite and in ascending order of output. If the outputs are probabilities, they must be a
    // probability distribution.
    /// The weights of a leaf in a decision tree are invalid.
    #[error(
        "tree {tree}, node {node}: the leaf's weights are not valid for {outputs} outputs; expected finite weights in \
         the order of the outputs, which sum to 1 if they are probabilities"
    )]
    Leaf {
        /// Index of the tree in the ensemble.
        tree: usize,
        /// Index of the node in the tree.
        node: usize,
        /// Number of outputs of the predictor.
        outputs: usize,
    },
}

/// Formats a limit of prediction intervals for an error message; `None` becomes "none".
fn end(limit: Option<f32>) -> String {
    limit.map_or("none".to_owned(), |limit| limit.to_string())
}
