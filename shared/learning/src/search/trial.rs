//! Cross-validation of one hyperparameter candidate: fits and scores it fold by fold.

use std::time::Instant;

use evergreen_lifecycle::{Candidate, PrimaryMetric, Task};
use evergreen_scoring::LabelRule;
use evergreen_table::Target;

use super::folds::Fold;
use super::{SearchError, blend};
use crate::deciding::ruled;
use crate::evaluate::{Answers, scores};
use crate::fit::{Cost, FitRows, Fitted};
use crate::hyperparameters::Choice;
use crate::intervals::Errors;
use crate::learner::{Learner, seed_of};

// A candidate that is not scored on all folds yet also keeps at most `MAX_ANSWERS` predicted numbers. A larger
// candidate drops them. Its folds are fitted again if the search continues with this candidate.
/// Maximum number of tree nodes that a candidate keeps in memory between two steps of the search.
pub(crate) const MAX_KEPT_NODES: usize = 20_000;
const MAX_ANSWERS: usize = 100_000;

// The best candidate of each family keeps all.
/// Maximum number of predicted numbers that a candidate keeps in memory after its last fold.
pub(crate) const MAX_KEPT_ANSWERS: usize = 300_000;

// Fewer rounds give less extreme probabilities and a smaller model.
/// Share of a classifier's gain in log loss that may be given up to need fewer boosting rounds (0.0001 is 0.01 %).
const ROUNDS_TOLERANCE: f64 = 1e-4;

/// One hyperparameter candidate of a search, with the state and the results of its cross-validation.
#[derive(Debug)]
pub(super) struct Trial {
    // If the search looks for the best number of boosting rounds, this is the maximum number.
    /// The hyperparameters with which the cross-validation folds are fitted.
    tried: Choice,
    /// The candidate's hyperparameters, with the best number of boosting rounds.
    pub(super) choice: Choice,
    /// The candidate's score on each cross-validation fold. Folds for which there was no time are missing.
    pub(super) scores: Vec<f64>,
    // Of two candidates with equal scores, the one with the lower log loss wins.
    /// The sum of a classifier's log losses over the folds.
    pub(super) log_loss: f64,
    /// True values and predictions of the scored rows, fold by fold. Empty if dropped to save memory.
    answers: Vec<(Target, Answers)>,
    /// Seconds that the whole cross-validation of the candidate took.
    pub(super) seconds: f64,
    /// Duration of the slowest fit, in seconds per training row.
    pub(super) seconds_per_row: f64,
    /// Duration of the slowest prediction, in seconds per predicted row.
    pub(super) answer_seconds_per_row: f64,
    /// For each fold, the loss after each boosting round. Empty if the number of boosting rounds is fixed.
    losses: Vec<Vec<f64>>,
    // The folds are the same as in `losses`.
    /// The fitted model of each cross-validation fold. `None` if the model was dropped to save memory.
    fits: Vec<Option<Fitted>>,
    /// Size and prediction time of the largest model among the folds.
    pub(super) cost: Cost,
}

/// Settings and data that all candidates of one search share.
#[derive(Debug, Clone, Copy)]
pub(super) struct SearchContext<'a> {
    pub(super) learner: &'a Learner<'a>,
    pub(super) folds: &'a [Fold],
    // If there are more folds, the same rows were divided several times.
    /// Number of cross-validation folds into which all rows are split once. Further folds come from other splits.
    pub(super) division: usize,
    pub(super) metric: PrimaryMetric,
    // The rule contains the limits of the probabilities, and which label the classifier answers.
    /// Rule by which a classifier turns probabilities into a label.
    pub(super) rule: &'a LabelRule,
    pub(super) seed: u64,
}

impl Trial {
    /// Computes the cross-validation result of an ensemble. Returns `None` if a member did not keep its predictions.
    pub(super) fn blended(context: SearchContext<'_>, parts: &[(&Self, f32)]) -> Option<Self> {
        // `parts` has the trial and the weight of each member, the best member first. The result is recorded with the
        // hyperparameters of the best member.
        let (first, _) = parts.first()?;
        let mut blended = Self::new(first.choice.clone());
        for number in 0..first.scores.len() {
            let mut weighed = Vec::with_capacity(parts.len());
            for (trial, weight) in parts {
                weighed.push((&trial.whole()?.get(number)?.1, *weight));
            }
            let answers = blend::mean(&weighed)?;
            let target = first.whole()?.get(number)?.0.clone();
            let score = blended.judge(context, &target, &answers)?;
            blended.scores.push(score);
            blended.answers.push((target, answers));
        }
        let sum = |of: fn(&Self) -> f64| parts.iter().map(|(trial, _)| of(trial)).sum();
        blended.seconds = sum(|trial| trial.seconds);
        blended.seconds_per_row = sum(|trial| trial.seconds_per_row);
        blended.answer_seconds_per_row = sum(|trial| trial.answer_seconds_per_row);
        Some(blended)
    }

    pub(super) fn new(choice: Choice) -> Self {
        Self {
            tried: choice.clone(),
            choice,
            scores: Vec::new(),
            log_loss: 0.0,
            answers: Vec::new(),
            seconds: 0.0,
            seconds_per_row: 0.0,
            answer_seconds_per_row: 0.0,
            losses: Vec::new(),
            fits: Vec::new(),
            cost: Cost::default(),
        }
    }

    /// Returns the true values and the out-of-fold predictions, fold by fold. `None` if predictions were dropped.
    pub(super) fn whole(&self) -> Option<&[(Target, Answers)]> {
        (self.answers.len() == self.scores.len() && !self.answers.is_empty()).then_some(&self.answers)
    }

    /// Returns the number of folds on which the candidate was already fitted and scored.
    pub(super) fn done(&self) -> usize {
        self.scores.len().max(self.losses.len())
    }

    /// Fits and scores the candidate on the first `folds` cross-validation folds, as long as `goes_on` returns `true`.
    pub(super) fn run(
        &mut self,
        context: SearchContext<'_>,
        deadline: Instant,
        folds: usize,
        goes_on: impl Fn(&Self) -> bool,
    ) -> Result<(), SearchError> {
        self.restore_answers(context, deadline)?;
        // Folds that are already scored are skipped.
        for number in self.done()..folds.min(context.folds.len()) {
            if !goes_on(self) {
                break;
            }
            let started = Instant::now();
            let fitted = self.fit(context, deadline, number)?;
            if self.tried.rounds.is_some() {
                self.losses.push(fitted.losses.clone());
                self.fits.push(Some(fitted));
            } else {
                self.score_fold(context, fitted, number)?;
            }
            self.seconds += started.elapsed().as_secs_f64();
        }
        if self.scores.len() < self.losses.len() {
            self.choose_rounds(context, deadline)?;
        }
        if self.done() == context.folds.len() {
            self.fits.clear();
        }
        Ok(())
    }

    fn fit(&mut self, context: SearchContext<'_>, deadline: Instant, number: usize) -> Result<Fitted, SearchError> {
        debug_assert!(number < context.folds.len(), "fold {number} of {}", context.folds.len());
        let fold = context.folds.get(number);
        let fitted = fold.map(|fold| fold.training.as_slice()).unwrap_or_default();
        let watched = fold.filter(|_| self.tried.rounds.is_some()).map(|fold| fold.scored.as_slice());
        let started = Instant::now();
        let seed = seed_of(context.seed, self.choice.family);
        let rows = FitRows { fitted, watched: watched.unwrap_or_default() };
        let fit = context.learner.fit(rows, &self.tried, seed, deadline)?;
        let seconds = started.elapsed().as_secs_f64() / fitted.len().max(1) as f64;
        self.seconds_per_row = self.seconds_per_row.max(seconds);
        Ok(fit)
    }

    /// Finds the best number of boosting rounds over all folds so far. Then scores each fold with this number.
    fn choose_rounds(&mut self, context: SearchContext<'_>, deadline: Instant) -> Result<(), SearchError> {
        let started = Instant::now();
        let trifle = if context.learner.target().labels().is_empty() { 0.0 } else { ROUNDS_TOLERANCE };
        // The best number has the lowest mean loss.
        let rounds = best_rounds(&self.losses, trifle);
        self.choice = self.tried.with_rounds(rounds as f64);
        self.scores.clear();
        self.answers.clear();
        self.log_loss = 0.0;
        let rounds = self.choice.round_count() as usize;
        for number in 0..self.losses.len() {
            let kept = self.fits.get(number).cloned().flatten();
            let mut fitted = kept.map_or_else(|| self.fit(context, deadline, number), Ok)?;
            fitted.truncate(rounds);
            self.score_fold(context, fitted, number)?;
        }
        self.seconds += started.elapsed().as_secs_f64();
        Ok(())
    }

    /// Scores a model on the cross-validation fold with this number, on rows that the model was not trained on.
    fn score_fold(&mut self, context: SearchContext<'_>, fitted: Fitted, number: usize) -> Result<(), SearchError> {
        let fold = context.folds.get(number).map(|fold| fold.scored.as_slice()).unwrap_or_default();
        self.cost = self.cost.greater(fitted.cost());
        let started = Instant::now();
        let answers = context.learner.answers(fitted, fold)?;
        let seconds = started.elapsed().as_secs_f64() / fold.len().max(1) as f64;
        self.answer_seconds_per_row = self.answer_seconds_per_row.max(seconds);
        let target = context.learner.target().take(fold);
        let score = self.judge(context, &target, &answers).ok_or(SearchError::OtherMetric(context.metric))?;
        self.scores.push(score);
        self.answers.push((target, answers));
        Ok(())
    }

    /// Returns the score of a candidate's predictions. Returns `None` if the metric does not suit the table's task.
    fn judge(&mut self, context: SearchContext<'_>, target: &Target, answers: &Answers) -> Option<f64> {
        // The usual label rule is applied before the score is computed.
        let (ruled, truths) = (ruled(answers, context.rule), context.learner.truths(target));
        if context.metric.task() == Task::Classification {
            // For classifiers, also add the log loss to the candidate's sum.
            self.log_loss += scores(PrimaryMetric::LogLoss, truths, &ruled)?.score;
        }
        scores(context.metric, truths, &ruled).map(|scores| scores.score)
    }

    /// Saves memory: drops the candidate's predictions and fitted models if they are large.
    pub(super) fn drop_large(&mut self, all: usize) {
        // `all` is the number of folds in the search.
        let most = if self.done() == all { MAX_KEPT_ANSWERS } else { MAX_ANSWERS };
        if self.answers.iter().map(|(_, answers)| answers.numbers()).sum::<usize>() > most {
            self.answers.clear();
        }
        if self.fits.iter().flatten().map(Fitted::nodes).sum::<usize>() > MAX_KEPT_NODES {
            self.fits.iter_mut().for_each(|fitted| *fitted = None);
        }
    }

    /// Fits the folds again if the candidate's predictions were dropped to save memory.
    fn restore_answers(&mut self, context: SearchContext<'_>, deadline: Instant) -> Result<(), SearchError> {
        if self.tried.rounds.is_some() || self.answers.len() == self.scores.len() {
            return Ok(());
        }
        let done = std::mem::take(&mut self.scores).len();
        self.answers.clear();
        for number in 0..done {
            let fitted = self.fit(context, deadline, number)?;
            self.score_fold(context, fitted, number)?;
        }
        Ok(())
    }

    /// Returns the mean score over the first `folds` folds. `None` if the mean is not a finite number.
    pub(super) fn score_of(&self, folds: usize) -> Option<f64> {
        let scores = self.scores.get(..folds.min(self.scores.len())).unwrap_or_default();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        mean.is_finite().then_some(mean)
    }

    /// Returns the mean score over all scored folds. `None` if the mean is not a finite number.
    pub(super) fn score(&self) -> Option<f64> {
        self.score_of(self.scores.len())
    }

    /// Returns whether this candidate is better than `other` by `metric`.
    pub(super) fn is_better_than(&self, other: &Self, metric: PrimaryMetric) -> bool {
        match (self.score(), other.score()) {
            // A candidate with more scored folds is always better.
            _ if self.scores.len() != other.scores.len() => self.scores.len() > other.scores.len(),
            (Some(own), Some(others)) if own == others => self.log_loss < other.log_loss,
            (Some(own), Some(others)) => metric.gain(own, others) > 0.0,
            (own, others) => own.is_some() && others.is_none(),
        }
    }

    /// Returns the candidate as the training run records it: family, hyperparameters and the score of each fold.
    pub(super) fn record(&self) -> Candidate {
        let (family, parameters) = (self.choice.family, self.choice.parameters());
        Candidate { family, parameters, scores: self.scores.clone(), weight: None }
    }

    /// Returns the absolute out-of-fold errors of a regression model, fold by fold. Empty if predictions were dropped.
    pub(super) fn errors(&self, context: SearchContext<'_>) -> Vec<Errors> {
        if self.answers.len() < self.scores.len() {
            return Vec::new();
        }
        let folds = context.folds.iter().zip(&self.answers).take(context.division);
        let mut errors: Vec<Errors> =
            folds.filter_map(|(fold, (target, answers))| Errors::of(&fold.scored, target, answers)).collect();
        if context.learner.is_ordered() {
            // Keep only the newest fold, because its errors are most like future errors.
            errors.drain(..errors.len().saturating_sub(1));
        }
        errors
    }

    /// Returns the true values and the out-of-fold predictions of the first folds. `None` if predictions were dropped.
    pub(super) fn out_of_fold(&self, folds: usize) -> Option<(Target, Answers)> {
        if self.answers.len() < self.scores.len() {
            return None;
        }
        // Join the folds into one list.
        let mut parts = self.answers.iter().take(folds);
        let (mut target, mut answers) = parts.next().cloned()?;
        for (more_target, more_answers) in parts {
            match (&mut target, more_target) {
                (Target::Classes { classes, .. }, Target::Classes { classes: more, .. }) => classes.extend(more),
                (Target::Numbers(numbers), Target::Numbers(more)) => numbers.extend(more),
                _ => {}
            }
            answers.append(more_answers);
        }
        Some((target, answers))
    }
}

// The number is at least 1.
/// Returns the best number of boosting rounds: the smallest number whose mean loss over the folds is near the minimum.
fn best_rounds(losses: &[Vec<f64>], trifle: f64) -> usize {
    // A fold that stopped early keeps its last loss.
    let most = losses.iter().map(Vec::len).max().unwrap_or_default();
    let mean = |round: usize| -> f64 {
        losses.iter().filter_map(|fold| fold.get(round).or(fold.last())).sum::<f64>() / losses.len() as f64
    };
    let means: Vec<f64> = (0..most).map(mean).collect();
    let least = means.iter().copied().fold(f64::INFINITY, f64::min);
    // The distance to the minimum may be at most the share `trifle` of the total gain.
    let enough = least + trifle * means.first().map_or(0.0, |first| first - least);
    means.iter().position(|loss| *loss <= enough).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_rounds_is_the_best_over_all_folds() {
        let losses = [vec![0.9, 0.5, 0.6, 0.7], vec![0.9, 0.8, 0.6, 0.5, 0.4, 0.6]];
        assert_eq!(best_rounds(&losses, 0.0), 5);
        assert_eq!(best_rounds(&losses, 0.5), 2);
        assert_eq!(best_rounds(&losses[..1], 0.0), 2);
        assert_eq!(best_rounds(&[], 0.0), 1);
    }
}
