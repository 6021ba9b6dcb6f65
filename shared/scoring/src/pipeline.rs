//! A fitted pipeline, described without reference to what fitted it or to how it is stored.

mod check;
mod interval;
mod preprocessing;

use evergreen_lifecycle::Signature;

pub use check::{MAX_FEATURES, MAX_MEMBERS, MAX_NODES, PipelineError};
pub(crate) use check::{MAX_OUTPUT, outputs};
pub use interval::{Curve, Interval, Step};
pub use preprocessing::{Encoding, Preprocessing, Scaler, Statistic};

/// An ensemble of trees: a row's outputs are the mean or the sum of its leaves' weights, and a constant each.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    /// The trees, at least one.
    pub trees: Vec<Tree>,
    /// How the trees' answers become one.
    pub aggregate: Aggregate,
    /// What is added to each output, one finite number per output.
    pub base: Vec<f32>,
}

/// How the answers of trees become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Their mean.
    Average,
    /// Their sum.
    Sum,
}

/// A binary tree. The root is node 0, and children come after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The nodes, at least one.
    pub nodes: Vec<Node>,
}

/// A node of a tree; children are indices into [`Tree::nodes`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A row goes left if its feature is at most the threshold, else right.
    Split {
        /// Index of the feature.
        feature: u32,
        /// Where the feature is split; finite.
        threshold: f32,
        /// The node for values `<= threshold`.
        left: u32,
        /// The node for values above it.
        right: u32,
    },
    /// What the leaf adds to the outputs: ascending in output, finite; outputs left out get nothing. Where the outputs are
    /// the probabilities of classes, the weights are above 0 and sum to 1.
    Leaf(Vec<Weight>),
}

/// What a leaf adds to an output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// Index of the output.
    pub output: u32,
    /// What is added.
    pub weight: f32,
}

/// A weighted sum of the features for each output.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Output by output, one finite number per feature.
    pub weights: Vec<f32>,
    /// What is added, one finite number per output.
    pub bias: Vec<f32>,
}

/// What gives the outputs of a row of features.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictor {
    /// Trees.
    Trees(Ensemble),
    /// A weighted sum.
    Linear(Linear),
    /// The weighted mean of several predictors' answers: probabilities or numbers.
    Blend(Vec<Member>),
}

/// A value that may be missing, by its features.
///
/// Of all holes together the values below come after the features, then those above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// The feature that has the value.
    pub value: u32,
    /// The feature that is 1 where it is missing, else 0.
    pub missing: u32,
}

impl Hole {
    /// The value as it is seen below and above all others where it is missing: in `f32`, by the operations of the artifact.
    pub fn ends(value: f32, missing: f32) -> [f32; 2] {
        let far = missing * BEYOND;
        [value - far, value + far]
    }
}

/// What is beyond sensible values, and far enough from the greatest `f32` for the middle to be one.
pub(crate) const BEYOND: f32 = 1e38;

/// One of several predictors whose answers are averaged.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// What is applied to its features at first, if anything.
    pub scaler: Option<Scaler>,
    /// Values that may be missing and that it sees twice more: once below all others where it is missing, once above. A tree
    /// can so send a missing value either way with any split.
    pub holes: Vec<Hole>,
    /// From features to outputs; no blend itself.
    pub predictor: Predictor,
    /// What its outputs mean.
    pub link: Link,
    /// Its part of the mean: above 0, and 1 in sum.
    pub weight: f32,
}

/// What the outputs mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// They are the answer: one number for regression, or the probability of each class, which only a blend and the mean of
    /// trees whose leaves are distributions can give.
    Identity,
    /// The one output is the log-odds of the second of two classes.
    Logistic,
    /// Each output is the log-odds of a class against the rest; the probabilities are made to sum to 1.
    OneVersusRest,
    /// The outputs are the classes' unnormalised log-probabilities.
    Softmax,
}

/// Everything from a raw row to the answer, under one signature, checked: whoever holds a pipeline holds one that can be
/// scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    signature: Signature,
    parts: Parts,
}

/// The parts of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// From a raw row to features.
    pub preprocessing: Preprocessing,
    /// From features to outputs.
    pub predictor: Predictor,
    /// From outputs to the answer.
    pub link: Link,
    /// Calibration of a classifier: its probabilities are raised to this power, above 0, and made to sum to 1 again
    /// (temperature scaling: Guo, Pleiss, Sun, Weinberger: "On calibration of modern neural networks", ICML 2017). The
    /// likeliest class stays the same.
    pub calibration: Option<f32>,
    /// How a classifier's probabilities are bounded, and how they decide the label.
    pub rule: LabelRule,
    /// A regression model's prediction intervals.
    pub interval: Option<Interval>,
}

/// How a classifier's calibrated probabilities are bounded, and how they decide the label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelRule {
    /// The least probability that is answered, below 1/labels: each probability is multiplied by 1 less so much for every
    /// label, and this is added. Without it a probability may be 0.
    pub floor: Option<f32>,
    /// What each label's probability is multiplied by before the greatest product decides, one positive finite number for each
    /// label. Without it the likeliest label is answered. See [`above`](Self::above) for two labels.
    pub weights: Option<Vec<f32>>,
}

impl LabelRule {
    /// The weights by which the second of two labels is answered where its probability is above `threshold`, between 0 and 1.
    pub fn above(threshold: f32) -> Vec<f32> {
        vec![threshold, 1.0 - threshold]
    }

    /// Of two labels the probability of the second above which it is answered.
    pub fn threshold(&self) -> f32 {
        match self.weights.as_deref() {
            Some([first, second]) => first / (first + second),
            _ => 0.5,
        }
    }
}

impl Pipeline {
    /// Puts the parts together.
    ///
    /// # Errors
    /// [`PipelineError`] when they do not fit each other or the signature, or when a tree is none.
    pub fn new(signature: Signature, parts: Parts) -> Result<Self, PipelineError> {
        check::all(&signature, &parts)?;
        Ok(Self { signature, parts })
    }

    /// Columns in and labels out.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// What it is made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }
}
