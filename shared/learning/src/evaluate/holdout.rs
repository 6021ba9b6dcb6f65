//! The hold-out: rows that are kept out of the training. New model versions and the champion are compared on these
//! rows.

use evergreen_lifecycle::{PrimaryMetric, Scores, Task};
use evergreen_scoring::{Model, PredictError};
use evergreen_table::{Frame, Table, Target};

use super::answers::Answers;
use super::constant::ConstantAnswer;
use super::scores::{Truths, scores};
use crate::rows::{FrameError, encode_with_texts};

/// The hold-out: rows of a table that are not used for training, with their true targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Holdout {
    frame: Frame,
    target: Target,
}

/// Error: a model could not be scored on the hold-out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// Error: the hold-out has no rows.
    #[error("the hold-out has no rows; expected at least one")]
    NoRows,
    /// Error: the model is for another task than the table: one for classification, the other for regression.
    #[error("the model is for {model} and the table for {table}; expected the same task")]
    OtherTask {
        /// Task of the model: classification or regression.
        model: &'static str,
        /// Task of the table: classification or regression.
        table: &'static str,
    },
    /// Error: the model and the table have no label in common.
    #[error("the model knows no label of the table; expected at least one label that both have")]
    OtherLabels,
    /// Error: the metric is for the other task, for example accuracy in a regression. Contains the metric.
    #[error("the metric {0} does not suit the task of the table; choose another metric")]
    OtherMetric(PrimaryMetric),
    /// Error: the rows lack a column that the model's signature needs, or the column has another kind.
    #[error(transparent)]
    Frame(#[from] FrameError),
    // The number of values is not a multiple of a row's width.
    /// Error: the model refused the encoded rows, because they have the wrong number of values.
    #[error(transparent)]
    Shape(#[from] PredictError),
}

impl Holdout {
    /// Creates a hold-out from the rows of `table` with the indices `rows`.
    pub fn of(table: &Table, rows: &[u32]) -> Self {
        Self { frame: table.frame().take(rows), target: table.target().take(rows) }
    }

    /// Returns the number of rows in the hold-out.
    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// Returns the hold-out's columns, without the target.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Returns the true target of each row in the hold-out.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the score of `model` on the hold-out by `metric`, and the loss of each row. A model of an earlier table
    /// can be scored too.
    ///
    /// ```
    /// use evergreen_learning::{Origin, Plan, Prepared, train};
    /// use evergreen_lifecycle::{Family, PrimaryMetric};
    /// # use std::{collections::BTreeMap, time::{Duration, Instant}};
    ///
    /// let prepared = Prepared::of(evergreen_table::iris()?)?;
    /// let one = BTreeMap::from([("alpha".to_owned(), 1.0.into())]);
    /// let plan = Plan::new(prepared.table(), Some(Family::Linear), &one, 42)?;
    /// let origin = Origin { model: "iris".to_owned(), code_version: "1".to_owned() };
    /// let trained = train(&prepared, &plan, Instant::now() + Duration::from_secs(60), &origin)?;
    ///
    /// let scores = trained.holdout.scores(&trained.model, PrimaryMetric::Accuracy)?;
    /// assert!(scores.score > 0.8 && scores.losses.len() == 30);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EvaluationError`] if there are no rows, or if the metric is for another task. Also if the model is for another
    /// task or knows no label of the table. Also if the model needs a column that is missing or of another kind.
    pub fn scores(&self, model: &Model, metric: PrimaryMetric) -> Result<Scores, EvaluationError> {
        let (theirs, ours): (Task, Task) = (model.signature().task(), self.target.task());
        if self.target.is_empty() {
            return Err(EvaluationError::NoRows);
        }
        if theirs != ours {
            return Err(EvaluationError::OtherTask { model: theirs.name(), table: ours.name() });
        }
        // Columns and labels are matched by name. If the model does not know a row's true label, its prediction counts
        // as wrong, with probability 0.
        let known: Vec<Option<usize>> = self.target.labels().iter().map(|label| position(model, label)).collect();
        if !known.is_empty() && known.iter().all(Option::is_none) {
            return Err(EvaluationError::OtherLabels);
        }
        let (rows, texts) = encode_with_texts(&self.frame, model.signature())?;
        let answers = Answers::of(model, &rows, &texts)?;
        self.scored(metric, &known, &answers)
    }

    /// Returns the score of a constant prediction on the hold-out: the prediction is the same for every row.
    ///
    /// # Errors
    /// [`EvaluationError`] if there are no rows, or if the metric or the constant is for another task.
    pub fn constant_scores(&self, constant: &ConstantAnswer, metric: PrimaryMetric) -> Result<Scores, EvaluationError> {
        if self.target.is_empty() {
            return Err(EvaluationError::NoRows);
        }
        let known: Vec<Option<usize>> = (0..self.target.labels().len()).map(Some).collect();
        self.scored(metric, &known, &constant.answers(metric, self.rows()))
    }

    /// Scores predictions on the hold-out by the default metric: log loss for classification, R² for regression. `None`
    /// if they are for another task.
    pub(crate) fn own_scores(&self, answers: &Answers) -> Option<Scores> {
        // The predictions must come from a model that was trained on the same table.
        let known: Vec<Option<usize>> = (0..self.target.labels().len()).map(Some).collect();
        self.scored(PrimaryMetric::default_for(self.target.task()), &known, answers).ok()
    }

    fn scored(
        &self,
        metric: PrimaryMetric,
        known: &[Option<usize>],
        answers: &Answers,
    ) -> Result<Scores, EvaluationError> {
        let truths = match &self.target {
            Target::Classes { classes, .. } => Truths::Classes(classes, known),
            Target::Numbers(numbers) => Truths::Numbers(numbers),
        };
        scores(metric, truths, answers).ok_or(EvaluationError::OtherMetric(metric))
    }
}

fn position(model: &Model, label: &evergreen_lifecycle::Label) -> Option<usize> {
    model.signature().labels().iter().position(|known| known == label)
}
