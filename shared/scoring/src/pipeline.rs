//! A pipeline: a trained model with its preprocessing. It does not depend on how it was trained or on how it is stored.

mod check;
mod interval;
mod preprocessing;

use evergreen_lifecycle::Signature;

pub use check::{MAX_FEATURES, MAX_MEMBERS, MAX_NODES, PipelineError};
pub(crate) use check::{MAX_OUTPUT, outputs};
pub use interval::{Curve, CurveStep, Interval};
pub use preprocessing::{Encoding, Preprocessing, Scaler, Statistic};

/// An ensemble of decision trees. Each output is the mean or the sum of the weights in the leaves that a row reaches,
/// plus a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    /// The decision trees; at least one.
    pub trees: Vec<Tree>,
    /// How the results of the trees are combined: by their mean or by their sum.
    pub aggregate: Aggregate,
    /// Constants that are added to the outputs after the trees: one finite number for each output.
    pub base: Vec<f32>,
}

/// How the results of the trees in an ensemble are combined to one result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// The result of the ensemble is the mean of its trees.
    Average,
    /// The result of the ensemble is the sum of its trees.
    Sum,
}

/// A binary decision tree. The root is node 0. Children come after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The nodes of the tree; at least one. The first node is the root.
    pub nodes: Vec<Node>,
}

/// A node of a decision tree. Children are given as indices into [`Tree::nodes`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A split of a decision tree. A row goes right if its feature is above the threshold, otherwise left. NaN goes
    /// left.
    Split {
        /// Index of the feature that is compared with the threshold.
        feature: u32,
        /// The finite number with which the feature is compared.
        threshold: f32,
        /// Index of the child node in the tree for values `<= threshold` and for NaN.
        left: u32,
        /// Index of the child node in the tree for values above the threshold.
        right: u32,
    },
    /// A leaf of a decision tree: the weights that it adds to the outputs. They are finite and in ascending order of
    /// output. Outputs without a weight stay unchanged. If the outputs are class probabilities, the weights are above 0
    /// and sum to 1.
    Leaf(Vec<Weight>),
}

/// The number that a leaf of a decision tree adds to one output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// Index of the output to which a tree leaf adds the weight.
    pub output: u32,
    /// The finite number that a tree leaf adds to the output.
    pub weight: f32,
}

/// A linear model: each output is a weighted sum of the features plus a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// The weights, output by output: for each output one finite number per feature.
    pub weights: Vec<f32>,
    /// Constants that are added to the outputs: one finite number for each output.
    pub bias: Vec<f32>,
}

/// The part of a pipeline that computes the outputs of a row from its features.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictor {
    /// An ensemble of decision trees.
    Trees(Ensemble),
    /// A linear model.
    Linear(Linear),
    /// A blend: the weighted mean of the answers of several predictors. Answers are probabilities or predicted numbers.
    Blend(Vec<Member>),
}

/// A value that may be missing: the indices of the two features that describe the value.
///
/// A predictor of a blend that has holes gets more columns after its features. First come the lower ends of all holes,
/// then the upper ends. See [`ends`](Self::ends).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// Index of the feature that contains the value.
    pub value: u32,
    /// Index of the feature that is 1 if the value is missing, otherwise 0.
    pub missing: u32,
}

impl Hole {
    /// Returns two numbers that replace a value which may be missing. If `missing` is 1, the first number is below all
    /// other values and the second above. If `missing` is 0, both equal `value`. Computed in `f32` with the same
    /// operations as in the ONNX file.
    pub fn ends(value: f32, missing: f32) -> [f32; 2] {
        let far = missing * BEYOND;
        [value - far, value + far]
    }
}

/// A number beyond all sensible values, which replaces a missing value. It is far enough below the greatest `f32` for a
/// midpoint of two values to be finite.
pub(crate) const BEYOND: f32 = 1e38;

/// One predictor of a blend (the weighted mean of several predictors).
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Scaler that is applied to the features before this predictor; `None` if they are not scaled.
    pub scaler: Option<Scaler>,
    /// Values that may be missing, each of which becomes two more columns for this predictor. A missing value is below
    /// all others in one column and above them in the other. So a tree can send missing values to either side at any
    /// split.
    pub holes: Vec<Hole>,
    /// The predictor itself, which must not be a blend.
    pub predictor: Predictor,
    /// Meaning of this predictor's outputs, for example log-odds.
    pub link: Link,
    /// Weight of this predictor in the mean; above 0. The weights of all predictors in the blend sum to 1.
    pub weight: f32,
}

/// Meaning of a predictor's outputs, which defines how they become the prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The outputs are the prediction: one number for regression, or the probability of each class. Only a blend and
    /// the mean of trees whose leaves are distributions give such probabilities.
    Identity,
    /// The single output is the log-odds of the second of two classes.
    Logistic,
    /// Each output is the log-odds of one class against the rest. The probabilities are normalised to sum to 1.
    OneVersusRest,
    /// The outputs are the unnormalised log-probabilities of the classes.
    Softmax,
}

/// A trained model: all steps from a raw row to the prediction, together with the signature (columns and labels). A
/// pipeline is checked when it is created, so every pipeline can predict.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    signature: Signature,
    parts: PipelineParts,
}

/// The parts of a pipeline (a trained model): the steps from a raw row to the prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineParts {
    /// First step of a prediction: turns a raw row into features.
    pub preprocessing: Preprocessing,
    /// Second step of a prediction: computes outputs from the features.
    pub predictor: Predictor,
    /// Third step of a prediction: the meaning of the outputs, which defines how they become the result.
    pub link: Link,
    /// Calibration power of a classifier, above 0; `None` if it is not calibrated. The probabilities are raised to this
    /// power and normalised again (temperature scaling: Guo, Pleiss, Sun, Weinberger: "On calibration of modern neural
    /// networks", ICML 2017). The most probable class stays the same.
    pub calibration: Option<f32>,
    /// How a classifier chooses the predicted label, and the minimum of its probabilities.
    pub rule: LabelRule,
    /// Prediction intervals of a regression model; `None` if it has no intervals.
    pub interval: Option<Interval>,
}

/// How a classifier chooses the predicted label, and the minimum of its calibrated probabilities.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelRule {
    /// Minimum probability of each label, below 1 divided by the number of labels. Each probability is multiplied by
    /// `1 - labels * floor`, and then the floor is added. With `None`, a probability may be 0.
    pub floor: Option<f32>,
    /// Factors for the probabilities of the labels: one positive finite number for each label. The label with the
    /// greatest product is predicted. With `None`, the most probable label is predicted. For two labels, see
    /// [`above`](Self::above).
    pub weights: Option<Vec<f32>>,
}

impl LabelRule {
    /// Returns label weights for two labels. With these weights, the second label is predicted if its probability is
    /// above `threshold` (between 0 and 1).
    pub fn above(threshold: f32) -> Vec<f32> {
        vec![threshold, 1.0 - threshold]
    }

    /// Returns the probability above which the second of two labels is predicted. Without label weights it is 0.5.
    pub fn threshold(&self) -> f32 {
        match self.weights.as_deref() {
            Some([first, second]) => first / (first + second),
            _ => 0.5,
        }
    }
}

impl Pipeline {
    /// Creates a pipeline (a trained model) from its parts and its signature (columns and labels), and checks that they
    /// are valid.
    ///
    /// # Errors
    /// [`PipelineError`] if the parts do not match each other or the signature, or if a tree is malformed.
    pub fn new(signature: Signature, parts: PipelineParts) -> Result<Self, PipelineError> {
        check::all(&signature, &parts)?;
        Ok(Self { signature, parts })
    }

    /// Returns the signature of the model: its input columns and its labels.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Returns the parts of the model: preprocessing, predictor, link, calibration, label rule and interval.
    pub fn parts(&self) -> &PipelineParts {
        &self.parts
    }
}
