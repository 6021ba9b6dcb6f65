//! What flows through the graph.

use std::rc::Rc;

use super::constant::Constant;
use crate::pipeline::Predictor;
use evergreen_lifecycle::Label;

/// What an operator gives.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Numbers `[N, features]`.
    Features(Rc<Features>),
    /// Texts `[N, columns]`: indices of the table's columns.
    Texts(Rc<Vec<usize>>),
    /// Numbers that the file holds.
    Constant(Rc<Constant>),
    /// The model's outputs, `[N, outputs]`, and after how many changes.
    Outputs(Stage, u32),
    /// A constant of a type that is not read: why.
    Unread(&'static str),
    /// The model's label.
    Label,
}

/// Features side by side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Features {
    pub(super) list: Vec<Feature>,
    /// Whether the tensor is `[N, 1, features]`, as encoders of categories give it.
    pub(super) deep: bool,
}

/// A feature: `(x - offset) * scale`, where x is the value or the fill if it is missing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feature {
    pub(super) source: Source,
    pub(super) fill: Option<f32>,
    pub(super) offset: f64,
    pub(super) scale: f64,
    /// Whether the file's operators round as a single `Scaler` does.
    pub(super) exact: bool,
}

/// Where a feature comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// The value of a column, by index in the table.
    Value(usize),
    /// Whether the text of a column is this one.
    Text {
        column: usize,
        text: Rc<str>,
        /// Whether texts may be unknown to the encoder.
        lenient: bool,
    },
}

/// What has become of a classifier's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing: sums, a regression model's number, or shares of classes.
    Raw,
    /// The logistic function of each.
    Logistic,
    /// The same, made to sum to 1.
    OneVersusRest,
    /// Softmax.
    Softmax,
}

/// A model over features of the file.
#[derive(Debug)]
pub(super) struct Scored {
    /// The operator that predicts.
    pub(super) operator: &'static str,
    pub(super) features: Rc<Features>,
    /// With indices of features and outputs as in the file.
    pub(super) predictor: Predictor,
    /// The label of each output; none for a number. Two labels with one output: it is the second's.
    pub(super) labels: Vec<Label>,
    pub(super) stage: Stage,
}

impl Value {
    /// Number of features or of columns of texts.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Features(features) => features.list.len(),
            Self::Texts(columns) => columns.len(),
            _ => 0,
        }
    }
}

impl Source {
    pub(super) fn column(&self) -> usize {
        match self {
            Self::Value(column) | Self::Text { column, .. } => *column,
        }
    }
}

impl Feature {
    pub(super) fn new(source: Source) -> Self {
        Self { source, fill: None, offset: 0.0, scale: 1.0, exact: true }
    }

    /// Whether nothing has been done to the value but to fill it.
    pub(super) fn is_plain(&self) -> bool {
        self.offset == 0.0 && self.scale == 1.0
    }
}

impl Features {
    pub(super) fn flat(list: Vec<Feature>) -> Value {
        Value::Features(Rc::new(Self { list, deep: false }))
    }
}
