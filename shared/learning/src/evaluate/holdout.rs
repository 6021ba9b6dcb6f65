//! Holds the rows on which challenger and champion are compared.

use evergreen_lifecycle::{PrimaryMetric, Scores, Task};
use evergreen_scoring::{Model, ShapeError};
use evergreen_table::{Frame, Table, Target};

use super::answers::Answers;
use super::constant::ConstantAnswer;
use super::scores::{Truths, scores};
use crate::rows::{FrameError, encode_rows};

/// The hold-out: rows that no model of this table was trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct Holdout {
    frame: Frame,
    target: Target,
}

/// Why a model could not be scored on rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// There is no row to evaluate on.
    #[error("the hold-out has no rows; expected at least one")]
    NoRows,
    /// The model has another task than the table.
    #[error("the model is for {model} and the table for {table}; expected the same task")]
    OtherTask {
        /// The task of the model.
        model: &'static str,
        /// The task of the table.
        table: &'static str,
    },
    /// The model knows no label of the table.
    #[error("the model knows no label of the table; expected at least one label that both have")]
    OtherLabels,
    /// The metric does not suit the task of the table.
    #[error("the metric {0} does not suit the task of the table; choose another metric")]
    OtherMetric(PrimaryMetric),
    /// The rows do not fit the model's signature.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The number of values is not a multiple of the row's width.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

impl Holdout {
    /// Takes the rows with indices `rows` from a table, with their target.
    pub fn of(table: &Table, rows: &[u32]) -> Self {
        Self { frame: table.frame().take(rows), target: table.target().take(rows) }
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// Returns the values of the columns.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Returns the true values of the target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the score of `model` by `metric`, with the loss of each row. Columns and labels are matched by name, so
    /// a model of an earlier table can be scored too. A label that the model does not know counts as a wrong answer
    /// with probability 0.
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
    /// task, knows no label of the table, or needs a column that is missing or of another kind.
    pub fn scores(&self, model: &Model, metric: PrimaryMetric) -> Result<Scores, EvaluationError> {
        let (theirs, ours): (Task, Task) = (model.signature().task(), self.target.task());
        if self.target.is_empty() {
            return Err(EvaluationError::NoRows);
        }
        if theirs != ours {
            return Err(EvaluationError::OtherTask { model: theirs.name(), table: ours.name() });
        }
        let known: Vec<Option<usize>> = self.target.labels().iter().map(|label| position(model, label)).collect();
        if !known.is_empty() && known.iter().all(Option::is_none) {
            return Err(EvaluationError::OtherLabels);
        }
        let answers = Answers::of(model, &encode_rows(&self.frame, model.signature())?)?;
        self.scored(metric, &known, &answers)
    }

    /// Returns the score of a model that always answers `constant`.
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

    /// Returns the score of the answers of a model that was trained on this table, by log loss or R².
    pub(crate) fn own_scores(&self, answers: &Answers) -> Option<Scores> {
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
