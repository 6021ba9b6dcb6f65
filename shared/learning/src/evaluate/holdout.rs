//! The rows held out, on which challenger and champion are compared.

use evergreen_lifecycle::{PrimaryMetric, Scores, Task};
use evergreen_scoring::{Model, ShapeError};
use evergreen_table::{Frame, Table, Target};

use super::answers::Answers;
use super::constant::Constant;
use super::scores::{Truths, scores};
use crate::rows::{FrameError, encode_rows};

/// Rows that no model of this table has learnt from.
#[derive(Debug, Clone, PartialEq)]
pub struct Holdout {
    frame: Frame,
    target: Target,
}

/// Why a model could not be scored on rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// Nothing to evaluate on.
    #[error("there are no rows to evaluate on")]
    NoRows,
    /// The model is for another task than the table.
    #[error("the model is for {model}, the table for {table}")]
    OtherTask {
        /// What the model is for.
        model: &'static str,
        /// What the table is for.
        table: &'static str,
    },
    /// The model knows none of the table's labels.
    #[error("the model gives none of the table's labels")]
    OtherLabels,
    /// The metric is not for the table's task.
    #[error("{0} does not measure models of this table")]
    OtherMetric(PrimaryMetric),
    /// The rows are not such as the model takes.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The rows are not whole.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

impl Holdout {
    /// The rows `rows` of a table, with what is true of them.
    pub fn of(table: &Table, rows: &[u32]) -> Self {
        Self { frame: table.frame().take(rows), target: table.target().take(rows) }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// The columns' values.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// What is true.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How `model` does by `metric`, with the loss of each row. Columns and labels are matched by name, so that a model of
    /// an earlier table can be asked as well: a label that it does not know is answered wrongly, and its probability is 0.
    ///
    /// # Errors
    /// [`EvaluationError`] when there are no rows, when the model is for another task, knows none of the labels, or takes a
    /// column that is not there or is of another kind, or when the metric is for another task.
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

    /// How a model does that always answers `constant`.
    ///
    /// # Errors
    /// [`EvaluationError`] when there are no rows, or when the metric or the constant is for another task.
    pub fn constant_scores(&self, constant: &Constant, metric: PrimaryMetric) -> Result<Scores, EvaluationError> {
        if self.target.is_empty() {
            return Err(EvaluationError::NoRows);
        }
        let known: Vec<Option<usize>> = (0..self.target.labels().len()).map(Some).collect();
        self.scored(metric, &known, &constant.answers(metric, self.rows()))
    }

    /// How a model of this very table does that gives these answers, by log loss or R².
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
