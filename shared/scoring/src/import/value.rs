//! Values that flow through the graph.

use std::rc::Rc;

use super::constant::ConstantTensor;
use crate::pipeline::Predictor;
use evergreen_lifecycle::Label;

#[derive(Debug, Clone)]
pub(super) enum GraphValue {
    /// Numbers `[N, features]`.
    Features(Rc<FeatureList>),
    /// Texts `[N, columns]`: indices of the table's columns.
    Texts(Rc<Vec<usize>>),
    /// Numbers from the file.
    Constant(Rc<ConstantTensor>),
    /// The model's outputs `[N, outputs]`, and the number of changes so far.
    Outputs(PostTransform, u32),
    /// A constant of an unsupported type, with the reason.
    Unread(&'static str),
    Label,
}

/// A list of features.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FeatureList {
    pub(super) list: Vec<Feature>,
    /// Whether the tensor is `[N, 1, features]`, as one-hot encoders return it.
    pub(super) deep: bool,
}

/// A feature: `(x - offset) * scale`. x is the value, or the fill if the value is missing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feature {
    pub(super) source: FeatureSource,
    pub(super) fill: Option<f32>,
    pub(super) offset: f64,
    pub(super) scale: f64,
    /// Whether the file's operators round like a single `Scaler`.
    pub(super) exact: bool,
}

/// The origin of a feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FeatureSource {
    /// The value of a column, by its index in the table.
    Value(usize),
    /// Whether the text of a column is this one.
    Text {
        column: usize,
        text: Rc<str>,
        /// Whether the encoder accepts unknown texts.
        lenient: bool,
    },
}

/// The transformation of a classifier's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PostTransform {
    /// No transformation: sums, the number of a regression model, or class shares.
    None,
    /// The logistic function of each output.
    Logistic,
    /// The logistic function of each output, normalised to sum to 1.
    OneVersusRest,
    Softmax,
}

/// A model that uses features of the file.
#[derive(Debug)]
pub(super) struct FoundModel {
    /// Type of the operator that predicts.
    pub(super) operator: &'static str,
    pub(super) features: Rc<FeatureList>,
    /// The predictor, with the indices of features and outputs from the file.
    pub(super) predictor: Predictor,
    /// The label of each output; empty for regression. With two labels, a single output belongs to the second.
    pub(super) labels: Vec<Label>,
    pub(super) transform: PostTransform,
}

impl FoundModel {
    /// Creates a model that predicts a number.
    pub(super) fn regression(operator: &'static str, features: Rc<FeatureList>, predictor: Predictor) -> Self {
        Self { operator, features, predictor, labels: Vec::new(), transform: PostTransform::None }
    }
}

impl GraphValue {
    /// Names the kind of value for errors.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Features(features) if features.deep => "features of three dimensions",
            Self::Features(_) => "features",
            Self::Texts(_) => "texts",
            Self::Constant(_) => "a constant",
            Self::Outputs(..) => "the model's outputs",
            Self::Unread(_) => "a constant that is not supported",
            Self::Label => "the model's label",
        }
    }

    /// Number of features, or of text columns.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Features(features) => features.list.len(),
            Self::Texts(columns) => columns.len(),
            _ => 0,
        }
    }
}

impl FeatureSource {
    pub(super) fn column(&self) -> usize {
        match self {
            Self::Value(column) | Self::Text { column, .. } => *column,
        }
    }
}

impl Feature {
    pub(super) fn new(source: FeatureSource) -> Self {
        Self { source, fill: None, offset: 0.0, scale: 1.0, exact: true }
    }

    /// Checks whether the value is not scaled. It may be filled.
    pub(super) fn is_plain(&self) -> bool {
        self.offset == 0.0 && self.scale == 1.0
    }
}

impl FeatureList {
    pub(super) fn flat(list: Vec<Feature>) -> GraphValue {
        GraphValue::Features(Rc::new(Self { list, deep: false }))
    }
}
