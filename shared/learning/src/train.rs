//! From a table to an artifact that is known to do what was fitted.

use std::time::{Duration, Instant};

use evergreen_lifecycle::Evaluation;
use evergreen_scoring::{ArtifactError, ArtifactMetadata, Model, ShapeError, encode};

use crate::evaluate::{self, EvaluationError};
use crate::fit::{FitError, Fitted, fit};
use crate::hyperparameters::Hyperparameters;
use crate::rows::Rows;
use crate::split::{SPLIT_SEED, split};
use crate::table::Table;

/// What came of a training.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The artifact's bytes; they load, and predict what was fitted for every row of the table.
    pub artifact: Vec<u8>,
    /// The artifact, loaded.
    pub model: Model,
    /// Its figures on the hold-out.
    pub evaluation: Evaluation,
    /// Share of the training rows that it answers rightly, 0–1.
    pub training_accuracy: f64,
    /// Mean decrease in impurity for each column, in the signature's order: of sum 1, or all 0 without any split.
    pub importances: Vec<f64>,
    /// The rows held out, for the champion to be scored on afresh.
    pub holdout: Rows,
    /// How long the pipeline took to fit.
    pub fit_duration: Duration,
    /// How long it took to write the artifact, load it back, compare and evaluate it.
    pub evaluate_duration: Duration,
}

/// Why a training failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearningError {
    /// Nothing was fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The artifact does not load back.
    #[error("the artifact that was written cannot be loaded")]
    Artifact(#[from] ArtifactError),
    /// The artifact loads back as another model.
    #[error("the artifact does not predict what was fitted: row {row} is class {loaded}, was {fitted}")]
    OtherPrediction {
        /// Row of the table, from 0.
        row: usize,
        /// What the loaded artifact predicts.
        loaded: usize,
        /// What the fitted forest predicts.
        fitted: usize,
    },
    /// The model cannot be evaluated.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// The model takes rows of another length.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

/// Splits `table` (always by [`SPLIT_SEED`], so that runs on a table share their hold-out), fits on the training rows,
/// writes the artifact, loads it back, has it predict every row as the fitted forest does, and evaluates what was loaded.
/// `seed` is the forest's.
///
/// # Errors
/// [`LearningError`], naming the step that failed.
pub fn train(
    table: &Table,
    hyperparameters: &Hyperparameters,
    seed: u64,
    metadata: &ArtifactMetadata,
) -> Result<Trained, LearningError> {
    let parts = split(table.rows(), SPLIT_SEED);
    let started = Instant::now();
    let fitted = fit(&parts.training, hyperparameters, seed)?;
    let fit_duration = started.elapsed();

    let started = Instant::now();
    let artifact = encode(fitted.pipeline(), metadata);
    let model = Model::load(&artifact)?;
    check_same(&model, &fitted, table.rows())?;
    let evaluation = evaluate::evaluate(&model, &parts.holdout)?;
    let training_accuracy = evaluate::accuracy(&model, &parts.training)?;
    Ok(Trained {
        artifact,
        model,
        evaluation,
        training_accuracy,
        importances: fitted.importances().to_vec(),
        holdout: parts.holdout,
        fit_duration,
        evaluate_duration: started.elapsed(),
    })
}

fn check_same(model: &Model, fitted: &Fitted, rows: &Rows) -> Result<(), LearningError> {
    let loaded = model.predict(rows.features())?;
    let pairs = loaded.classes().iter().copied().zip(fitted.predict(rows)?);
    match pairs.enumerate().find(|(_, (loaded, fitted))| loaded != fitted) {
        Some((row, (loaded, fitted))) => Err(LearningError::OtherPrediction { row, loaded, fitted }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hyperparameters::Overrides;
    use crate::iris;

    #[test]
    fn an_artifact_that_predicts_otherwise_is_found_out() {
        let table = iris().unwrap();
        let fitted = |depth| {
            let overrides = Overrides { max_depth: Some(depth), ..Overrides::default() };
            let hyperparameters = Hyperparameters::draw("test").overridden_by(&overrides).unwrap();
            fit(table.rows(), &hyperparameters, 1).unwrap()
        };
        let (stumps, trees) = (fitted(1), fitted(10));
        let model = Model::compile(stumps.pipeline(), ArtifactMetadata { model: "iris".into() });
        assert!(check_same(&model, &stumps, table.rows()).is_ok());
        let error = check_same(&model, &trees, table.rows()).unwrap_err();
        assert!(matches!(error, LearningError::OtherPrediction { .. }), "{error}");
    }
}
