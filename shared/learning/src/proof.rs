//! Writes a fitted model as an artifact, loads it back, checks that both predict the same, and evaluates the loaded
//! model.

use evergreen_lifecycle::feedback::WrittenLosses;
use evergreen_lifecycle::{Advantage, AgainstConstant, Curves, Evaluation, PrimaryMetric, RowTexts, Scores, Task};
use evergreen_scoring::{ArtifactMetadata, Model, Pipeline, encode as write};

use crate::background::{count_background, with_contributions};
use crate::counting::count_baseline;
use crate::evaluate::{Answers, ConstantAnswer, Holdout, curves, evaluate};
use crate::gap::Losses;
use crate::losses::hold_out_losses;
use crate::prepared::Prepared;
use crate::rows::encode_with_texts;
use crate::train::LearningError;

// On the hold-out, all rows are compared. The limit saves time on large tables.
/// Maximum number of training rows on which the predictions of the loaded and the fitted model are compared.
const CHECKED_ROWS: usize = 50_000;

// The loaded and the fitted model predict the same on all compared rows.
/// A model artifact that was loaded and checked, with its evaluation on the hold-out.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) artifact: Vec<u8>,
    pub(crate) model: Model,
    pub(crate) holdout: Holdout,
    pub(crate) evaluation: Evaluation,
    pub(crate) curves: Curves,
    /// The loaded model's score on the hold-out: log loss for classifiers, R² for regression.
    scores: Scores,
    /// Mean and spread of the loaded model's losses on the hold-out rows. `None` if they cannot be computed.
    pub(crate) losses: Option<Losses>,
    // If there are more than 50,000 training rows, the score is computed on 50,000 evenly spaced rows.
    /// The model's score on the training rows: accuracy (0–1) for labels, R² (at most 1) for numbers.
    pub(crate) training_score: f64,
}

impl Proof {
    /// Writes the fitted `pipeline` as an artifact, loads the artifact, and evaluates the loaded model on the hold-out.
    ///
    /// # Errors
    /// [`LearningError`], which names the step that failed.
    pub(crate) fn of(
        prepared: &Prepared,
        pipeline: Pipeline,
        metadata: &ArtifactMetadata,
    ) -> Result<Self, LearningError> {
        let mut compiled = Model::compile(&pipeline, metadata.clone());
        let holdout = Holdout::of(prepared.table(), &prepared.split().holdout);
        let (raw, texts) = encode_with_texts(holdout.frame(), compiled.signature())?;
        let written = Answers::of(&compiled, &raw, &texts)?;
        let baseline = count_baseline(prepared, compiled.signature(), &raw, &written, threshold(&compiled))?;
        let served = hold_out_losses(&baseline, compiled.signature().labels(), holdout.target(), &written);
        let hold_out = served.as_ref().map(WrittenLosses::new);
        let mut background = count_background(prepared, &compiled)?;
        if let Some(counted) = background.take() {
            let (explaining, known) = with_contributions(compiled, counted, &raw, &written);
            (compiled, background) = (explaining, Some(known));
        }
        let metadata = ArtifactMetadata { baseline: Some(baseline), hold_out, background, ..metadata.clone() };
        let artifact = write(&pipeline, &metadata);
        // Free the fitted model: loading creates a second copy, and a model with millions of trees must not be in
        // memory twice.
        drop(pipeline);
        let model = Model::load(&artifact)?;
        let answers = Answers::of(&model, &raw, &texts)?;
        if answers != written {
            return Err(LearningError::OtherPrediction);
        }
        drop(written);
        let evaluation = evaluate(holdout.target(), &answers, threshold(&model)).ok_or(LearningError::OtherTask)?;
        let scores = holdout.own_scores(&answers).ok_or(LearningError::OtherTask)?;
        let curves = curves(holdout.target(), &answers).ok_or(LearningError::OtherTask)?;
        let losses = Losses::of(holdout.target(), &answers);
        drop(answers);
        let training_score = training_score(prepared, &model, &compiled)?;
        Ok(Self { artifact, model, holdout, evaluation, curves, scores, losses, training_score })
    }

    /// Returns a warning if the model is not clearly better than a model that answers `constant` for every row.
    pub(crate) fn useless(&self, constant: Option<&ConstantAnswer>) -> Option<String> {
        let metric = PrimaryMetric::default_for(self.holdout.target().task());
        let beside = self.holdout.constant_scores(constant?, metric).ok()?;
        let answer = match metric.task() {
            Task::Classification => "the frequency of each label",
            Task::Regression => "the mean",
        };
        let rows = self.holdout.rows();
        match AgainstConstant::of(metric, &self.scores, &beside).advantage(metric, self.scores.score) {
            Advantage::Better => None,
            Advantage::Unclear => Some(format!(
                "the model may be no better than a constant answer ({answer}): {rows} hold-out rows are too few to be certain"
            )),
            Advantage::NoBetter => {
                Some(format!("the model is no better than a constant answer ({answer}) on {rows} hold-out rows"))
            }
        }
    }
}

/// Returns the predictions of `model`, loaded from a file. Fails if the original model `written` predicts differently.
fn same_answers(model: &Model, written: &Model, raw: &[f32], texts: &RowTexts) -> Result<Answers, LearningError> {
    // `raw` has the raw rows (input numbers) to predict.
    let answers = Answers::of(model, raw, texts)?;
    if answers == Answers::of(written, raw, texts)? { Ok(answers) } else { Err(LearningError::OtherPrediction) }
}

/// Returns the score of a loaded model on up to 50,000 training rows: accuracy for labels, R² for numbers.
fn training_score(prepared: &Prepared, model: &Model, written: &Model) -> Result<f64, LearningError> {
    let (table, training) = (prepared.table(), &prepared.split().training);
    let step = training.len().div_ceil(CHECKED_ROWS).max(1);
    let checked: Vec<u32> = training.iter().step_by(step).copied().collect();
    let (raw, texts) = encode_with_texts(&table.frame().take(&checked), model.signature())?;
    // `written` is the same model before it was written and loaded. Both must predict the same.
    let answers = same_answers(model, written, &raw, &texts)?;
    let evaluation =
        evaluate(&table.target().take(&checked), &answers, threshold(model)).ok_or(LearningError::OtherTask)?;
    Ok(evaluation.headline())
}

fn threshold(model: &Model) -> f64 {
    f64::from(model.threshold().unwrap_or(0.5))
}
