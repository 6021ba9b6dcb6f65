//! Explains predictions: how much each column has contributed to a row's prediction.
//!
//! The contributions of a row and a base value add up to what is explained ([`Explained`]). For trees the contributions are
//! exact Shapley values of the path-dependent game (TreeSHAP: Lundberg et al., "From local explanations to global
//! understanding with explainable AI for trees", Nature Machine Intelligence 2, 2020): a column that is not known sends a row
//! to both sides of a split, in the shares of the training rows. For a linear model they are exact against the mean of the
//! training rows: coefficient × (value - mean). The features of one column are added up.
//!
//! The method needs the covers of all nodes ([`WrittenBackground`]), which older artifacts lack. Nothing is prepared before
//! the first explanation.

mod background;
mod counter;
mod ensemble;
mod explainer;
mod links;
mod paths;
mod quadrature;
#[cfg(test)]
mod tests;
mod walk;

pub use background::WrittenBackground;
pub use counter::BackgroundCounter;
pub(crate) use explainer::Explainer;
pub use explainer::{Explained, Explanation, Explanations};
pub use paths::MAX_EXPLAINED_DEPTH;

use crate::model::PredictError;

/// Error: why a model cannot explain its predictions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The artifact says nothing about the training rows.
    #[error("the artifact does not say which training rows reach which node; train again with this release")]
    NoBackground,
    /// What the artifact says about the training rows does not fit its model.
    #[error("what the artifact says about the training rows does not fit its model; train again with this release")]
    Background,
    /// The model is an imported graph whose operators are computed one by one.
    #[error(
        "the model was imported as a general ONNX graph, which has no explanations; import trees or a linear model"
    )]
    Graph,
    /// A tree of the model has more than [`MAX_EXPLAINED_DEPTH`] levels.
    #[error("a tree has more than {MAX_EXPLAINED_DEPTH} levels; train again with a smaller max_depth")]
    TooDeep,
    /// The number of values is not a multiple of the number of values of a row.
    #[error(transparent)]
    Shape(#[from] PredictError),
}
