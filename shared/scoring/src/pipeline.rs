//! A pipeline: a trained model with its preprocessing. The types here do not depend on how the model was trained or on
//! how it is stored.

mod check;
mod interval;
mod preprocessing;

use evergreen_lifecycle::Signature;

pub use check::{MAX_FEATURES, MAX_MEMBERS, MAX_NODES, PipelineError};
pub(crate) use check::{MAX_OUTPUT, outputs};
pub use interval::{Curve, CurveStep, Interval};
pub use preprocessing::{Encoding, Preprocessing, Scaler, Statistic};

/// Ensemble of decision trees, for example a random forest or boosted trees. Each output is the mean or the sum of the
/// leaf weights that a row reaches in the trees, plus a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    /// The decision trees of the ensemble; at least one.
    pub trees: Vec<Tree>,
    /// How the weights of the leaves that a row reaches are combined: by their mean or by their sum.
    pub aggregate: Aggregate,
    /// Constant terms: one finite number for each output. Each is added to the mean or the sum of the trees.
    pub base: Vec<f32>,
}

/// How the leaf weights of the trees in an ensemble are combined to one output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Mean: the output is the average of the trees' leaf weights, as in a random forest.
    Average,
    /// Sum: the output is the sum of the trees' leaf weights, as in boosted trees.
    Sum,
}

/// Binary decision tree. The root is node 0. Every child node has a greater index than its parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The nodes of the decision tree; at least one. The first node is the root.
    pub nodes: Vec<Node>,
}

/// Node of a decision tree: a split or a leaf. Child nodes are indices into [`Tree::nodes`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Split node. A row goes to the right child if its feature is above the threshold, otherwise to the left child. A
    /// missing value (NaN) goes left.
    Split {
        /// Index of the feature of the row that is compared with the threshold.
        feature: u32,
        /// Split point: the finite number with which the row's feature is compared.
        threshold: f32,
        /// Index of the left child node, for rows whose feature is `<= threshold` or NaN.
        left: u32,
        /// Index of the right child node, for rows whose feature is above the threshold.
        right: u32,
    },
    /// Leaf node: the weights that it adds to the predictor's outputs for every row that ends here. The weights are
    /// finite and in ascending order of output. Outputs without a weight stay unchanged. If the outputs are class
    /// probabilities, the weights are above 0 and sum to 1.
    Leaf(Vec<Weight>),
}

/// Weight of a leaf in a decision tree: a number that is added to one output of the predictor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// Index of the predictor's output to which the leaf adds its weight (for example the index of a class).
    pub output: u32,
    /// The finite number that the leaf of a decision tree adds to the output.
    pub weight: f32,
}

/// A linear model: each output is a weighted sum of the features plus a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Coefficients: one finite number for each pair of output and feature. First come the coefficients of all features
    /// for output 0, then those for output 1, and so on.
    pub weights: Vec<f32>,
    /// Constant terms (intercepts): one finite number for each output.
    pub bias: Vec<f32>,
}

/// The part of a trained model that computes outputs from the features of a row: decision trees, a linear model, or the
/// mean of several predictors.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictor {
    /// An ensemble of decision trees, for example a random forest.
    Trees(Ensemble),
    /// A linear model.
    Linear(Linear),
    /// Blend: the weighted mean of the predictions of several predictors. The predictions are class probabilities or
    /// numbers.
    Blend(Vec<Member>),
}

/// A feature whose value may be missing: the index of the value's feature and of its missing-value indicator.
///
/// Each hole becomes two extra numbers after the features of a blend's member (a predictor of the mean). One is very
/// low if the value is missing, the other very high. First come the low numbers of all holes, then the high numbers.
/// See [`ends`](Self::ends).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// Index of the feature that contains the value which may be missing.
    pub value: u32,
    /// Index of the indicator feature, which is 1 if the value is missing, otherwise 0.
    pub missing: u32,
}

impl Hole {
    /// Returns the two extra numbers, low and high, that trees get for a value which may be missing. If `missing` is 1,
    /// the first number is below all other values and the second above. If `missing` is 0, both equal `value`. Computed
    /// in `f32` with the same operations as in the ONNX file.
    pub fn ends(value: f32, missing: f32) -> [f32; 2] {
        let far = missing * BEYOND;
        [value - far, value + far]
    }
}

/// A number above all sensible values. With a plus or minus sign, it replaces a missing value. It is far enough below
/// the greatest `f32` that the midpoint between it and another value is finite.
pub(crate) const BEYOND: f32 = 1e38;

/// One member of a blend (the weighted mean of several predictors): a predictor, its weight and its inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Standard scaling of the features before this predictor; `None` if this predictor takes unscaled features.
    pub scaler: Option<Scaler>,
    /// Features that may be missing. Each becomes two more input columns for this predictor. A missing value is below
    /// all other values in one column and above them in the other. So a tree can send missing values to either side at
    /// any split.
    pub holes: Vec<Hole>,
    /// The predictor itself, which must not be a blend.
    pub predictor: Predictor,
    /// Link function: how this predictor's outputs become its prediction, for example the logistic function of
    /// log-odds.
    pub link: Link,
    /// Weight of this predictor in the weighted mean; above 0. The weights of all predictors in the blend sum to 1.
    pub weight: f32,
}

/// Link function: how a predictor's outputs become the prediction (class probabilities or a number).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// No function: the outputs are the prediction. They are one number for regression, or the probability of each
    /// class. Only a blend, or the mean of trees with a probability distribution in each leaf, gives such
    /// probabilities.
    Identity,
    /// Logistic function: the single output is the log-odds of the second of two classes.
    Logistic,
    /// Logistic function for each class: each output is the log-odds of one class against all others. The resulting
    /// probabilities are normalised to sum to 1.
    OneVersusRest,
    /// Softmax: the outputs are the unnormalised log-probabilities of the classes.
    Softmax,
}

/// A trained model: all steps from a raw row to the prediction, and the signature (columns and labels). A pipeline is
/// checked when it is created, so every pipeline can predict.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    signature: Signature,
    parts: PipelineParts,
}

/// The parts of a trained model: the steps that turn a raw row into the prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineParts {
    /// First step of a prediction: turns a raw row (the values of the table's columns) into features.
    pub preprocessing: Preprocessing,
    /// Second step of a prediction: computes outputs from the features, with trees or a linear model.
    pub predictor: Predictor,
    /// Third step of a prediction: the link function, which turns the outputs into class probabilities or a number.
    pub link: Link,
    /// Temperature scaling of a classifier: exponent for the class probabilities, above 0. `None` if the classifier is
    /// not calibrated. After the exponent is applied, the probabilities are normalised again (Guo, Pleiss, Sun,
    /// Weinberger: "On calibration of modern neural networks", ICML 2017). The most probable class stays the same.
    pub calibration: Option<f32>,
    /// How a classifier chooses the predicted label, and the minimum of its probabilities.
    pub rule: LabelRule,
    /// Prediction intervals of a regression model; `None` if it has no intervals.
    pub interval: Option<Interval>,
}

/// Rule by which a classifier chooses the predicted label (label weights), and the minimum of its calibrated
/// probabilities.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelRule {
    /// Floor: the minimum probability of each label, below 1 divided by the number of labels. First, each probability
    /// is multiplied by `1 - labels * floor`. Then the floor is added. With `None`, a probability may be 0.
    pub floor: Option<f32>,
    /// Label weights: one positive finite factor for the probability of each label. The label with the greatest product
    /// of probability and factor is predicted. With `None`, the most probable label is predicted. For two labels, see
    /// [`above`](Self::above).
    pub weights: Option<Vec<f32>>,
}

impl LabelRule {
    /// Converts a decision threshold to label weights (factors for the probabilities of two labels). With these
    /// weights, the second label is predicted if its probability is above `threshold` (between 0 and 1).
    pub fn above(threshold: f32) -> Vec<f32> {
        vec![threshold, 1.0 - threshold]
    }

    /// Returns the decision threshold: the probability above which the second of two labels is predicted. Without label
    /// weights it is 0.5.
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
