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

use evergreen_lifecycle::{Candidate, Family, PrimaryMetric, SearchSummary};

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
    pub(crate) choice: Choice,
    pub(crate) summary: SearchSummary,
    pub(crate) candidates: Vec<Candidate>,
    /// Of a classifier the power that calibrates it.
    pub(crate) calibration: Option<f32>,
    /// Of a regression model half the width of its intervals; where nothing was cross-validated there is none.
    pub(crate) interval: Option<f32>,
    /// How long what comes after the last fit will take.
    pub(crate) after: Duration,
    pub(crate) warnings: Vec<String>,
}

impl Found {
    /// Half the width of a regression model's intervals; 0 where there was nothing to learn it from.
    pub(crate) fn interval(&self) -> Option<f32> {
        let numbers = self.summary.metric.task() == evergreen_lifecycle::Task::Regression;
        numbers.then(|| self.interval.unwrap_or_default())
    }
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
    trials: Vec<Trial>,
    /// The number of the best trial, those first that were run whole.
    best: Option<usize>,
    warnings: Vec<String>,
    cut_short: bool,
}

/// Searches by `plan`, so that the last fit is done at the `deadline`.
pub(crate) fn search(learner: &Learner, plan: &Plan, deadline: Instant) -> Result<Found, SearchError> {
    let folds = folds::folds(learner.target(), plan.folds, plan.seed);
    let course = Course { learner, folds: &folds, metric: plan.metric, seed: plan.seed };
    let started = Instant::now();
    let mut search = Search {
        course,
        started,
        deadline,
        trials: Vec::new(),
        best: None,
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
        let mut failed: Option<(Family, SearchError)> = None;
        for choice in candidates {
            if failed.as_ref().is_some_and(|(family, _)| *family == choice.family) {
                continue;
            }
            if !self.has_time_for(choice.family) {
                self.cut_short = true;
                break;
            }
            let mut trial = Trial::new(choice);
            let family = trial.choice.family;
            // The first one goes on as long as a fold like the last leaves time for the last fit.
            let result = trial.run(self.course, self.deadline, |trial| self.has_time_after(trial));
            match result {
                Ok(()) => self.keep(trial),
                Err(error @ SearchError::Fit(_)) => {
                    self.warnings.push(format!("{family} was left out: {error}"));
                    failed = Some((family, error));
                }
                Err(error) => return Err(error),
            }
        }
        self.cut_short |= self.trials.iter().any(|trial| trial.scores.len() < self.course.folds.len());
        match failed {
            Some((_, error)) if self.trials.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    /// Keeps a trial; only the best so far keeps its answers.
    fn keep(&mut self, mut trial: Trial) {
        let metric = self.course.metric;
        match self.best.and_then(|best| self.trials.get_mut(best)) {
            Some(best) if !trial.is_better_than(best, metric) => trial.answers.clear(),
            best => {
                best.into_iter().for_each(|best| best.answers.clear());
                self.best = Some(self.trials.len());
            }
        }
        self.trials.push(trial);
    }

    /// Whether a further candidate of a family can be tried; the first always is.
    fn has_time_for(&self, family: Family) -> bool {
        let new = !self.trials.iter().any(|trial| trial.choice.family == family);
        let most = if new { RESERVED_FIRST } else { RESERVED };
        let of = |family: Option<Family>| {
            let trials = self.trials.iter().filter(|trial| family.is_none_or(|family| trial.choice.family == family));
            trials.map(|trial| trial.seconds).reduce(f64::max)
        };
        let Some(expected) = of(Some(family)).or_else(|| of(None)) else { return true };
        let reserve = self.trials.iter().map(|trial| self.reserve(trial, most)).fold(0.0, f64::max);
        expected + reserve < self.left()
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

    /// The best of what was tried.
    fn found(self, planned: usize) -> Result<Found, SearchError> {
        let metric = self.course.metric;
        let best = self.best.and_then(|best| self.trials.get(best));
        let best = best.ok_or(SearchError::NoCandidate)?;
        let out_of_fold = best.out_of_fold();
        let answers = out_of_fold.as_ref();
        let summary = SearchSummary {
            metric,
            folds: best.scores.len(),
            planned,
            tried: self.trials.len(),
            score: best.score(),
            seconds: self.started.elapsed().as_secs_f64(),
            budget_seconds: self.budget(),
            cut_short: self.cut_short,
        };
        Ok(Found {
            choice: best.choice.clone(),
            summary,
            candidates: self.trials.iter().map(Trial::record).collect(),
            calibration: answers.and_then(|(target, answers)| calibrate::power(target, answers)),
            interval: answers.and_then(|(target, answers)| calibrate::half_width(target, answers)),
            after: Duration::from_secs_f64(self.after(best)),
            warnings: self.warnings,
        })
    }
}
