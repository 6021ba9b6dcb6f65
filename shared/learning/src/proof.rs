//! A pipeline written as an artifact, loaded back, compared with what was written, and evaluated.

use evergreen_lifecycle::Evaluation;
use evergreen_scoring::{ArtifactMetadata, Model, Pipeline, encode as write};
use evergreen_table::Target;

use crate::evaluate::{Answers, Holdout, evaluate};
use crate::prepared::Prepared;
use crate::rows::encode_rows;
use crate::train::LearningError;

/// Rows of each part on which the artifact is compared with the pipeline, at most: a large table is not to be predicted
/// three times over.
const CHECKED_ROWS: usize = 50_000;

/// An artifact that is known to do what its pipeline does, and how well that is.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) artifact: Vec<u8>,
    pub(crate) model: Model,
    pub(crate) holdout: Holdout,
    pub(crate) evaluation: Evaluation,
    /// Accuracy, 0–1, or R², at most 1, on the training rows: on 50,000 of them at most, evenly spaced.
    pub(crate) training_score: f64,
}

impl Proof {
    /// Writes `pipeline`, a model of the table, loads it back, has it predict rows as the pipeline does (all of a table of up
    /// to 50,000 rows), and evaluates what was loaded.
    ///
    /// # Errors
    /// [`LearningError`], naming the step that failed.
    pub(crate) fn of(
        prepared: &Prepared,
        pipeline: Pipeline,
        metadata: &ArtifactMetadata,
    ) -> Result<Self, LearningError> {
        let compiled = Model::compile(&pipeline, metadata.clone());
        let artifact = write(&pipeline, metadata);
        // Loading makes another one, and trees by the million are not to be held twice.
        drop(pipeline);
        let model = Model::load(&artifact)?;
        let holdout = Holdout::of(prepared.table(), &prepared.split().holdout);
        let raw = encode_rows(holdout.frame(), model.signature())?;
        let evaluation = evaluate(holdout.target(), &Answers::of(&model, &raw)?).ok_or(LearningError::OtherTask)?;
        let slots = model.signature().slots();
        same_answers(&model, &compiled, raw.get(..CHECKED_ROWS * slots).unwrap_or(&raw))?;
        let training_score = training_score(prepared, &model, &compiled)?;
        Ok(Self { artifact, model, holdout, evaluation, training_score })
    }

    /// A warning where the model does no better than one that has seen no column.
    pub(crate) fn useless(&self) -> Option<String> {
        match (&self.evaluation, self.holdout.target()) {
            (Evaluation::Classification(figures), Target::Classes { labels, classes }) => {
                let count = |label: usize| classes.iter().filter(|class| **class as usize == label).count();
                let most = (0..labels.len()).map(count).max()?;
                (figures.accuracy <= most as f64 / classes.len() as f64)
                    .then(|| "the model is no better than always answering the most frequent label".to_owned())
            }
            (Evaluation::Regression(figures), _) => {
                (figures.r2 <= 0.0).then(|| "the model is no better than always answering the mean".to_owned())
            }
            _ => None,
        }
    }
}

/// What `model` answers to raw rows, if that is what was `written`.
fn same_answers(model: &Model, written: &Model, raw: &[f32]) -> Result<Answers, LearningError> {
    let answers = Answers::of(model, raw)?;
    if answers == Answers::of(written, raw)? { Ok(answers) } else { Err(LearningError::OtherPrediction) }
}

/// The score on some of the training rows, if there `model` answers what was `written`.
fn training_score(prepared: &Prepared, model: &Model, written: &Model) -> Result<f64, LearningError> {
    let (table, training) = (prepared.table(), &prepared.split().training);
    let step = training.len().div_ceil(CHECKED_ROWS).max(1);
    let checked: Vec<u32> = training.iter().step_by(step).copied().collect();
    let raw = encode_rows(&table.frame().take(&checked), model.signature())?;
    let answers = same_answers(model, written, &raw)?;
    let evaluation = evaluate(&table.target().take(&checked), &answers).ok_or(LearningError::OtherTask)?;
    Ok(evaluation.headline())
}
