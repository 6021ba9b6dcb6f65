//! Values that the operators of an imported ONNX graph take and return.

use std::rc::Rc;

use super::constant::ConstantTensor;
use crate::pipeline::Predictor;
use evergreen_lifecycle::Label;

#[derive(Debug, Clone)]
pub(super) enum GraphValue {
    /// Features: a tensor of numbers, with one row for each row of the table and one column for each feature.
    Features(Rc<FeatureList>),
    // The tensor has the shape `[N, columns]`.
    /// Texts of category columns. Contains the indices of the columns in the table.
    Texts(Rc<Vec<usize>>),
    /// Tensor of constant numbers that the imported file contains.
    Constant(Rc<ConstantTensor>),
    /// Outputs of the imported model: the function that was applied to them (for example softmax), and how many
    /// operators had changed them so far.
    Outputs(PostTransform, u32),
    /// A constant of a type that the import does not support. Contains the reason for the error message.
    Unread(&'static str),
    Label,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct FeatureList {
    pub(super) list: Vec<Feature>,
    /// Whether the tensor has three dimensions (`[N, 1, features]`, as one-hot encoders return it) and not two.
    pub(super) deep: bool,
}

// With the fill `None`, missing values are not allowed.
/// Feature of an imported model: `(x - offset) * scale`. x is a value from the table; `fill` replaces a missing value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feature {
    pub(super) source: FeatureSource,
    pub(super) fill: Option<f32>,
    pub(super) offset: f64,
    pub(super) scale: f64,
    /// Whether a single ONNX `Scaler` gives exactly the same number as the file's operators. `false`: rounding may
    /// differ.
    pub(super) exact: bool,
}

/// How a feature of an imported model is made from a column of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FeatureSource {
    /// The feature is the value of a column. Contains the column's index in the table.
    Value(usize),
    /// The feature is 1 if the column's text equals `text`, otherwise 0 (one-hot encoding).
    Text {
        column: usize,
        text: Rc<str>,
        /// Whether the file's one-hot encoder accepts unknown texts. `false`: it refuses them.
        lenient: bool,
    },
}

/// The function that an imported model applies to its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PostTransform {
    /// No function: the outputs are predicted numbers, class probabilities of a forest, or raw scores.
    None,
    /// The logistic function of each output.
    Logistic,
    /// The logistic function of each output, normalised so that the results sum to 1.
    OneVersusRest,
    Softmax,
}

/// Model that the import found in the ONNX file, with the features that the model uses.
#[derive(Debug)]
pub(super) struct FoundModel {
    /// Type of the ONNX operator that contains the model, for example `LinearRegressor`.
    pub(super) operator: &'static str,
    pub(super) features: Rc<FeatureList>,
    /// The predictor (trees or linear model), with the file's indices of features and outputs.
    pub(super) predictor: Predictor,
    // A model of two labels may have a single output, which then belongs to the second label.
    /// Label of each output of the imported classifier. Empty for regression.
    pub(super) labels: Vec<Label>,
    pub(super) transform: PostTransform,
}

impl FoundModel {
    /// Creates an imported regression model. No function (for example softmax) is applied to its output.
    pub(super) fn regression(operator: &'static str, features: Rc<FeatureList>, predictor: Predictor) -> Self {
        Self { operator, features, predictor, labels: Vec::new(), transform: PostTransform::None }
    }
}

impl GraphValue {
    /// Returns a description of the kind of value, for error messages.
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

    /// Returns the number of features or of text columns in an ONNX value; 0 for a value of another kind.
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

    /// Returns whether the feature is an unscaled value of the table. Its missing values may still be replaced.
    pub(super) fn is_plain(&self) -> bool {
        self.offset == 0.0 && self.scale == 1.0
    }
}

impl FeatureList {
    pub(super) fn flat(list: Vec<Feature>) -> GraphValue {
        GraphValue::Features(Rc::new(Self { list, deep: false }))
    }
}
