//! A fitted pipeline. It does not depend on how it was fitted or on how it is stored.

mod check;
mod interval;
mod preprocessing;

use evergreen_lifecycle::Signature;

pub use check::{MAX_FEATURES, MAX_MEMBERS, MAX_NODES, PipelineError};
pub(crate) use check::{MAX_OUTPUT, outputs};
pub use interval::{Curve, CurveStep, Interval};
pub use preprocessing::{Encoding, Preprocessing, Scaler, Statistic};

/// An ensemble of trees. Each output is the mean or the sum of the weights of the leaves that a row reaches, plus a
/// constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    /// The trees, at least one.
    pub trees: Vec<Tree>,
    /// How the answers of the trees are combined.
    pub aggregate: Aggregate,
    /// The constant that is added to each output; one finite number per output.
    pub base: Vec<f32>,
}

/// How the answers of trees are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Their mean.
    Average,
    /// Their sum.
    Sum,
}

/// A binary tree. The root is node 0. Children come after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The nodes, at least one.
    pub nodes: Vec<Node>,
}

/// A node of a tree. Children are indices into [`Tree::nodes`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A row goes right if its feature is above the threshold, otherwise left. NaN goes left.
    Split {
        /// Index of the feature.
        feature: u32,
        /// The threshold; finite.
        threshold: f32,
        /// Index of the node for values `<= threshold` and for NaN.
        left: u32,
        /// Index of the node for greater values.
        right: u32,
    },
    /// The weights that the leaf adds to the outputs: finite, in ascending order of output. Outputs without a weight
    /// get nothing. If the outputs are class probabilities, the weights are above 0 and sum to 1.
    Leaf(Vec<Weight>),
}

/// The number that a leaf adds to one output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// Index of the output.
    pub output: u32,
    /// The number that is added; finite.
    pub weight: f32,
}

/// A linear model: each output is a weighted sum of the features plus a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// The weights, output by output: one finite number per feature.
    pub weights: Vec<f32>,
    /// The constant that is added to each output; one finite number per output.
    pub bias: Vec<f32>,
}

/// Computes the outputs of a row from its features.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictor {
    /// An ensemble of trees.
    Trees(Ensemble),
    /// A linear model.
    Linear(Linear),
    /// The weighted mean of the answers of several predictors: of their probabilities or their numbers.
    Blend(Vec<Member>),
}

/// The two features that describe a value which may be missing.
///
/// A member with holes gets more columns behind its features: first the lower ends of all holes, then the upper ends.
/// See [`ends`](Self::ends).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// Index of the feature that contains the value.
    pub value: u32,
    /// Index of the feature that is 1 if the value is missing, otherwise 0.
    pub missing: u32,
}

impl Hole {
    /// Returns the value twice. A missing value is below all other values in the first and above them in the second.
    /// Computed in `f32` with the same operations as the artifact.
    pub fn ends(value: f32, missing: f32) -> [f32; 2] {
        let far = missing * BEYOND;
        [value - far, value + far]
    }
}

/// A magnitude beyond all sensible values. It is far enough below the greatest `f32` for a midpoint of two values to be
/// finite.
pub(crate) const BEYOND: f32 = 1e38;

/// One of several predictors whose answers are averaged.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Scaler that is applied to the features first, if any.
    pub scaler: Option<Scaler>,
    /// Values that may be missing and that the member gets in two more columns. A missing value is below all others in
    /// one column and above them in the other. So a tree can send missing values to either side at any split.
    pub holes: Vec<Hole>,
    /// The predictor, which must not be a blend.
    pub predictor: Predictor,
    /// What the outputs of the predictor mean.
    pub link: Link,
    /// Weight in the mean; above 0. The weights of all members sum to 1.
    pub weight: f32,
}

/// What the outputs of a predictor mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The outputs are the answer: one number for regression, or the probability of each class. Only a blend and the
    /// mean of trees whose leaves are distributions give such probabilities.
    Identity,
    /// The single output is the log-odds of the second of two classes.
    Logistic,
    /// Each output is the log-odds of one class against the rest. The probabilities are normalised to sum to 1.
    OneVersusRest,
    /// The outputs are the unnormalised log-probabilities of the classes.
    Softmax,
}

/// All steps from a raw row to the answer, together with the signature. A pipeline is checked when it is created, so
/// every pipeline can be scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    signature: Signature,
    parts: PipelineParts,
}

/// The parts of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineParts {
    /// Turns a raw row into features.
    pub preprocessing: Preprocessing,
    /// Turns features into outputs.
    pub predictor: Predictor,
    /// Turns outputs into the answer.
    pub link: Link,
    /// Calibration power of a classifier, above 0. The probabilities are raised to this power and normalised again
    /// (temperature scaling: Guo, Pleiss, Sun, Weinberger: "On calibration of modern neural networks", ICML 2017). The
    /// most probable class stays the same.
    pub calibration: Option<f32>,
    /// Decides the label of a classifier and limits its probabilities.
    pub rule: LabelRule,
    /// Prediction intervals of a regression model, if it has any.
    pub interval: Option<Interval>,
}

/// Decides which label a classifier predicts, and limits its calibrated probabilities.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelRule {
    /// Minimum probability that is answered, below 1/labels. Each probability is multiplied by `1 - labels * floor`,
    /// and then the floor is added. With `None`, a probability may be 0.
    pub floor: Option<f32>,
    /// Factor for each label's probability; the label with the greatest product is predicted. One positive finite
    /// number per label. With `None`, the most probable label is predicted. See [`above`](Self::above) for two labels.
    pub weights: Option<Vec<f32>>,
}

impl LabelRule {
    /// Returns the weights that predict the second of two labels if its probability is above `threshold` (between 0 and
    /// 1).
    pub fn above(threshold: f32) -> Vec<f32> {
        vec![threshold, 1.0 - threshold]
    }

    /// Returns the probability above which the second of two labels is predicted.
    pub fn threshold(&self) -> f32 {
        match self.weights.as_deref() {
            Some([first, second]) => first / (first + second),
            _ => 0.5,
        }
    }
}

impl Pipeline {
    /// Checks the parts and creates the pipeline.
    ///
    /// # Errors
    /// [`PipelineError`] if the parts do not match each other or the signature, or if a tree is malformed.
    pub fn new(signature: Signature, parts: PipelineParts) -> Result<Self, PipelineError> {
        check::all(&signature, &parts)?;
        Ok(Self { signature, parts })
    }

    /// Returns the input columns and the labels.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Returns the parts of the pipeline.
    pub fn parts(&self) -> &PipelineParts {
        &self.parts
    }
}
