//! One candidate, cross-validated.

use std::time::Instant;

use evergreen_lifecycle::{Candidate, PrimaryMetric};
use evergreen_table::Target;

use super::SearchError;
use super::folds::others;
use crate::evaluate::{Answers, scores};
use crate::hyperparameters::Choice;
use crate::learner::{Learner, seed_of};

/// What came of a candidate.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) choice: Choice,
    /// Its score on each fold, as far as there was time.
    pub(super) scores: Vec<f64>,
    /// Its answers to rows that it had not learnt from, with what was true; fold by fold.
    pub(super) answers: Vec<(Target, Answers)>,
    /// How long all of it took, in seconds.
    pub(super) seconds: f64,
    /// How long the slowest fit took for each row that it learnt from, in seconds.
    pub(super) seconds_per_row: f64,
    /// How long the slowest answer took for each row, in seconds.
    pub(super) answer_seconds_per_row: f64,
}

/// The rows that candidates are compared on, in folds, and the metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) learner: &'a Learner<'a>,
    pub(super) folds: &'a [Vec<u32>],
    pub(super) metric: PrimaryMetric,
    pub(super) seed: u64,
}

impl Trial {
    pub(super) fn new(choice: Choice) -> Self {
        Self {
            choice,
            scores: Vec::new(),
            answers: Vec::new(),
            seconds: 0.0,
            seconds_per_row: 0.0,
            answer_seconds_per_row: 0.0,
        }
    }

    /// Fits on all folds but one and scores that one, for each in turn, as long as `goes_on` says so before a fold.
    pub(super) fn run(
        &mut self,
        course: Course<'_>,
        deadline: Instant,
        goes_on: impl Fn(&Self) -> bool,
    ) -> Result<(), SearchError> {
        let started = Instant::now();
        for (number, fold) in course.folds.iter().enumerate() {
            if !goes_on(self) {
                break;
            }
            self.fold(course, deadline, (number, fold))?;
            self.seconds = started.elapsed().as_secs_f64();
        }
        Ok(())
    }

    fn fold(
        &mut self,
        course: Course<'_>,
        deadline: Instant,
        (number, fold): (usize, &[u32]),
    ) -> Result<(), SearchError> {
        let rows = others(course.folds, number);
        let started = Instant::now();
        let seed = seed_of(course.seed, self.choice.family);
        let fitted = course.learner.fit(&rows, &self.choice, seed, deadline)?;
        let fit_seconds = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let answers = course.learner.ask(fitted, fold)?;
        let answer_seconds = started.elapsed().as_secs_f64();
        let target = course.learner.target().take(fold);
        let scored = scores(course.metric, course.learner.truths(&target), &answers);
        self.scores.push(scored.ok_or(SearchError::OtherMetric(course.metric))?.score);
        self.answers.push((target, answers));
        let per_row = |seconds: f64, rows: usize| seconds / rows.max(1) as f64;
        self.seconds_per_row = self.seconds_per_row.max(per_row(fit_seconds, rows.len()));
        self.answer_seconds_per_row = self.answer_seconds_per_row.max(per_row(answer_seconds, fold.len()));
        Ok(())
    }

    /// Its mean score over the folds, if there is one.
    pub(super) fn score(&self) -> Option<f64> {
        let mean = self.scores.iter().sum::<f64>() / self.scores.len() as f64;
        mean.is_finite().then_some(mean)
    }

    /// Whether it did better than one before it, or was run for longer.
    pub(super) fn is_better_than(&self, other: &Self, metric: PrimaryMetric) -> bool {
        match (self.score(), other.score()) {
            _ if self.scores.len() != other.scores.len() => self.scores.len() > other.scores.len(),
            (Some(own), Some(others)) => metric.gain(own, others) > 0.0,
            (own, others) => own.is_some() && others.is_none(),
        }
    }

    /// As a run records it.
    pub(super) fn record(&self) -> Candidate {
        let (family, parameters) = (self.choice.family, self.choice.parameters());
        Candidate { family, parameters, scores: self.scores.clone() }
    }

    /// All answers as one, with what was true.
    pub(super) fn out_of_fold(&self) -> Option<(Target, Answers)> {
        let mut parts = self.answers.iter();
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
