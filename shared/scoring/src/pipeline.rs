//! A pipeline: a trained model with its preprocessing. The types here do not depend on how the model was trained or on
//! how it is stored.

mod check;
mod interval;
mod preprocessing;

use evergreen_lifecycle::Signature;

use crate::graph::Graph;

pub use check::{MAX_FEATURES, MAX_MEMBERS, MAX_NODES, PipelineError};
pub(crate) use check::{MAX_OUTPUT, outputs};
pub use interval::{Curve, CurveStep, Interval};
pub use preprocessing::{Encoding, Preprocessing, Scaler, Statistic};

// Each output is the mean or the sum of the leaf weights, plus a constant.
/// Ensemble of decision trees, for example a random forest or boosted trees. A prediction combines the weights of the
/// leaves that a row reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    /// The decision trees of the ensemble; at least one.
    pub trees: Vec<Tree>,
    /// How the leaf weights of the trees are combined: mean or sum.
    pub aggregate: Aggregate,
    /// Constant terms of the ensemble, one finite number for each output. They are added to the trees' mean or sum.
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
    /// Split node. A row goes right if its feature is above the threshold, otherwise left. A missing value (NaN) goes
    /// left.
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
    // The weights are finite and in ascending order of output. Outputs without a weight stay unchanged. If the outputs
    // are class probabilities, the weights are above 0 and sum to 1.
    /// Leaf node with the weights that are added to the model's outputs for a row that ends here.
    Leaf(Vec<Weight>),
}

/// Weight of a leaf in a decision tree: a number that is added to one output of the predictor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// Index of the predictor's output (for example of a class) to which the leaf's weight is added.
    pub output: u32,
    /// The finite number that the leaf of a decision tree adds to the output.
    pub weight: f32,
}

/// A linear model: each output is a weighted sum of the features plus a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    // All coefficients are finite.
    /// Coefficients of the linear model. First come the coefficients of all features for output 0, then those for
    /// output 1, and so on.
    pub weights: Vec<f32>,
    /// Constant terms (intercepts): one finite number for each output.
    pub bias: Vec<f32>,
}

/// Predictor of a trained model: computes outputs from a row's features with trees, a linear model, or a blend of
/// several predictors.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictor {
    /// An ensemble of decision trees, for example a random forest.
    Trees(Ensemble),
    /// A linear model.
    Linear(Linear),
    /// Blend: the weighted mean of several predictors' predictions.
    Blend(Vec<Member>),
    /// An imported ONNX graph that is computed operator by operator, from the raw row to the prediction.
    Graph(Graph),
}

// The extra numbers follow the features of a blend's member. First come the numbers that are very low for missing
// values, then those that are very high. `Hole::ends` computes both.
/// Feature whose value may be missing: the index of the feature with the value, and the index of its missing-value
/// indicator (a feature that is 1 if the value is missing).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// Index of the feature with the value that may be missing.
    pub value: u32,
    /// Index of the feature that is 1 if the value is missing, otherwise 0.
    pub missing: u32,
}

impl Hole {
    /// Turns a feature that may be missing into two numbers. If the feature is not missing, both equal `value`. If
    /// `missing` is 1, one is very low and the other very high.
    pub fn ends(value: f32, missing: f32) -> [f32; 2] {
        // For a missing value, the first number is below all other values and the second above. Computed in `f32` with
        // the same operations as in the ONNX file.
        let far = missing * BEYOND;
        [value - far, value + far]
    }
}

// 1e38 is far enough below the greatest `f32` that the midpoint between it and another value is finite.
/// Very large number, above all sensible values. With a plus or minus sign, it replaces a missing value.
pub(crate) const BEYOND: f32 = 1e38;

/// One member of a blend (the weighted mean of several predictors): a predictor, its weight and its inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Standard scaling of the features for this predictor. `None`: the features are not scaled.
    pub scaler: Option<Scaler>,
    // A missing value is below all other values in one column and above them in the other. So a tree can send missing
    // values to either side at any split.
    /// Features that may be missing. Each one becomes two more input columns for this predictor.
    pub holes: Vec<Hole>,
    /// Predictor of this member of the blend. Must not be a blend itself.
    pub predictor: Predictor,
    /// Link function: turns the predictor's outputs into its prediction, for example log-odds into a probability.
    pub link: Link,
    /// Weight of this predictor in the weighted mean. Above 0; all weights of the blend sum to 1.
    pub weight: f32,
}

/// Link function: how a predictor's outputs become the prediction (class probabilities or a number).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    // Only a blend, or the mean of trees with a probability distribution in each leaf, gives probabilities as outputs.
    /// No function: the outputs already are the predicted number or the class probabilities.
    Identity,
    /// Logistic function: the single output is the log-odds of the second of two classes.
    Logistic,
    /// Logistic function for each class (one versus rest): each output is the log-odds of one class. The probabilities
    /// are normalised to sum to 1.
    OneVersusRest,
    /// Softmax: the outputs are the unnormalised log-probabilities of the classes.
    Softmax,
}

// A pipeline is checked when it is created, so every pipeline can predict.
/// Trained model: all steps from a raw row to the prediction, and the signature (columns and labels).
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
    // After the exponent is applied, the probabilities are normalised again (Guo, Pleiss, Sun, Weinberger: "On
    // calibration of modern neural networks", ICML 2017). The most probable class stays the same.
    /// Calibration of a classifier (temperature scaling): exponent for the class probabilities, above 0. `None`: not
    /// calibrated.
    pub calibration: Option<f32>,
    /// How a classifier chooses the predicted label, and its minimum probability.
    pub rule: LabelRule,
    /// Prediction intervals of a regression model. `None`: no intervals.
    pub interval: Option<Interval>,
}

/// How a classifier chooses the predicted label, and its minimum probability for each label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelRule {
    // The minimum is below 1 divided by the number of labels. Each probability is multiplied by `1 - labels * floor`.
    // Then the minimum is added.
    /// Minimum probability of each label. `None`: a probability may be 0.
    pub floor: Option<f32>,
    // The factors are positive and finite. For two labels, see `above`.
    /// Label weights: factors for the labels' probabilities. The label with the greatest product is predicted. `None`:
    /// the most probable label.
    pub weights: Option<Vec<f32>>,
}

impl LabelRule {
    /// Returns label weights for a decision threshold: the second of two labels is predicted if its probability is
    /// above `threshold`.
    pub fn above(threshold: f32) -> Vec<f32> {
        vec![threshold, 1.0 - threshold]
    }

    /// Returns the decision threshold: the probability above which the second of two labels is predicted. The default
    /// is 0.5.
    pub fn threshold(&self) -> f32 {
        match self.weights.as_deref() {
            Some([first, second]) => first / (first + second),
            _ => 0.5,
        }
    }
}

impl Pipeline {
    /// Creates a pipeline (a trained model) from its parts and its signature (columns and labels), and checks them.
    ///
    /// # Errors
    /// [`PipelineError`] if the parts do not match each other or the signature, or if a tree is malformed.
    pub fn new(signature: Signature, parts: PipelineParts) -> Result<Self, PipelineError> {
        check::all(&signature, &parts)?;
        Ok(Self { signature, parts })
    }

    /// Creates the pipeline of an imported ONNX graph, which has no other parts.
    pub(crate) fn of_graph(signature: Signature, graph: Graph) -> Result<Self, PipelineError> {
        let preprocessing = Preprocessing { encodings: Vec::new(), statistics: Vec::new(), scaler: None };
        let parts = PipelineParts {
            preprocessing,
            predictor: Predictor::Graph(graph),
            link: Link::Identity,
            calibration: None,
            rule: LabelRule::default(),
            interval: None,
        };
        Self::new(signature, parts)
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
