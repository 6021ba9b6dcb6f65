//! The answers to some rows, and the columns that they have.

use evergreen_lifecycle::Label;
use evergreen_scoring::{ExplainError, Explained, Explanation, Explanations, Model, PredictError, Predictions};

use crate::read::ReadRows;

/// Names that the columns of answers and the fields of JSON lines may have.
const OWN: [&str; 10] =
    ["row", "prediction", "version", "error", "lower", "upper", "base", "probabilities", "interval", "explanation"];

/// The parts of an answer that a version gives. All rows of a job have the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AnswerShape {
    /// The labels of a classifier. Empty for a model of numbers.
    pub(crate) labels: Vec<Label>,
    /// Whether predicted numbers have intervals.
    pub(crate) has_intervals: bool,
    /// The columns whose contributions the answers have. Empty without explanations.
    pub(crate) contributions: Vec<String>,
    /// The number of the version.
    pub(crate) version: u32,
}

impl AnswerShape {
    pub(crate) fn of(model: &Model, version: u32, explain: bool) -> Result<Self, PredictError> {
        let signature = model.signature();
        let has_intervals = model.predict(&[])?.numbers().is_some_and(|numbers| numbers.intervals().is_some());
        let contributions = signature.column_names().map(str::to_owned).filter(|_| explain).collect();
        Ok(Self { labels: signature.labels().to_vec(), has_intervals, contributions, version })
    }

    pub(crate) fn explains(&self) -> bool {
        !self.contributions.is_empty()
    }

    pub(crate) fn probability_names(&self) -> impl Iterator<Item = String> {
        self.labels.iter().map(|label| format!("probability_{label}"))
    }

    pub(crate) fn contribution_names(&self) -> impl Iterator<Item = String> {
        self.contributions.iter().map(|column| format!("contribution_{column}"))
    }

    /// Returns whether the answers have a column of their own with this name, so that none of the input can have it.
    pub(crate) fn has(&self, name: &str) -> bool {
        OWN.contains(&name)
            || self.probability_names().any(|own| own == name)
            || self.contribution_names().any(|own| own == name)
    }
}

/// The answers to neighbouring rows.
#[derive(Debug)]
pub(crate) struct PartAnswers {
    /// Index of the first row in its file.
    pub(crate) first: u64,
    /// For each row, what is wrong with it.
    pub(crate) faults: Vec<Option<String>>,
    predictions: Predictions,
    explanations: Option<Explanations>,
}

/// The answer to one row that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowAnswer<'a> {
    pub(crate) prediction: Predicted<'a>,
    pub(crate) explanation: Option<&'a Explanation>,
}

/// What is predicted for a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Predicted<'a> {
    /// The index of a label, and the probability of each label.
    Class(usize, &'a [f32]),
    /// A number, and its interval.
    Number(f32, Option<(f32, f32)>),
}

impl PartAnswers {
    /// Scores the rows that were read.
    pub(crate) fn score(
        model: &Model,
        first: u64,
        ReadRows { values, texts, faults }: ReadRows,
        explain: bool,
    ) -> Result<Self, ExplainError> {
        let predictions = model.predict_with_texts(&values, &texts)?;
        let labels = predictions.classes().map_or(&[][..], |batch| batch.classes());
        let explanations = explain.then(|| model.explain(&values, labels)).transpose()?;
        Ok(Self { first, faults, predictions, explanations })
    }

    /// Returns what the contributions add up to.
    pub(crate) fn explained(&self) -> Option<&'static str> {
        self.explanations.as_ref().map(|found| match found.explained {
            Explained::Number => "number",
            Explained::LogOdds => "log_odds",
            Explained::Score => "score",
            Explained::Probability => "probability",
        })
    }

    /// Returns the number and the answer of each row. The answer of a bad row is what is wrong with it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Result<RowAnswer<'_>, &str>)> {
        let mut good = 0..;
        (self.first..).zip(&self.faults).map(move |(row, fault)| {
            let answer = match fault {
                Some(fault) => Err(fault.as_str()),
                None => good.next().and_then(|index| self.answer(index)).ok_or("The row has no answer."),
            };
            (row, answer)
        })
    }

    fn answer(&self, index: usize) -> Option<RowAnswer<'_>> {
        let prediction = match &self.predictions {
            Predictions::Classes(batch) => {
                let width = batch.probabilities().len() / batch.len().max(1);
                let probabilities = batch.probabilities().get(index * width..(index + 1) * width)?;
                Predicted::Class(*batch.classes().get(index)?, probabilities)
            }
            Predictions::Numbers(batch) => {
                let interval = batch.intervals().and_then(|ends| ends.get(index)).copied();
                Predicted::Number(*batch.values().get(index)?, interval)
            }
        };
        let explanation = self.explanations.as_ref().and_then(|found| found.rows.get(index));
        Some(RowAnswer { prediction, explanation })
    }
}
