//! Searches for a family and its hyperparameters: seeded random search, compared by cross-validation on the training
//! rows. With an order column, every fold is scored on rows that are newer than its training rows.
//!
//! First, the usual choice of each family is scored on all folds, so that even a short search tries each family. Then
//! many more candidates are scored on one fold, the better ones on two more, and the best on all. This is successive
//! halving (Jamieson, Talwalkar: "Non-stochastic best arm identification and hyperparameter optimization", AISTATS
//! 2016). On a small table each candidate is scored on more folds, see [`small`]. Cross-validation also finds
//! boosting's number of rounds.
//!
//! Preprocessing and bins are fitted once, to all training rows but never from their target. So the scored rows of a
//! fold influence quantiles and the features for missing values. The candidates of all families take turns. All rows
//! count the same in scores, whatever their weight.

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

/// Maximum number of candidates of a family for which all are scored on all folds.
const FEW_CANDIDATES: usize = 4;

/// Steps of successive halving: of each family, one candidate in three goes on to three folds, then one in three of
/// those to all.
const RUNGS: [(usize, usize); 2] = [(3, 3), (3, usize::MAX)];

/// How the best number of rounds grows with the rows: with this power. It was measured on generated tables of 6,000 to
/// 400,000 rows.
const ROUNDS_BY_ROWS: f64 = 0.4;

/// The result of a search.
#[derive(Debug)]
pub(crate) struct SearchResult {
    /// The candidates, at least one: the best, then the best of every other family, then the rest.
    pub(crate) ranking: Vec<RankedCandidate>,
    /// The summary of the search, with the score of the first in the ranking.
    pub(crate) summary: SearchSummary,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) warnings: Vec<String>,
    /// The limits of an ensemble.
    pub(crate) limits: EnsembleLimits,
}

/// A candidate that was tried, with everything that its last fit needs.
#[derive(Debug)]
pub(crate) struct RankedCandidate {
    pub(crate) choice: Choice,
    /// The members of an ensemble and their weights. `choice` is the first of them. Empty for a single model.
    pub(crate) members: Vec<(Choice, f32)>,
    /// Number of folds that it was scored on.
    pub(crate) folds: usize,
    /// The mean score, or `None` if it is not a finite number.
    pub(crate) score: Option<f64>,
    /// The power that calibrates a classifier's probabilities; `None` if calibration does not help.
    pub(crate) calibration: Option<f32>,
    /// How a classifier's probabilities are limited and which label it answers.
    pub(crate) rule: LabelRule,
    /// The errors of a regression model on rows that it was not trained on, fold by fold.
    pub(crate) errors: Vec<Errors>,
    /// The losses on rows that it was not trained on. `None` if the answers were not kept.
    pub(crate) validated: Option<Losses>,
    /// How long the steps after the last fit take.
    pub(crate) after: Duration,
}

/// Why a search has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// A candidate could not be fitted, and no other family was left.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A fitted model does not answer.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The metric does not suit the table's task.
    #[error("the metric {0} does not suit the task of the table; choose another metric")]
    OtherMetric(PrimaryMetric),
    /// There is no candidate to try.
    #[error("the search has no candidate")]
    NoCandidate,
}

/// The state of a running search.
struct Search<'a> {
    context: SearchContext<'a>,
    labels: &'a LabelChoice,
    started: Instant,
    deadline: Instant,
    /// The trials so far. If answers are large, only the best trial of each family keeps them.
    trials: Vec<Trial>,
    /// Families that are no longer tried.
    left_out: Vec<Family>,
    warnings: Vec<String>,
    cut_short: bool,
}

/// Searches by `plan` and leaves time for the last fit before the `deadline`.
pub(crate) fn search(learner: &Learner<'_>, plan: &Plan, deadline: Instant) -> Result<SearchResult, SearchError> {
    let (folds, division) = small::divided(learner, plan);
    let rule = plan.labels.usual(learner.target());
    let context = SearchContext { learner, folds: &folds, division, metric: plan.metric, rule: &rule, seed: plan.seed };
    let started = Instant::now();
    let mut search = Search {
        context,
        labels: &plan.labels,
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
    search.narrow_down()?;
    search.found(planned, &plan.ensemble)
}

/// Returns the candidates of all families in turn: first the first of each family, then the second of each, and so on.
fn in_turn(plan: &Plan) -> Vec<Choice> {
    let families: Vec<Vec<Choice>> =
        plan.spaces.iter().map(|space| space.candidates(plan.candidates_of(space.family), plan.seed)).collect();
    let most = families.iter().map(Vec::len).max().unwrap_or_default();
    (0..most).flat_map(|turn| families.iter().filter_map(move |family| family.get(turn).cloned())).collect()
}

impl Search<'_> {
    /// Tries all candidates. The first of each family is scored on all folds.
    fn run(&mut self, candidates: Vec<Choice>) -> Result<(), SearchError> {
        let mut failure = None;
        let count = |family| candidates.iter().filter(|choice| choice.family == family).count();
        let few: Vec<Family> = Family::ALL.into_iter().filter(|family| count(*family) <= FEW_CANDIDATES).collect();
        for choice in candidates {
            let family = choice.family;
            if self.left_out.contains(&family) {
                continue;
            }
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

    /// Scores the better candidates of each family on more folds, and the best of them on all.
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
                self.drop_large();
            }
            before = folds;
        }
        Ok(())
    }

    /// Returns the indices of the best trials, one in `part` of each family, by their score on `folds` folds. The best
    /// of each family come first.
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
            let score = |number: &usize| self.trials.get(*number).and_then(|trial| trial.score_of(folds));
            numbers.sort_by(|a, b| match (score(a), score(b)) {
                (Some(a), Some(b)) => 0.0_f64.total_cmp(&metric.gain(a, b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
            numbers.truncate(all.div_ceil(part));
            chosen.extend((0..).zip(numbers));
        }
        chosen.sort_unstable();
        chosen.into_iter().map(|(_, number)| number).collect()
    }

    /// Runs a trial on up to `folds` folds. It stops when another fold would leave too little time for the last fit.
    fn advanced(&mut self, mut trial: Trial, folds: usize) -> Result<Trial, SearchError> {
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

    /// Keeps a trial. If answers are large, only the best trial of a family keeps them.
    fn keep(&mut self, trial: Trial) {
        self.trials.push(trial);
        self.drop_large();
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

    /// Returns the trials, the best first: see [`SearchResult::ranking`].
    fn ranking(&self) -> Vec<&Trial> {
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
        // Count each row once. Repeated rows would make chance look smaller than it is.
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

    /// Returns the ensemble of several trials, and the indices and weights of its members. Returns `None` if it is not
    /// better than the best trial or there is no time to fit it.
    fn blend(&mut self, limits: &EnsembleLimits) -> Option<(Trial, Vec<(usize, f32)>)> {
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
        let rows = self.context.learner.rows() as f64;
        if blended.seconds_per_row * rows * time::SLOWER + self.after(&blended) > self.left() {
            self.cut_short = true;
            self.warnings.push("there was no time to fit an ensemble of several candidates".to_owned());
            return None;
        }
        Some((blended, parts))
    }

    /// Estimates the cost of a trial's artifact when it is fitted to all rows.
    fn cost_of_all_rows(&self, trial: &Trial) -> Cost {
        let fitted = self.context.folds.iter().map(|fold| fold.training.len()).max().unwrap_or_default();
        let rows = (self.context.learner.rows() as f64 / fitted.max(1) as f64).max(1.0);
        let rounds = self.for_all_rows(&trial.choice).round_count() / trial.choice.round_count().max(1.0);
        families::of(trial.choice.family).cost_of_all_rows(trial.cost, Growth { rows, rounds })
    }

    /// Returns the choice for the fit on all rows. They are more than a fold's, so boosting gets more rounds.
    fn for_all_rows(&self, choice: &Choice) -> Choice {
        let fitted = self.context.folds.iter().map(|fold| fold.training.len()).max().unwrap_or_default();
        let ratio = self.context.learner.rows() as f64 / fitted.max(1) as f64;
        choice.with_rounds(choice.round_count() * ratio.max(1.0).powf(ROUNDS_BY_ROWS))
    }

    /// Returns the ranked results.
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
