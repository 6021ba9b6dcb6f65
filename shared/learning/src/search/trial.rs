//! One candidate, cross-validated.

use std::time::Instant;

use evergreen_lifecycle::{Candidate, PrimaryMetric, Task};
use evergreen_scoring::LabelRule;
use evergreen_table::Target;

use super::folds::Fold;
use super::{SearchError, blend};
use crate::deciding::ruled;
use crate::evaluate::{Answers, scores};
use crate::fit::{Cost, Fitted, Rows};
use crate::hyperparameters::Choice;
use crate::intervals::Errors;
use crate::learner::{Learner, seed_of};

/// Nodes of trees, and numbers of answers, that a trial keeps until it goes on; of more, its folds are fitted anew then.
pub(crate) const MAX_KEPT_NODES: usize = 20_000;
const MAX_ANSWERS: usize = 100_000;

/// Numbers of answers to all folds that a trial keeps though another of its family is better.
pub(crate) const MAX_KEPT_ANSWERS: usize = 300_000;

/// The part of what all rounds gain that classes may lose for less extreme probabilities and a smaller model.
const TRIFLE: f64 = 1e-4;

/// What came of a candidate.
#[derive(Debug)]
pub(super) struct Trial {
    /// As it is fitted: with the most rounds where their number is to be found.
    tried: Choice,
    /// With the number of rounds that was found.
    pub(super) choice: Choice,
    /// Its score on each fold, as far as there was time.
    pub(super) scores: Vec<f64>,
    /// Of a classifier the sum of its log losses on them, which decides where scores are equal.
    pub(super) log_loss: f64,
    /// Its answers to rows that it had not learnt from, with what was true; fold by fold, if they are kept.
    answers: Vec<(Target, Answers)>,
    /// How long all of it took, in seconds.
    pub(super) seconds: f64,
    /// How long the slowest fit took for each row that it learnt from, in seconds.
    pub(super) seconds_per_row: f64,
    /// How long the slowest answer took for each row, in seconds.
    pub(super) answer_seconds_per_row: f64,
    /// Of each fold the loss after each round, where the number of rounds is to be found.
    losses: Vec<Vec<f64>>,
    /// What was fitted for each of these folds, if it is kept.
    fits: Vec<Option<Fitted>>,
    /// What the largest of its models adds to an artifact.
    pub(super) cost: Cost,
}

/// The rows that candidates are compared on, in folds, and the metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) learner: &'a Learner<'a>,
    pub(super) folds: &'a [Fold],
    /// Folds of one division of the rows; others divide them anew.
    pub(super) division: usize,
    pub(super) metric: PrimaryMetric,
    /// How classifiers' answers are bounded and decided.
    pub(super) rule: &'a LabelRule,
    pub(super) seed: u64,
}

impl Trial {
    /// What a weighted mean of trials would have answered; it is recorded by the best of them, which comes first.
    pub(super) fn blended(course: Course<'_>, parts: &[(&Self, f32)]) -> Option<Self> {
        let (first, _) = parts.first()?;
        let mut blended = Self::new(first.choice.clone());
        for number in 0..first.scores.len() {
            let mut weighed = Vec::with_capacity(parts.len());
            for (trial, weight) in parts {
                weighed.push((&trial.whole()?.get(number)?.1, *weight));
            }
            let answers = blend::mean(&weighed)?;
            let target = first.whole()?.get(number)?.0.clone();
            let score = blended.judge(course, &target, &answers)?;
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

    /// Fold by fold what is true and what was answered, if that is known of all folds that were done.
    pub(super) fn whole(&self) -> Option<&[(Target, Answers)]> {
        (self.answers.len() == self.scores.len() && !self.answers.is_empty()).then_some(&self.answers)
    }

    /// Folds that it was fitted for.
    pub(super) fn done(&self) -> usize {
        self.scores.len().max(self.losses.len())
    }

    /// Fits on what each of the first `folds` learns from and scores what it is scored on, of those that are not done, as long
    /// as `goes_on` says so before a fold.
    pub(super) fn run(
        &mut self,
        course: Course<'_>,
        deadline: Instant,
        folds: usize,
        goes_on: impl Fn(&Self) -> bool,
    ) -> Result<(), SearchError> {
        self.recall(course, deadline)?;
        for number in self.done()..folds.min(course.folds.len()) {
            if !goes_on(self) {
                break;
            }
            let started = Instant::now();
            let fitted = self.fit(course, deadline, number)?;
            if self.tried.rounds.is_some() {
                self.losses.push(fitted.losses.clone());
                self.fits.push(Some(fitted));
            } else {
                self.ask(course, fitted, number)?;
            }
            self.seconds += started.elapsed().as_secs_f64();
        }
        if self.scores.len() < self.losses.len() {
            self.settle(course, deadline)?;
        }
        if self.done() == course.folds.len() {
            self.fits.clear();
        }
        Ok(())
    }

    /// Fits what the fold of this number learns from.
    fn fit(&mut self, course: Course<'_>, deadline: Instant, number: usize) -> Result<Fitted, SearchError> {
        let fold = course.folds.get(number);
        let fitted = fold.map(|fold| fold.training.as_slice()).unwrap_or_default();
        let watched = fold.filter(|_| self.tried.rounds.is_some()).map(|fold| fold.scored.as_slice());
        let started = Instant::now();
        let seed = seed_of(course.seed, self.choice.family);
        let rows = Rows { fitted, watched: watched.unwrap_or_default() };
        let fit = course.learner.fit(rows, &self.tried, seed, deadline)?;
        let seconds = started.elapsed().as_secs_f64() / fitted.len().max(1) as f64;
        self.seconds_per_row = self.seconds_per_row.max(seconds);
        Ok(fit)
    }

    /// Finds the number of rounds after which the mean loss of all folds so far is least, and scores each fold by it.
    fn settle(&mut self, course: Course<'_>, deadline: Instant) -> Result<(), SearchError> {
        let started = Instant::now();
        let trifle = if course.learner.target().labels().is_empty() { 0.0 } else { TRIFLE };
        let rounds = best_rounds(&self.losses, trifle);
        self.choice = self.tried.with_rounds(rounds as f64);
        self.scores.clear();
        self.answers.clear();
        self.log_loss = 0.0;
        let rounds = self.choice.round_count() as usize;
        for number in 0..self.losses.len() {
            let kept = self.fits.get(number).cloned().flatten();
            let mut fitted = kept.map_or_else(|| self.fit(course, deadline, number), Ok)?;
            fitted.truncate(rounds);
            self.ask(course, fitted, number)?;
        }
        self.seconds += started.elapsed().as_secs_f64();
        Ok(())
    }

    /// Scores what was fitted on the fold that it has not seen.
    fn ask(&mut self, course: Course<'_>, fitted: Fitted, number: usize) -> Result<(), SearchError> {
        let fold = course.folds.get(number).map(|fold| fold.scored.as_slice()).unwrap_or_default();
        self.cost = self.cost.greater(fitted.cost());
        let started = Instant::now();
        let answers = course.learner.ask(fitted, fold)?;
        let seconds = started.elapsed().as_secs_f64() / fold.len().max(1) as f64;
        self.answer_seconds_per_row = self.answer_seconds_per_row.max(seconds);
        let target = course.learner.target().take(fold);
        let score = self.judge(course, &target, &answers).ok_or(SearchError::OtherMetric(course.metric))?;
        self.scores.push(score);
        self.answers.push((target, answers));
        Ok(())
    }

    /// The score of answers, bounded and decided by the usual rule; of a classifier the log loss is counted too.
    fn judge(&mut self, course: Course<'_>, target: &Target, answers: &Answers) -> Option<f64> {
        let (ruled, truths) = (ruled(answers, course.rule), course.learner.truths(target));
        if course.metric.task() == Task::Classification {
            self.log_loss += scores(PrimaryMetric::LogLoss, truths, &ruled)?.score;
        }
        scores(course.metric, truths, &ruled).map(|scores| scores.score)
    }

    /// Forgets what is too large to be kept for a trial that is not the best of its family; `all` is the number of folds.
    pub(super) fn forget(&mut self, all: usize) {
        let most = if self.done() == all { MAX_KEPT_ANSWERS } else { MAX_ANSWERS };
        if self.answers.iter().map(|(_, answers)| answers.numbers()).sum::<usize>() > most {
            self.answers.clear();
        }
        if self.fits.iter().flatten().map(Fitted::nodes).sum::<usize>() > MAX_KEPT_NODES {
            self.fits.iter_mut().for_each(|fitted| *fitted = None);
        }
    }

    /// Makes the answers that were forgotten anew.
    fn recall(&mut self, course: Course<'_>, deadline: Instant) -> Result<(), SearchError> {
        if self.tried.rounds.is_some() || self.answers.len() == self.scores.len() {
            return Ok(());
        }
        let done = std::mem::take(&mut self.scores).len();
        self.answers.clear();
        for number in 0..done {
            let fitted = self.fit(course, deadline, number)?;
            self.ask(course, fitted, number)?;
        }
        Ok(())
    }

    /// Its mean score over the first folds, if there is one.
    pub(super) fn score_of(&self, folds: usize) -> Option<f64> {
        let scores = self.scores.get(..folds.min(self.scores.len())).unwrap_or_default();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        mean.is_finite().then_some(mean)
    }

    /// Its mean score over the folds, if there is one.
    pub(super) fn score(&self) -> Option<f64> {
        self.score_of(self.scores.len())
    }

    /// Whether it did better than one before it, or was run for longer.
    pub(super) fn is_better_than(&self, other: &Self, metric: PrimaryMetric) -> bool {
        match (self.score(), other.score()) {
            _ if self.scores.len() != other.scores.len() => self.scores.len() > other.scores.len(),
            (Some(own), Some(others)) if own == others => self.log_loss < other.log_loss,
            (Some(own), Some(others)) => metric.gain(own, others) > 0.0,
            (own, others) => own.is_some() && others.is_none(),
        }
    }

    /// As a run records it.
    pub(super) fn record(&self) -> Candidate {
        let (family, parameters) = (self.choice.family, self.choice.parameters());
        Candidate { family, parameters, scores: self.scores.clone(), weight: None }
    }

    /// How far the answers to rows that it had not learnt from are from the truth, of a regression model; with ordered rows
    /// those of the newest fold alone, whose errors are most like those that are to come.
    pub(super) fn errors(&self, course: Course<'_>) -> Vec<Errors> {
        if self.answers.len() < self.scores.len() {
            return Vec::new();
        }
        let folds = course.folds.iter().zip(&self.answers).take(course.division);
        let mut errors: Vec<Errors> =
            folds.filter_map(|(fold, (target, answers))| Errors::of(&fold.scored, target, answers)).collect();
        if course.learner.is_ordered() {
            errors.drain(..errors.len().saturating_sub(1));
        }
        errors
    }

    /// The answers to the first `folds` as one, with what was true, if they are kept.
    pub(super) fn out_of_fold(&self, folds: usize) -> Option<(Target, Answers)> {
        if self.answers.len() < self.scores.len() {
            return None;
        }
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

/// The number of rounds, from 1 up, after which the mean loss of all folds is least, or has all but a `trifle` of what the rounds
/// gain. A fold that ended early stays where it was.
fn best_rounds(losses: &[Vec<f64>], trifle: f64) -> usize {
    let most = losses.iter().map(Vec::len).max().unwrap_or_default();
    let mean = |round: usize| -> f64 {
        losses.iter().filter_map(|fold| fold.get(round).or(fold.last())).sum::<f64>() / losses.len() as f64
    };
    let means: Vec<f64> = (0..most).map(mean).collect();
    let least = means.iter().copied().fold(f64::INFINITY, f64::min);
    let enough = least + trifle * means.first().map_or(0.0, |first| first - least);
    means.iter().position(|loss| *loss <= enough).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rounds_are_those_that_do_best_over_all_folds() {
        let losses = [vec![0.9, 0.5, 0.6, 0.7], vec![0.9, 0.8, 0.6, 0.5, 0.4, 0.6]];
        assert_eq!(best_rounds(&losses, 0.0), 5);
        assert_eq!(best_rounds(&losses, 0.5), 2);
        assert_eq!(best_rounds(&losses[..1], 0.0), 2);
        assert_eq!(best_rounds(&[], 0.0), 1);
    }
}
