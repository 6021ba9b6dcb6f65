//! Hyperparameter search: finds the best model family and its hyperparameters. The search draws random candidates (a
//! family with hyperparameter values) from a seed. It compares candidates by cross-validation on the training rows. If
//! the table has an order column, every fold is scored on rows that are newer than the fold's training rows.
//!
//! First, the search scores the usual hyperparameters of each family on all folds. So even a short search tries each
//! family. Then it scores many more candidates on one fold each. It scores the better candidates on two more folds, and
//! the best candidates on all folds. This is successive halving (Jamieson, Talwalkar: "Non-stochastic best arm
//! identification and hyperparameter optimization", AISTATS 2016). On a small table, the search scores each candidate
//! on more folds, see [`small`]. Cross-validation also finds the best number of boosting rounds.
//!
//! Preprocessing and feature bins are fitted once, to all training rows, but never from their labels. So the scored
//! rows of a fold influence the quantiles and the features for missing values. The candidates of all families take
//! turns. All rows count the same in scores, even if the rows have weights.

mod blend;
mod calibrate;
mod folds;
mod plan;
mod small;
mod time;
mod trial;

use std::time::{Duration, Instant};

use evergreen_lifecycle::{Candidate, Family, PrimaryMetric, SearchSummary};
use evergreen_table::EnsembleLimits;

use evergreen_scoring::LabelRule;

pub(crate) use folds::folds;
pub(crate) use plan::DEFAULT_CANDIDATES;
pub(crate) use plan::spaces;
pub use plan::{Plan, PlanError};
pub(crate) use trial::{MAX_KEPT_ANSWERS, MAX_KEPT_NODES};

use self::trial::{SearchContext, Trial};
use crate::deciding::LabelChoice;
use crate::families::{self, Growth};
use crate::fit::{Cost, FitError};
use crate::gap::Losses;
use crate::hyperparameters::Choice;
use crate::intervals::Errors;
use crate::learner::{AnswerError, Learner};
use crate::watch::ProgressWatch;

// With more candidates, the search uses successive halving.
/// If a model family has at most this many hyperparameter candidates, each is scored on every cross-validation fold.
const FEW_CANDIDATES: usize = 4;

// In a step `(n, folds)`, one in `n` candidates of each family goes on. So the best third goes on to three folds. The
// best third of these candidates goes on to all folds.
/// Steps of the search (successive halving): `(3, 3)` means that the best third of the candidates is scored on 3 folds.
const RUNGS: [(usize, usize); 2] = [(3, 3), (3, usize::MAX)];

// Measured on generated tables of 6,000 to 400,000 training rows.
/// Exponent: the best number of boosting rounds is proportional to the number of training rows to this power.
const ROUNDS_BY_ROWS: f64 = 0.4;

/// The result of a hyperparameter search.
#[derive(Debug)]
pub(crate) struct SearchResult {
    // The order is: the best candidate, then the best one of each other model family, then the rest.
    /// The evaluated candidates, best first. Never empty.
    pub(crate) ranking: Vec<RankedCandidate>,
    // The score of the summary is the score of the first candidate in `ranking`.
    /// The summary of the hyperparameter search.
    pub(crate) summary: SearchSummary,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) warnings: Vec<String>,
    /// Limits for an ensemble (a weighted mean of several models): number of members, size, and time of a prediction.
    pub(crate) limits: EnsembleLimits,
}

/// A hyperparameter candidate that the search evaluated, with all settings to fit it again on all training rows.
#[derive(Debug)]
pub(crate) struct RankedCandidate {
    pub(crate) choice: Choice,
    // `choice` is the first member.
    /// Ensemble (weighted mean of several models): the members and their weights. Empty for a single model.
    pub(crate) members: Vec<(Choice, f32)>,
    /// Number of cross-validation folds that the candidate was scored on.
    pub(crate) folds: usize,
    /// The candidate's mean score over the folds. `None` if the mean is not a finite number.
    pub(crate) score: Option<f64>,
    // Calibrated probabilities match how often the classifier is right. `None` if calibration does not help, or for
    // regression.
    /// Calibration of a classifier: the power to which the probabilities are raised. `None` means no calibration.
    pub(crate) calibration: Option<f32>,
    // The rule contains the limits of the probabilities, and which label the classifier answers.
    /// Rule by which a classifier turns probabilities into a label.
    pub(crate) rule: LabelRule,
    // Empty for a classifier, or if the search did not keep the model's predictions.
    /// Out-of-fold errors of a regression model (on rows that the model was not trained on), fold by fold.
    pub(crate) errors: Vec<Errors>,
    /// Mean and spread of the candidate's out-of-fold losses. `None` if its predictions were not kept.
    pub(crate) validated: Option<Losses>,
    /// Expected duration of the steps after the last model fit: writing, loading and evaluating the model artifact.
    pub(crate) after: Duration,
}

/// Error: why the hyperparameter search has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A hyperparameter candidate could not be fitted, and no model family was left to try.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A fitted model could not predict the rows on which its score should be computed.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The metric does not suit the table's task, for example a regression metric for a classification table.
    #[error("the metric {0} does not suit the task of the table; choose another metric")]
    OtherMetric(PrimaryMetric),
    /// The search plan contains no candidate to try.
    #[error("the search has no candidate")]
    NoCandidate,
}

/// The state of a hyperparameter search while it runs.
struct Search<'a> {
    context: SearchContext<'a>,
    labels: &'a LabelChoice,
    watch: &'a ProgressWatch,
    started: Instant,
    deadline: Instant,
    // If the candidates' predictions are large, only the best candidate of each family keeps its predictions.
    /// The candidates that the search evaluated so far.
    trials: Vec<Trial>,
    /// Model families that the search no longer tries: a fit failed, or the time was too short.
    left_out: Vec<Family>,
    warnings: Vec<String>,
    cut_short: bool,
}

/// Searches for the best hyperparameters as `plan` says.
pub(crate) fn search(
    learner: &Learner<'_>,
    plan: &Plan,
    deadline: Instant,
    watch: &ProgressWatch,
) -> Result<SearchResult, SearchError> {
    // The search leaves enough time before the `deadline` for the last fit on all training rows.
    let (folds, division) = small::divided(learner, plan);
    let rule = plan.labels.usual(learner.target());
    let context = SearchContext { learner, folds: &folds, division, metric: plan.metric, rule: &rule, seed: plan.seed };
    let started = Instant::now();
    let mut search = Search {
        context,
        labels: &plan.labels,
        watch,
        started,
        deadline,
        trials: Vec::new(),
        left_out: Vec::new(),
        warnings: plan.warnings.clone(),
        cut_short: false,
    };
    let candidates = in_turn(plan);
    let planned = candidates.len();
    watch.search(planned, plan.metric);
    search.run(candidates)?;
    search.narrow_down()?;
    search.found(planned, &plan.ensemble)
}

/// Returns the hyperparameter candidates of all families, in the order in which the search tries them.
fn in_turn(plan: &Plan) -> Vec<Choice> {
    let families: Vec<Vec<Choice>> =
        plan.spaces.iter().map(|space| space.candidates(plan.candidates_of(space.family), plan.seed)).collect();
    // The first candidate of each family comes first, then the second candidate of each family, and so on.
    let most = families.iter().map(Vec::len).max().unwrap_or_default();
    (0..most).flat_map(|turn| families.iter().filter_map(move |family| family.get(turn).cloned())).collect()
}

impl Search<'_> {
    /// Step of the hyperparameter search: evaluates all candidates by cross-validation.
    fn run(&mut self, candidates: Vec<Choice>) -> Result<(), SearchError> {
        let mut failure = None;
        let count = |family| candidates.iter().filter(|choice| choice.family == family).count();
        let few: Vec<Family> = Family::ALL.into_iter().filter(|family| count(*family) <= FEW_CANDIDATES).collect();
        for choice in candidates {
            let family = choice.family;
            if self.left_out.contains(&family) {
                continue;
            }
            // The first candidate of each family is scored on all folds.
            let all = few.contains(&family) || !self.has_tried(family);
            let folds = if all { self.context.folds.len() } else { self.context.first_folds() };
            if !self.has_time_for(&choice, folds) {
                self.cut_short = true;
                if self.has_tried(family) {
                    break;
                }
                self.leave_out(family, "there was no time to try it");
                continue;
            }
            match self.advanced(Trial::new(choice), folds) {
                Ok(trial) => self.keep(trial),
                Err(error @ SearchError::Fit(_)) => {
                    self.leave_out(family, &error.to_string());
                    failure = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        match failure {
            Some(error) if self.trials.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    /// Step of the hyperparameter search (successive halving): scores only the better candidates on more folds.
    fn narrow_down(&mut self) -> Result<(), SearchError> {
        let mut before = self.context.first_folds();
        for (part, folds) in RUNGS {
            if folds < before {
                continue;
            }
            for number in self.better_part(part, before) {
                if self.trials.get(number).is_none_or(|trial| trial.done() >= self.context.folds.len().min(folds)) {
                    continue;
                }
                let trial = self.trials.remove(number);
                if !self.has_time_to_go_on(&trial, folds) {
                    self.trials.insert(number, trial);
                    self.cut_short = true;
                    return Ok(());
                }
                let trial = self.advanced(trial, folds)?;
                self.trials.insert(number, trial);
                self.show();
                self.drop_large();
            }
            before = folds;
        }
        Ok(())
    }

    /// Returns the best candidates of each model family (a third if `part` is 3), as indices in `trials`.
    fn better_part(&self, part: usize, folds: usize) -> Vec<usize> {
        let metric = self.context.metric;
        let mut chosen: Vec<(usize, usize)> = Vec::new();
        for family in Family::ALL {
            let of_family =
                |number: &usize| self.trials.get(*number).is_some_and(|trial| trial.choice.family == family);
            let mut numbers: Vec<usize> = (0..self.trials.len()).filter(of_family).collect();
            let all = numbers.len();
            let complete = folds.min(self.context.folds.len());
            numbers.retain(|number| self.trials.get(*number).is_some_and(|trial| trial.done() >= complete));
            // Compare the candidates by their score on the first `folds` folds.
            let score = |number: &usize| self.trials.get(*number).and_then(|trial| trial.score_of(folds));
            numbers.sort_by(|a, b| match (score(a), score(b)) {
                (Some(a), Some(b)) => 0.0_f64.total_cmp(&metric.gain(a, b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
            numbers.truncate(all.div_ceil(part));
            chosen.extend((0..).zip(numbers));
        }
        // The best candidate of each family comes first.
        chosen.sort_unstable();
        chosen.into_iter().map(|(_, number)| number).collect()
    }

    /// Fits and scores a candidate on up to `folds` cross-validation folds, or fewer if time is short.
    fn advanced(&mut self, mut trial: Trial, folds: usize) -> Result<Trial, SearchError> {
        // Stops when another fold would leave too little time for the last fit on all training rows.
        trial.run(self.context, self.deadline, folds, |trial| self.has_time_after(trial))?;
        self.cut_short |= trial.done() < folds.min(self.context.folds.len());
        Ok(trial)
    }

    fn has_tried(&self, family: Family) -> bool {
        self.trials.iter().any(|trial| trial.choice.family == family)
    }

    fn leave_out(&mut self, family: Family, why: &str) {
        self.warnings.push(format!("the family {family} was left out: {why}"));
        self.left_out.push(family);
    }

    /// Adds an evaluated hyperparameter candidate to the list of results of the search.
    fn keep(&mut self, trial: Trial) {
        // If the candidates' predictions are large, only the best candidate of each family keeps its predictions.
        self.trials.push(trial);
        self.show();
        self.drop_large();
    }

    /// Shows how far the search has come to whoever watches it.
    fn show(&self) {
        let metric = self.context.metric;
        let better = |best: &'_ Trial, trial: &'_ Trial| trial.is_better_than(best, metric);
        let best = self.trials.iter().reduce(|best, trial| if better(best, trial) { trial } else { best });
        self.watch.scored(self.trials.len(), best.and_then(Trial::score));
    }

    fn drop_large(&mut self) {
        let (metric, all) = (self.context.metric, self.context.folds.len());
        for family in Family::ALL {
            let mut best: Option<usize> = None;
            for number in 0..self.trials.len() {
                let Some(trial) = self.trials.get(number).filter(|trial| trial.choice.family == family) else {
                    continue;
                };
                let better =
                    best.and_then(|best| self.trials.get(best)).is_none_or(|best| trial.is_better_than(best, metric));
                let worse = if better { best.replace(number) } else { Some(number) };
                if let Some(trial) = worse.and_then(|worse| self.trials.get_mut(worse)) {
                    trial.drop_large(all);
                }
            }
        }
    }

    /// Returns the candidates that the search evaluated, best first.
    fn ranking(&self) -> Vec<&Trial> {
        // The order is that of `SearchResult::ranking`.
        let metric = self.context.metric;
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

    fn place(&self, trial: &Trial) -> Option<usize> {
        self.trials.iter().position(|other| std::ptr::eq(other, trial))
    }

    fn ranked(&self, trial: &Trial) -> RankedCandidate {
        let usual = self.context.rule;
        let every = trial.out_of_fold(self.context.folds.len());
        let calibration = every.as_ref().and_then(|(target, answers)| calibrate::power(target, answers, usual));
        // Small tables are divided into folds several times. Use only the folds of the first division, so that each row
        // counts once. Repeated rows would make random differences look smaller than they are.
        let out_of_fold = trial.out_of_fold(self.context.division);
        let answers = out_of_fold.as_ref();
        let rule = match answers {
            Some((target, answers)) => {
                self.labels.learnt(usual.clone(), target, &calibrate::calibrated(answers, calibration))
            }
            None => usual.clone(),
        };
        RankedCandidate {
            choice: self.for_all_rows(&trial.choice),
            members: Vec::new(),
            folds: trial.scores.len(),
            score: trial.score(),
            calibration,
            rule,
            errors: trial.errors(self.context),
            validated: answers.and_then(|(target, answers)| Losses::of(target, answers)),
            after: Duration::from_secs_f64(self.after(trial)),
        }
    }

    /// Builds an ensemble (a weighted mean of several candidates), if it is better than the best candidate.
    fn blend(&mut self, limits: &EnsembleLimits) -> Option<(Trial, Vec<(usize, f32)>)> {
        // The result also has the index in `trials` and the weight of each member.
        let (all, metric) = (self.context.folds.len(), self.context.metric);
        let complete = |trial: &&Trial| trial.scores.len() == all && trial.whole().is_some();
        let ranking = self.ranking();
        let best = ranking.first().copied()?;
        let usable = ranking.iter().copied().filter(complete);
        let trials: Vec<(usize, &Trial, Cost)> =
            usable.filter_map(|trial| Some((self.place(trial)?, trial, self.cost_of_all_rows(trial)))).collect();
        let parts = blend::select(&trials, metric, limits);
        let members = || parts.iter().filter_map(|(place, weight)| Some((self.trials.get(*place)?, *weight)));
        let blended = Trial::blended(self.context, &members().collect::<Vec<_>>())?;
        if best.is_better_than(&blended, metric) {
            return None;
        }
        // Without time to fit the ensemble, it is not used.
        let rows = self.context.learner.rows() as f64;
        if blended.seconds_per_row * rows * time::SLOWER + self.after(&blended) > self.left() {
            self.cut_short = true;
            self.warnings.push("there was no time to fit an ensemble of several candidates".to_owned());
            return None;
        }
        Some((blended, parts))
    }

    /// Estimates the size and the prediction time of the model when this candidate is fitted to all training rows.
    fn cost_of_all_rows(&self, trial: &Trial) -> Cost {
        let fitted = self.context.folds.iter().map(|fold| fold.training.len()).max().unwrap_or_default();
        let rows = (self.context.learner.rows() as f64 / fitted.max(1) as f64).max(1.0);
        let rounds = self.for_all_rows(&trial.choice).round_count() / trial.choice.round_count().max(1.0);
        families::of(trial.choice.family).cost_of_all_rows(trial.cost, Growth { rows, rounds })
    }

    /// Returns the hyperparameters with which a candidate is finally fitted on all training rows.
    fn for_all_rows(&self, choice: &Choice) -> Choice {
        let fitted = self.context.folds.iter().map(|fold| fold.training.len()).max().unwrap_or_default();
        let ratio = self.context.learner.rows() as f64 / fitted.max(1) as f64;
        // Boosting gets more rounds than cross-validation found, because a fold has fewer training rows.
        choice.with_rounds(choice.round_count() * libm::pow(ratio.max(1.0), ROUNDS_BY_ROWS))
    }

    /// Builds the result of the hyperparameter search. `planned` is the number of candidates that the plan asked for.
    fn found(mut self, planned: usize, limits: &EnsembleLimits) -> Result<SearchResult, SearchError> {
        let blend = self.blend(limits);
        let mut ranking: Vec<RankedCandidate> = self.ranking().into_iter().map(|trial| self.ranked(trial)).collect();
        let mut candidates: Vec<Candidate> = self.trials.iter().map(Trial::record).collect();
        if let Some((trial, parts)) = &blend {
            let members = || parts.iter().filter_map(|(place, weight)| Some((self.trials.get(*place)?, *weight)));
            let members = members().map(|(trial, weight)| (self.for_all_rows(&trial.choice), weight)).collect();
            ranking.insert(0, RankedCandidate { members, ..self.ranked(trial) });
            for (place, weight) in parts {
                if let Some(candidate) = candidates.get_mut(*place) {
                    candidate.weight = Some((*weight).into());
                }
            }
        }
        let best = ranking.first().ok_or(SearchError::NoCandidate)?;
        let summary = SearchSummary {
            metric: self.context.metric,
            folds: best.folds,
            planned,
            tried: self.trials.len(),
            score: best.score,
            seconds: self.started.elapsed().as_secs_f64(),
            budget_seconds: self.budget(),
            cut_short: self.cut_short,
        };
        Ok(SearchResult { ranking, summary, candidates, warnings: self.warnings, limits: *limits })
    }
}
