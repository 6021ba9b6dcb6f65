//! Compares the answers of a champion and a challenger to the same rows.

mod moving;

use evergreen_lifecycle::drift::{CountShape, OtherShape};
use evergreen_lifecycle::sample::SampledRows;
use evergreen_lifecycle::{AnswerChange, ComparedRows, Impact, ImpactTally, Label, RowTexts, Task};
use evergreen_scoring::{Model, PredictError, Predictions};
use rayon::prelude::*;

use self::moving::{ChangeExplainer, Mover};
use crate::evaluate::Holdout;
use crate::recode::recode;
use crate::rows::{Encoder, FrameError};

/// Number of rows that are compared at a time, so that the memory is bounded.
const CHUNK_ROWS: usize = 4096;

/// Error: the answers of two models could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImpactError {
    /// One model predicts labels, the other one numbers.
    #[error("the champion and the challenger are for other tasks; expected the same task")]
    OtherTask,
    /// The hold-out lacks a column that one of the models needs, or the column has another type.
    #[error(transparent)]
    Frame(#[from] FrameError),
    // The next two happen only through a bug.
    /// Rows do not have the number of values that a model expects.
    #[error(transparent)]
    Shape(#[from] PredictError),
    /// Rows were counted in different cells.
    #[error(transparent)]
    Counts(#[from] OtherShape),
}

/// The two models whose answers are compared.
#[derive(Debug, Clone, Copy)]
pub struct ComparedModels<'a> {
    /// The model that answers now.
    pub champion: &'a Model,
    /// The model that may take its place.
    pub challenger: &'a Model,
    // An interval is as wide as its level says, so half of it is several times the usual error.
    /// The change of a number from which on an answer counts as changed: the champion's mean absolute error. Labels do
    /// not need it.
    pub step: f64,
}

impl ComparedModels<'_> {
    /// Compares the answers to the hold-out rows.
    ///
    /// # Errors
    /// [`ImpactError`] if one of the models cannot answer these rows.
    pub fn on_holdout(&self, holdout: &Holdout) -> Result<Impact, ImpactError> {
        let frame = holdout.frame();
        let theirs = Encoder::of(frame, self.champion.signature().columns())?;
        let ours = Encoder::of(frame, self.challenger.signature().columns())?;
        let (shape, same) = (self.shape(), self.same_labels()?);
        let rows = frame.rows() as u32;
        let chunks: Vec<u32> = (0..rows).step_by(CHUNK_ROWS).collect();
        let explainer = ChangeExplainer::of(self, chunks.len());
        let tally = |first: &u32| {
            let rows = *first..rows.min(first.saturating_add(CHUNK_ROWS as u32));
            let (before, after) = (theirs.rows(rows.clone()), ours.rows(rows));
            let (before, after) = ((&*before, theirs.texts()), (&*after, ours.texts()));
            self.tally(before, after, (&shape, &same), explainer.as_ref())
        };
        let tallies: Vec<ImpactTally> = chunks.par_iter().map(tally).collect::<Result<_, _>>()?;
        self.impact(&tallies, &shape, ComparedRows::HoldOut)
    }

    /// Compares the answers to samples of rows that were served in the last `days` days. Samples whose rows lack a column
    /// that one of the models needs are left out. If all are, the result is about 0 rows.
    ///
    /// # Errors
    /// [`ImpactError`] if the models are for other tasks.
    pub fn on_samples(&self, samples: &[SampledRows], days: u16) -> Result<Impact, ImpactError> {
        let (shape, same) = (self.shape(), self.same_labels()?);
        let explainer = ChangeExplainer::of(self, samples.len());
        let tally = |sample: &SampledRows| {
            let (rows, from) = (&sample.values, &sample.signature);
            let recoded =
                recode(rows, from, self.champion.signature()).zip(recode(rows, from, self.challenger.signature()));
            // Rows with whole texts are not among them.
            let none = &RowTexts::none();
            let tallied = recoded
                .map(|(theirs, ours)| self.tally((&theirs, none), (&ours, none), (&shape, &same), explainer.as_ref()));
            tallied.transpose()
        };
        let tallies: Vec<Option<ImpactTally>> = samples.par_iter().map(tally).collect::<Result<_, _>>()?;
        let tallies: Vec<ImpactTally> = tallies.into_iter().flatten().collect();
        self.impact(&tallies, &shape, ComparedRows::Served { days })
    }

    /// Compares the answers to some rows. `theirs` has them as the champion reads them, `ours` as the challenger does.
    fn tally(
        &self,
        (theirs, their_texts): (&[f32], &RowTexts),
        (ours, our_texts): (&[f32], &RowTexts),
        (shape, same): (&CountShape, &[Option<usize>]),
        explainer: Option<&ChangeExplainer<'_>>,
    ) -> Result<ImpactTally, ImpactError> {
        let before = self.champion.predict_with_texts(theirs, their_texts)?;
        let after = self.challenger.predict_with_texts(ours, our_texts)?;
        let changes: Vec<Option<AnswerChange>> = match (&before, &after) {
            (Predictions::Classes(before), Predictions::Classes(after)) => {
                let change = |(from, to): (&usize, &usize)| {
                    let stays = same.get(*from).copied().flatten() == Some(*to);
                    (!stays).then_some(AnswerChange::Label { from: *from, to: *to })
                };
                before.classes().iter().zip(after.classes()).map(change).collect()
            }
            (Predictions::Numbers(before), Predictions::Numbers(after)) => {
                before.values().iter().zip(after.values()).map(|(from, to)| self.moved(*from, *to)).collect()
            }
            _ => return Err(ImpactError::OtherTask),
        };
        let mut tally = ImpactTally::new(shape);
        let mut left = explainer.map_or(0, |explainer| explainer.rows_per_part);
        let rows = ours.chunks_exact(self.challenger.signature().slots().max(1));
        let theirs = theirs.chunks_exact(self.champion.signature().slots().max(1));
        for ((ours, theirs), change) in rows.zip(theirs).zip(changes) {
            tally.count(shape, ours, change);
            let Some((change, explainer)) = change.zip(explainer).filter(|_| left > 0) else { continue };
            left -= 1;
            match explainer.mover(theirs, ours, change) {
                Some(Mover::Column(name)) => tally.explain(Some(name)),
                Some(Mover::Base) => tally.explain(None),
                None => {}
            }
        }
        Ok(tally)
    }

    fn moved(&self, from: f32, to: f32) -> Option<AnswerChange> {
        let change = f64::from(to) - f64::from(from);
        match change.abs() > self.step {
            true if change > 0.0 => Some(AnswerChange::Higher),
            true => Some(AnswerChange::Lower),
            false => None,
        }
    }

    fn impact(&self, tallies: &[ImpactTally], shape: &CountShape, basis: ComparedRows) -> Result<Impact, ImpactError> {
        let mut all = ImpactTally::new(shape);
        tallies.iter().try_for_each(|tally| all.add(tally))?;
        let labels = self.champion.signature().labels();
        Ok(all.impact(shape, labels, self.challenger.signature(), basis, self.step))
    }

    /// Returns the cells of the challenger's columns. An artifact without a baseline has none, so no place is named.
    fn shape(&self) -> CountShape {
        let columns = self.challenger.metadata().baseline.as_ref().map(|baseline| baseline.shape().columns.clone());
        CountShape { columns: columns.unwrap_or_default(), predictions: Vec::new() }
    }

    /// Returns for each label of the champion the challenger's equal label.
    fn same_labels(&self) -> Result<Vec<Option<usize>>, ImpactError> {
        let (theirs, ours) = (self.champion.signature(), self.challenger.signature());
        if theirs.task() != ours.task() {
            return Err(ImpactError::OtherTask);
        }
        let same = |label: &Label| ours.labels().iter().position(|other| other == label);
        Ok(if theirs.task() == Task::Regression { Vec::new() } else { theirs.labels().iter().map(same).collect() })
    }
}
