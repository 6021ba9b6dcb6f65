//! The search for a family and its hyperparameters: seeded random search, compared by cross-validation on the training rows.
//!
//! Preprocessing and bins are learnt from all training rows once, truth and folds from none: what a fold is scored on has
//! lent its quantiles and its missing values to the features, never its target. Candidates of all families take turns, so
//! that a short search has tried each. Rows count alike in scores, whatever their weight.

mod calibrate;
mod folds;
mod plan;
mod trial;

use std::time::{Duration, Instant};

use evergreen_lifecycle::{Candidate, Family, PrimaryMetric, SearchSummary, Task};

pub(crate) use folds::{folds, others};
pub(crate) use plan::spaces;
pub use plan::{DEFAULT_CANDIDATES, DEFAULT_FOLDS, Plan, PlanError};

use self::trial::{Course, Trial};
use crate::fit::FitError;
use crate::hyperparameters::Choice;
use crate::learner::{AskError, Learner};

/// The last fit is counted on to take this many times what the folds let expect: more rows do not fit into caches.
const SLOWER: f64 = 1.5;

/// The part of the time that is kept for the last fit at most: what can be cut short need not have all of it.
const RESERVED: f64 = 0.6;

/// The same while a family is still to be tried for the first time: which family it is matters most.
const RESERVED_FIRST: f64 = 0.3;

/// Passes over as many rows as the training's that writing, loading, comparing and evaluating the artifact take.
const PASSES: f64 = 2.0;

/// The part of the time that is kept for what comes after the last fit at most.
const RESERVED_AFTER: f64 = 0.2;

/// What a search found.
#[derive(Debug)]
pub(crate) struct Found {
    /// At least one; the best first, then the best of every other family, then the rest.
    pub(crate) ranking: Vec<Ranked>,
    /// Of the first in the ranking.
    pub(crate) summary: SearchSummary,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) warnings: Vec<String>,
}

/// A candidate that was tried, and what its last fit needs to know.
#[derive(Debug)]
pub(crate) struct Ranked {
    pub(crate) choice: Choice,
    /// Folds that it was scored on.
    pub(crate) folds: usize,
    /// Its mean score, if there is one.
    pub(crate) score: Option<f64>,
    /// Of a classifier the power that calibrates it.
    pub(crate) calibration: Option<f32>,
    /// Of a regression model half the width of its intervals; 0 where there was nothing to learn it from.
    pub(crate) interval: Option<f32>,
    /// How long what comes after the last fit will take.
    pub(crate) after: Duration,
}

/// Why a search found nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A candidate could not be fitted, and no other family was left.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// What was fitted does not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The metric is not for the table's task.
    #[error("{0} does not measure models of this table")]
    OtherMetric(PrimaryMetric),
    /// Nothing to try.
    #[error("there is no candidate")]
    NoCandidate,
}

/// What is known while a search goes on.
struct Search<'a> {
    course: Course<'a>,
    started: Instant,
    deadline: Instant,
    /// The best of a family keeps its answers.
    trials: Vec<Trial>,
    /// Families that are not tried any more.
    left_out: Vec<Family>,
    warnings: Vec<String>,
    cut_short: bool,
}

/// Searches by `plan`, so that the last fit is done at the `deadline`.
pub(crate) fn search(learner: &Learner<'_>, plan: &Plan, deadline: Instant) -> Result<Found, SearchError> {
    let folds = folds(learner.target(), plan.folds, plan.seed);
    let course = Course { learner, folds: &folds, metric: plan.metric, seed: plan.seed };
    let started = Instant::now();
    let mut search = Search {
        course,
        started,
        deadline,
        trials: Vec::new(),
        left_out: Vec::new(),
        warnings: plan.warnings.clone(),
        cut_short: false,
    };
    let candidates = in_turn(plan);
    let planned = candidates.len();
    search.run(candidates)?;
    search.found(planned)
}

/// The candidates of all families, the first of each before the second of any.
fn in_turn(plan: &Plan) -> Vec<Choice> {
    let families: Vec<Vec<Choice>> =
        plan.spaces.iter().map(|space| space.candidates(plan.candidates, plan.seed)).collect();
    let most = families.iter().map(Vec::len).max().unwrap_or_default();
    (0..most).flat_map(|turn| families.iter().filter_map(move |family| family.get(turn).cloned())).collect()
}

impl Search<'_> {
    fn run(&mut self, candidates: Vec<Choice>) -> Result<(), SearchError> {
        let mut failure = None;
        for choice in candidates {
            let family = choice.family;
            if self.left_out.contains(&family) {
                continue;
            }
            if !self.has_time_for(&choice) {
                self.cut_short = true;
                if self.has_tried(family) {
                    break;
                }
                self.leave_out(family, "there was no time to try it");
                continue;
            }
            match self.tried(choice) {
                Ok(trial) => self.keep(trial),
                Err(error @ SearchError::Fit(_)) => {
                    self.leave_out(family, &error.to_string());
                    failure = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        self.cut_short |= self.trials.iter().any(|trial| trial.scores.len() < self.course.folds.len());
        match failure {
            Some(error) if self.trials.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    /// Tries a candidate as long as a fold like the last leaves time for the last fit.
    fn tried(&self, choice: Choice) -> Result<Trial, SearchError> {
        let mut trial = Trial::new(choice);
        trial.run(self.course, self.deadline, |trial| self.has_time_after(trial))?;
        Ok(trial)
    }

    fn has_tried(&self, family: Family) -> bool {
        self.trials.iter().any(|trial| trial.choice.family == family)
    }

    fn leave_out(&mut self, family: Family, why: &str) {
        self.warnings.push(format!("{family} was left out: {why}"));
        self.left_out.push(family);
    }

    /// Keeps a trial; only the best of a family so far keeps its answers.
    fn keep(&mut self, mut trial: Trial) {
        let (metric, family) = (self.course.metric, trial.choice.family);
        for other in self.trials.iter_mut().filter(|other| other.choice.family == family) {
            if trial.is_better_than(other, metric) {
                other.answers.clear();
            } else {
                trial.answers.clear();
            }
        }
        self.trials.push(trial);
    }

    /// Whether a further candidate of a family can be tried; the first always is.
    fn has_time_for(&self, choice: &Choice) -> bool {
        let family = choice.family;
        let new = !self.has_tried(family);
        let most = if new { RESERVED_FIRST } else { RESERVED };
        let of = |family: Option<Family>| {
            let trials = self.trials.iter().filter(|trial| family.is_none_or(|family| trial.choice.family == family));
            trials.map(|trial| trial.seconds).reduce(f64::max)
        };
        let Some(expected) = of(Some(family)).or_else(|| of(None)) else { return true };
        let expected = if new { expected.max(self.expected_seconds(choice)) } else { expected };
        let reserve = self.trials.iter().map(|trial| self.reserve(trial, most)).fold(0.0, f64::max);
        expected + reserve < self.left()
    }

    /// Seconds that the first candidate of a family is counted on to take.
    fn expected_seconds(&self, choice: &Choice) -> f64 {
        let folds = self.course.folds;
        let rows: usize = folds.iter().skip(1).map(Vec::len).sum();
        folds.len() as f64 * self.course.learner.expected_seconds(rows, choice)
    }

    /// Whether a trial can go on with a fold like those before.
    fn has_time_after(&self, trial: &Trial) -> bool {
        let done = trial.scores.len();
        done == 0 || trial.seconds / done as f64 + self.reserve(trial, RESERVED_FIRST) < self.left()
    }

    /// Seconds that a trial's last fit, and all that comes after, are counted on to take; the fit `most` of all time.
    fn reserve(&self, trial: &Trial, most: f64) -> f64 {
        let rows = self.course.learner.rows() as f64;
        let fit = (trial.seconds_per_row * rows * SLOWER).min(self.budget() * most);
        fit + self.after(trial)
    }

    fn after(&self, trial: &Trial) -> f64 {
        let rows = self.course.learner.rows() as f64;
        (trial.answer_seconds_per_row * rows * PASSES).min(self.budget() * RESERVED_AFTER)
    }

    fn left(&self) -> f64 {
        self.deadline.saturating_duration_since(Instant::now()).as_secs_f64()
    }

    fn budget(&self) -> f64 {
        self.deadline.saturating_duration_since(self.started).as_secs_f64()
    }

    /// The trials, the best first: see [`Found::ranking`].
    fn ranking(&self) -> Vec<&Trial> {
        let metric = self.course.metric;
        let mut ranking: Vec<&Trial> = Vec::with_capacity(self.trials.len());
        for trial in &self.trials {
            let place = ranking.iter().position(|other| trial.is_better_than(other, metric));
            ranking.insert(place.unwrap_or(ranking.len()), trial);
        }
        let mut families = Vec::new();
        let (mut first, rest): (Vec<&Trial>, Vec<&Trial>) = ranking.into_iter().partition(|trial| {
            let new = !families.contains(&trial.choice.family);
            families.push(trial.choice.family);
            new
        });
        first.extend(rest);
        first
    }

    fn ranked(&self, trial: &Trial) -> Ranked {
        let out_of_fold = trial.out_of_fold();
        let answers = out_of_fold.as_ref();
        let interval = answers.and_then(|(target, answers)| calibrate::half_width(target, answers));
        let numbers = self.course.metric.task() == Task::Regression;
        Ranked {
            choice: trial.choice.clone(),
            folds: trial.scores.len(),
            score: trial.score(),
            calibration: answers.and_then(|(target, answers)| calibrate::power(target, answers)),
            interval: numbers.then(|| interval.unwrap_or_default()),
            after: Duration::from_secs_f64(self.after(trial)),
        }
    }

    /// What was tried, ranked.
    fn found(self, planned: usize) -> Result<Found, SearchError> {
        let ranking: Vec<Ranked> = self.ranking().into_iter().map(|trial| self.ranked(trial)).collect();
        let best = ranking.first().ok_or(SearchError::NoCandidate)?;
        let summary = SearchSummary {
            metric: self.course.metric,
            folds: best.folds,
            planned,
            tried: self.trials.len(),
            score: best.score,
            seconds: self.started.elapsed().as_secs_f64(),
            budget_seconds: self.budget(),
            cut_short: self.cut_short,
        };
        let candidates = self.trials.iter().map(Trial::record).collect();
        Ok(Found { ranking, summary, candidates, warnings: self.warnings })
    }
}
