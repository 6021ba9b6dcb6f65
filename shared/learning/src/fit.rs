//! Fitting scaler and forest as one pipeline.

mod importance;
mod library;
mod scaling;
mod stored;

use evergreen_scoring::{Pipeline, PipelineError};
use smartcore::error::Failed;

use self::library::Library;
use crate::hyperparameters::Hyperparameters;
use crate::rows::Rows;

/// A fitted pipeline.
#[derive(Debug)]
pub struct Fitted {
    pipeline: Pipeline,
    importances: Vec<f64>,
    original: Library,
}

/// Why nothing could be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A column whose values are too far apart, or too close, for `f32`.
    #[error(
        "column {0:?} cannot be scaled: its values are too far apart or too close to each other for single precision"
    )]
    Scaling(String),
    /// The library would not.
    #[error("the forest could not be fitted or asked")]
    Library(#[from] Failed),
    /// The library's forest is not of the form that is known.
    #[error("the fitted forest could not be read")]
    Stored(#[from] serde_json::Error),
    /// Rows of other columns than were fitted.
    #[error("the rows have not the columns that were fitted")]
    OtherColumns,
    /// A tree of the library's that is none.
    #[error("the fitted forest is not sound")]
    Pipeline(#[from] PipelineError),
}

/// Fits scaler and random forest on `rows` alone, which must be of at least two classes: Gini impurity, bootstrap per
/// class, square root of the number of columns tried at each split. `seed` decides the bootstrap and the columns tried.
///
/// # Errors
/// [`FitError::Scaling`] when a column cannot be scaled in `f32`; [`FitError::Library`] when there are fewer than two
/// classes; the others cannot come of the data.
pub fn fit(rows: &Rows, hyperparameters: &Hyperparameters, seed: u64) -> Result<Fitted, FitError> {
    let signature = rows.signature().clone();
    let scaler = scaling::fit(rows)?;
    let features = scaling::apply(&scaler, rows);
    if let Some(position) = features.iter().position(|value| !value.is_finite()) {
        return Err(FitError::Scaling(scaling::column_name(&signature, position)));
    }
    let columns = signature.columns().len();
    let original = Library::fit(&features, columns, rows.classes(), hyperparameters, seed)?;
    let stored = original.stored()?;
    let importances = importance::mean_decrease_in_impurity(&stored, columns);
    let pipeline = Pipeline::new(signature, scaler, stored.into_forest())?;
    Ok(Fitted { pipeline, importances, original })
}

impl Fitted {
    /// What was fitted, as it is scored.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Mean decrease in impurity for each column, in the order of the columns: not negative and of sum 1, or all 0 when no
    /// tree has a split.
    pub fn importances(&self) -> &[f64] {
        &self.importances
    }

    /// The classes that the learning library itself predicts; what serves must answer the same.
    ///
    /// # Errors
    /// [`FitError::OtherColumns`] when `rows` have other columns, or in another order, than were fitted.
    pub fn predict(&self, rows: &Rows) -> Result<Vec<usize>, FitError> {
        if rows.signature().columns() != self.pipeline.signature().columns() {
            return Err(FitError::OtherColumns);
        }
        let features = scaling::apply(self.pipeline.scaler(), rows);
        Ok(self.original.predict(&features)?)
    }
}
