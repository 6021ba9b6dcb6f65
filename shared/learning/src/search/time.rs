//! Decides whether a hyperparameter search has time for another step. Time for the last fit on all training rows, and
//! for the steps after it, stays reserved.

use std::time::Instant;

use evergreen_lifecycle::Family;

use super::Search;
use super::trial::Trial;
use crate::hyperparameters::Choice;

// The fit may take this many times as long per row as a fold's fit: the larger data does not fit into the processor's
// caches.
/// Safety factor: the last fit on all training rows may take this many times the estimated duration.
pub(super) const SLOWER: f64 = 1.5;

// Boosting and forests can stop early if it is not enough.
/// Maximum share of the search's time that is reserved for the last fit on all training rows.
const RESERVED_SHARE: f64 = 0.6;

// The share is small because the choice of the family matters most.
/// Maximum share of the search's time that is reserved for the last fit on all rows, when a new model family is tried.
const RESERVED_SHARE_FIRST: f64 = 0.3;

/// Share of the search's time that is reserved for scoring the better hyperparameter candidates on more folds.
const SHARE_FOR_BETTER: f64 = 0.4;

// The steps are: writing, loading, comparing and evaluating the model.
/// Estimated duration of saving and evaluating a model, in multiples of the time to predict all training rows.
const PASSES: f64 = 2.0;

// The steps are: writing, loading, comparing and evaluating the model.
/// Maximum share of the search's time that is reserved for saving and evaluating the model after the last fit.
const RESERVED_SHARE_AFTER: f64 = 0.2;

impl Search<'_> {
    /// Returns whether the search has time to score one more hyperparameter candidate on `folds` folds.
    pub(super) fn has_time_for(&self, choice: &Choice, folds: usize) -> bool {
        // Always `true` for the very first candidate.
        let family = choice.family;
        let new = !self.has_tried(family);
        let most = if new { RESERVED_SHARE_FIRST } else { RESERVED_SHARE };
        let of = |family: Option<Family>| {
            let trials = self.trials.iter().filter(|trial| family.is_none_or(|family| trial.choice.family == family));
            trials.map(|trial| trial.seconds / trial.done().max(1) as f64 * folds as f64).reduce(f64::max)
        };
        let Some(expected) = of(Some(family)).or_else(|| of(None)) else { return true };
        let expected = if new { expected.max(self.expected_seconds(choice)) } else { expected };
        let kept = if folds < self.context.folds.len() { SHARE_FOR_BETTER * self.budget() } else { 0.0 };
        let reserve = self.trials.iter().map(|trial| self.reserve(trial, most)).fold(kept, f64::max);
        expected + reserve < self.left()
    }

    /// Returns whether the search has time to score a candidate on more folds, up to `folds` folds.
    pub(super) fn has_time_to_go_on(&self, trial: &Trial, folds: usize) -> bool {
        let more = folds.min(self.context.folds.len()).saturating_sub(trial.done());
        let expected = trial.seconds / trial.done().max(1) as f64 * more as f64;
        let others = self.trials.iter().map(|trial| self.reserve(trial, RESERVED_SHARE)).fold(0.0, f64::max);
        expected + others.max(self.reserve(trial, RESERVED_SHARE)) < self.left()
    }

    /// Returns the expected duration, in seconds, of scoring the first candidate of a model family on all folds.
    fn expected_seconds(&self, choice: &Choice) -> f64 {
        let folds = self.context.folds;
        let rows = folds.iter().map(|fold| fold.training.len()).max().unwrap_or_default();
        folds.len() as f64 * self.context.learner.expected_seconds(rows, choice)
    }

    /// Returns whether the search has time to fit and score a candidate on one more fold.
    pub(super) fn has_time_after(&self, trial: &Trial) -> bool {
        let done = trial.done();
        done == 0 || trial.seconds / done as f64 + self.reserve(trial, RESERVED_SHARE_FIRST) < self.left()
    }

    /// Returns how many seconds to reserve for fitting a candidate to all training rows and for saving the model.
    fn reserve(&self, trial: &Trial, most: f64) -> f64 {
        let rows = self.context.learner.rows() as f64;
        // `most` limits the time of the fit, as a share of the search's time.
        let fit = (trial.seconds_per_row * rows * SLOWER).min(self.budget() * most);
        fit + self.after(trial)
    }

    pub(super) fn after(&self, trial: &Trial) -> f64 {
        let rows = self.context.learner.rows() as f64;
        (trial.answer_seconds_per_row * rows * PASSES).min(self.budget() * RESERVED_SHARE_AFTER)
    }

    pub(super) fn left(&self) -> f64 {
        self.deadline.saturating_duration_since(Instant::now()).as_secs_f64()
    }

    pub(super) fn budget(&self) -> f64 {
        self.deadline.saturating_duration_since(self.started).as_secs_f64()
    }
}
