//! Trains a model from a table. Then checks that the written model artifact predicts the same as the fitted model.

use std::time::{Duration, Instant};

use evergreen_lifecycle::drift::OtherShape;
use evergreen_lifecycle::{
    Baseline, Candidate, ClassEvaluation, Curves, Evaluation, Family, Parameters, RunStage, SearchSummary,
    SignatureError, Task,
};
use evergreen_scoring::{
    ArtifactError, ArtifactMetadata, Interval, Lineage, Model, Pipeline, PipelineError, PredictError,
};
use evergreen_table::{Table, Target, at};

use crate::deciding::LabelChoice;
use crate::derived::{DerivingLimits, Learnable, derive};
use crate::encode::FittedColumns;
use crate::evaluate::{ConstantAnswer, Holdout, baseline};
use crate::fit::{FitError, FitRows, Fitted};
use crate::gap::{Losses, RowDependence, gap, low_coverage};
use crate::hyperparameters::Choice;
use crate::leaks::{leaks, ungrouped, unordered};
use crate::learner::{AnswerError, Learner, LearnerRows, seed_of};
use crate::prepared::Prepared;
use crate::proof::Proof;
use crate::rows::FrameError;
use crate::search::{Plan, RankedCandidate, SearchError, SearchResult, search};
use crate::split::distinct_share;
use crate::watch::ProgressWatch;
use crate::{intervals, memory};

// Examples of derived features are parts of dates, and words of texts.
/// Maximum share of the training time for trying out derived features (for example the weekday of a date).
const DERIVING_SHARE: f64 = 0.15;

// All other metadata follows from the table and the training plan.
/// Where a model artifact comes from: the name of the model, and the version of the program that trains the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The name of the model that the artifact is for.
    pub model: String,
    /// The version of the program code that trains the model.
    pub code_version: String,
}

/// The result of a training run: the model artifact, its metrics, and a report of how the model was found.
#[derive(Debug, Clone)]
pub struct Trained {
    // The training run has already loaded the artifact and checked that it predicts the same as the fitted model.
    /// The bytes of the model artifact.
    pub artifact: Vec<u8>,
    /// The trained model, loaded from its artifact.
    pub model: Model,
    /// The model family that the search chose, for example random forest.
    pub family: Family,
    /// The hyperparameters of the chosen model.
    pub parameters: Parameters,
    /// The summary of the hyperparameter search. `None` if the training run did not search.
    pub search: Option<SearchSummary>,
    /// The candidates that the search evaluated, in the order in which it tried them.
    pub candidates: Vec<Candidate>,
    /// The model's metrics on the hold-out.
    pub evaluation: Evaluation,
    /// Curves of the model on the hold-out, for people who look at the version.
    pub curves: Curves,
    /// Metrics, on the hold-out, of a baseline model that ignores all input columns. `None` if there is no baseline.
    pub baseline: Option<Baseline>,
    // The trained model must beat this answer.
    /// The best constant prediction (equal for every row), which the model must beat. `None` if there is none.
    pub constant: Option<ConstantAnswer>,
    // If there are more than 50,000 training rows, the score is computed on 50,000 evenly spaced rows.
    /// Score of the model on the training rows: accuracy (0–1) for labels, R² (at most 1) for numbers.
    pub training_score: f64,
    // The importances have the order of the columns in the model's signature. Their sum is 1, or 0 if no column
    // matters. For a forest, the importance is the column's share of the decrease in impurity. For boosting, it is its
    // share of the gain. For a linear model, it is its share of the absolute weights of scaled features.
    /// Importance of each input column for the predictions, 0–1. Empty for an imported model.
    pub importances: Vec<f64>,
    /// The hold-out rows of the table, on which the new model and the champion (the current model) are compared.
    pub holdout: Holdout,
    /// Warnings for the user about the table and the model.
    pub warnings: Vec<String>,
    /// How long the hyperparameter search and the last fit took.
    pub fit_duration: Duration,
    /// How long it took to write, load, compare and evaluate the artifact.
    pub evaluate_duration: Duration,
}

/// Error: why training a model failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearningError {
    /// The columns of the table do not give a valid model signature (the list of input columns that a model expects).
    #[error(transparent)]
    Signature(#[from] SignatureError),
    // A signature is the list of input columns that a model expects.
    /// The rows of the table do not fit the model signature that was made from the same table.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Training needs more memory than the cloud function has.
    #[error(transparent)]
    TooLarge(#[from] memory::TooLarge),
    /// The hyperparameter search failed, for example because no candidate could be fitted.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The best candidate could not be fitted to all training rows.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The fitted model could not predict the rows on which it should be evaluated.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The fitted model and its preprocessing do not form a valid prediction pipeline.
    #[error("the fitted model is not a valid pipeline: {0}")]
    Pipeline(#[from] PipelineError),
    /// The written model artifact cannot be loaded.
    #[error("the written artifact cannot be loaded")]
    Artifact(#[from] ArtifactError),
    /// The model that was loaded from the artifact predicts other values than the fitted model.
    #[error("the loaded artifact predicts other values than the fitted model")]
    OtherPrediction,
    /// A row has another number of input values than the model expects.
    #[error(transparent)]
    Shape(#[from] PredictError),
    // This happens only through a bug.
    /// Error: the rows of the data set were counted in different cells.
    #[error(transparent)]
    Counts(#[from] OtherShape),
    /// Error: the model is for classification and the table for regression, or the reverse.
    #[error("the model is for another task than the table; expected the same task")]
    OtherTask,
    /// The rows of a table that is read as a stream could not be read.
    #[error(transparent)]
    Rows(#[from] evergreen_table::TableError),
    /// One invocation of the function is too short to read the table and to grow a tree.
    #[error(
        "three invocations in a row had no time to grow a tree after they had read the table as a stream; expected a shorter time \
         for reading; give the function more memory, which also gives it more processors, or train as a batch job"
    )]
    NoProgress,
}

/// Trains a model: searches for hyperparameters, fits the best candidate, and evaluates the model on the hold-out.
///
/// Training ends by the `deadline` or soon after. If time is short, it tries fewer candidates and grows fewer trees,
/// and the summary of the search says so. Otherwise the same table, plan and origin give the same artifact, byte for
/// byte, on any number of cores.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::time::{Duration, Instant};
///
/// use evergreen_learning::{Origin, Plan, Prepared, train};
/// use evergreen_lifecycle::Family;
///
/// let prepared = Prepared::of(evergreen_table::iris()?)?;
/// // One value for the only hyperparameter leaves one candidate. An empty map and no family search everything.
/// let alpha = BTreeMap::from([("alpha".to_owned(), 1.0.into())]);
/// let plan = Plan::new(prepared.table(), Some(Family::Linear), &alpha, 42)?;
/// let origin = Origin { model: "iris".to_owned(), code_version: "1".to_owned() };
/// let trained = train(&prepared, &plan, Instant::now() + Duration::from_secs(60), &origin)?;
/// assert_eq!((trained.family, trained.evaluation.rows()), (Family::Linear, 30));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`LearningError`], which names the step that failed.
pub fn train(prepared: &Prepared, plan: &Plan, deadline: Instant, origin: &Origin) -> Result<Trained, LearningError> {
    train_watched(prepared, plan, deadline, origin, &ProgressWatch::default())
}

/// Trains a model as [`train`] does, and shows its progress in `watch` meanwhile. The result is the same.
///
/// # Errors
/// The same as [`train`].
pub fn train_watched(
    prepared: &Prepared,
    plan: &Plan,
    deadline: Instant,
    origin: &Origin,
    watch: &ProgressWatch,
) -> Result<Trained, LearningError> {
    // Run the training on a thread of rayon's thread pool. From a thread outside the pool, each of many small steps
    // would wait until a thread of the pool wakes up.
    // Training writes the artifact, loads it, and evaluates the loaded model. It compares the predictions of the loaded
    // and the fitted model on the hold-out rows and on up to 50,000 training rows.
    rayon::scope(|_| on_pool(prepared, plan, deadline, origin, watch))
}

fn on_pool(
    prepared: &Prepared,
    plan: &Plan,
    deadline: Instant,
    origin: &Origin,
    watch: &ProgressWatch,
) -> Result<Trained, LearningError> {
    let started = Instant::now();
    watch.enter(RunStage::Searching);
    let (learnt, warnings) = columns(prepared, plan, deadline, true)?;
    let learner = learner(prepared, learnt)?;
    let mut found = search(&learner, plan, deadline, watch)?;
    found.warnings.extend(warnings);
    watch.enter(RunStage::Fitting);
    let (best, fitted) = fit_best(&learner, &mut found, plan.seed, deadline)?;
    found.summary.seconds = started.elapsed().as_secs_f64();
    found.summary.budget_seconds = deadline.saturating_duration_since(started).as_secs_f64();
    let importances = learner.importances(&fitted.importances);
    found.warnings.extend(fewer_trees(&best.choice, &fitted));
    let fit_duration = started.elapsed();

    watch.enter(RunStage::Evaluating);
    let started = Instant::now();
    let last = deadline.checked_sub(best.after).unwrap_or(deadline);
    let interval = intervals::learn(&learner, &best.errors, fitted.scaler.as_ref(), last)?;
    let pipeline = learner.pipeline(fitted, best.calibration, best.rule.clone(), interval)?;
    // Drop the learner's feature bins here, because the next steps need memory.
    let target = learner.into_target();
    let SearchResult { summary, candidates, warnings, .. } = found;
    let (choice, validated) = (best.choice, best.validated);
    let fitted =
        FittedModel { pipeline, target, choice, validated, importances, summary, candidates, warnings, fit_duration };
    fitted.evaluated((prepared, plan, origin), started)
}

/// A fitted model, and how it was found. It is not evaluated yet.
pub(crate) struct FittedModel {
    pub(crate) pipeline: Pipeline,
    /// The target of the training rows in memory.
    pub(crate) target: Target,
    pub(crate) choice: Choice,
    /// Mean and spread of the losses in cross-validation. `None` if they are not known.
    pub(crate) validated: Option<Losses>,
    /// The importance of each table column.
    pub(crate) importances: Vec<f64>,
    pub(crate) summary: SearchSummary,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) warnings: Vec<String>,
    pub(crate) fit_duration: Duration,
}

impl FittedModel {
    /// Writes the model as an artifact, loads it back, and evaluates it on the hold-out. `started` is the time from which
    /// the duration of the evaluation counts.
    pub(crate) fn evaluated(
        self,
        (prepared, plan, origin): (&Prepared, &Plan, &Origin),
        started: Instant,
    ) -> Result<Trained, LearningError> {
        let Self { pipeline, target, choice, validated, .. } = self;
        let no_width = pipeline.parts().interval.as_ref().and_then(no_width);
        let metadata = metadata(prepared.table(), plan, origin, &choice);
        let proof = Proof::of(prepared, pipeline, &metadata)?;
        let mut warnings = self.warnings;
        let baseline = baseline(&target, proof.holdout.target());
        let constant = ConstantAnswer::of(&target);
        warnings.extend(proof.useless(constant.as_ref()));
        warnings.extend(no_width);
        if plan.labels == LabelChoice::MostLikely {
            warnings.extend(rarely_predicted(&proof.evaluation));
        }
        let rows = row_dependence(prepared);
        warnings.extend(validated.zip(proof.losses).and_then(|(validated, holdout)| gap(validated, holdout, rows)));
        warnings.extend(low_coverage(&proof.evaluation, rows));
        warnings.extend(leaks(prepared));
        warnings.extend(unordered(prepared.table()));
        warnings.extend(ungrouped(prepared.table()));
        let Proof { artifact, model, holdout, evaluation, curves, training_score, .. } = proof;
        Ok(Trained {
            artifact,
            model,
            family: choice.family,
            parameters: choice.parameters(),
            search: Some(self.summary),
            candidates: self.candidates,
            evaluation,
            curves,
            baseline,
            constant,
            training_score,
            importances: self.importances,
            holdout,
            warnings,
            fit_duration: self.fit_duration,
            evaluate_duration: started.elapsed(),
        })
    }
}

/// Fits one model to the training rows, without search, calibration or prediction intervals. Benchmarks use it.
///
/// # Errors
/// [`LearningError`], which names the step that failed.
pub fn fit(
    prepared: &Prepared,
    plan: &Plan,
    deadline: Instant,
    metadata: &ArtifactMetadata,
) -> Result<Model, LearningError> {
    prepared.check_memory(plan)?;
    let learner = learner(prepared, prepared.learnt())?;
    // The model is the first candidate of `plan`. If the `deadline` is near, it gets fewer trees.
    let choice = plan.first().ok_or(SearchError::NoCandidate)?;
    let rows: Vec<u32> = (0..learner.rows() as u32).collect();
    let fitted = learner.fit(FitRows::all(&rows), &choice, seed_of(plan.seed, choice.family), deadline)?;
    let interval = (prepared.table().task() == Task::Regression).then(|| Interval::from(0.0));
    let rule = plan.labels.usual(learner.target());
    Ok(Model::compile(&learner.pipeline(fitted, None, rule, interval)?, metadata.clone()))
}

/// Returns the metadata that the model artifact stores.
fn metadata(table: &Table, plan: &Plan, origin: &Origin, choice: &Choice) -> ArtifactMetadata {
    // From this metadata and the same table, anybody can produce the same artifact bytes again.
    let lineage = Lineage {
        code_version: origin.code_version.clone(),
        dataset: table.fingerprint().to_owned(),
        seed: plan.seed,
        family: choice.family,
        parameters: choice.parameters(),
        feedback: table.feedback().map(|feedback| feedback.sha256.clone()),
    };
    ArtifactMetadata { lineage: Some(lineage), ..ArtifactMetadata::named(&origin.model) }
}

/// Encodes the training rows of a table into features. All model fits of a training run share the result.
pub(crate) fn learner(prepared: &Prepared, learnt: FittedColumns) -> Result<Learner<'_>, LearningError> {
    let (table, rows) = (prepared.table(), &prepared.split().training);
    let weights = table.weights().map(|weights| at(weights, rows));
    let kept = LearnerRows { rows, order: table.order(), groups: table.groups() };
    let mut learner = Learner::new(table.frame(), kept, table.target().take(rows), weights, learnt)?;
    learner.constrain(&table.settings().monotone);
    Ok(learner)
}

/// Returns whether the hold-out rows are ordered in time, and the share of distinct hold-out rows.
fn row_dependence(prepared: &Prepared) -> RowDependence {
    let (table, holdout) = (prepared.table(), &prepared.split().holdout);
    let distinct_share = distinct_share(table.frame(), holdout, table.groups());
    RowDependence { is_ordered: table.order().is_some(), distinct_share }
}

/// Recall (0–1) of a rare label below which the user is warned that the model almost never predicts the label.
const RARE_RECALL: f64 = 0.2;

/// Minimum number of hold-out rows with a label for judging how often the model predicts the label.
const MIN_LABEL_ROWS: usize = 3;

/// Returns a warning if the model almost never predicts a rare label.
fn rarely_predicted(evaluation: &Evaluation) -> Option<String> {
    let Evaluation::Classification(figures) = evaluation else { return None };
    // A label is rare if it has fewer than half as many hold-out rows as the average label.
    let is_rare = |class: &ClassEvaluation| class.support * figures.per_class.len() * 2 < figures.rows;
    let missed =
        |class: &&ClassEvaluation| class.support >= MIN_LABEL_ROWS && class.recall < RARE_RECALL && is_rare(class);
    let class = figures.per_class.iter().filter(missed).min_by_key(|class| class.support)?;
    let found = (class.recall * class.support as f64).round();
    let settings = if figures.per_class.len() == 2 {
        "`threshold = \"f1\"` (or \"balanced\", \"cost\", a number) or `class_weights = \"balanced\"`"
    } else {
        "`class_weights = \"balanced\"`"
    };
    Some(format!(
        "a rare label is rarely predicted: it is the answer to {found} of its {} hold-out rows (of {} hold-out rows in \
         all); {settings} in dataset.toml predicts it more often",
        class.support, figures.rows
    ))
}

/// Fits how columns are encoded as features. Also returns warnings about columns that are left out. `has_statistics` says
/// whether target encodings are tried.
pub(crate) fn columns(
    prepared: &Prepared,
    plan: &Plan,
    deadline: Instant,
    has_statistics: bool,
) -> Result<(FittedColumns, Vec<String>), LearningError> {
    prepared.check_memory(plan)?;
    let (table, rows) = (prepared.table(), &prepared.split().training);
    let (target, weights) = (table.target().take(rows), table.weights().map(|weights| at(weights, rows)));
    let known = Learnable {
        frame: table.frame(),
        rows,
        target: &target,
        weights: weights.as_deref(),
        order: table.order(),
        groups: table.groups(),
    };
    let started = Instant::now();
    let last = started + deadline.saturating_duration_since(started).mul_f64(DERIVING_SHARE);
    let limits = DerivingLimits {
        is_up: &|| Instant::now() >= last,
        fits: &|learnt| prepared.has_memory(plan, learnt),
        has_statistics,
    };
    // Features are also derived from the columns.
    Ok(derive(known, prepared.learnt(), table.settings(), plan.seed, limits)?)
}

/// Returns a warning if a regression model's prediction intervals have the width 0.
fn no_width(interval: &Interval) -> Option<String> {
    (interval.half == Interval::from(0.0).half).then(|| {
        "the prediction intervals are empty: there was no time to learn their width, or no errors to learn it from"
            .to_owned()
    })
}

/// Returns a warning if the model has fewer trees than planned, for lack of time or of space in the artifact.
fn fewer_trees(choice: &Choice, fitted: &Fitted) -> Option<String> {
    let trees = fitted.trees()?;
    let wanted = choice.parameters().get("n_estimators").and_then(serde_json::Value::as_u64)?;
    let why = if fitted.cut_short { "there was time for" } else { "an artifact has room for" };
    ((trees as u64) < wanted).then(|| format!("{why} {trees} of {wanted} trees"))
}

/// Fits the best candidate of the search to all training rows. If this fit fails, fits the next best candidate.
fn fit_best(
    learner: &Learner<'_>,
    found: &mut SearchResult,
    seed: u64,
    deadline: Instant,
) -> Result<(RankedCandidate, Fitted), LearningError> {
    // The search's summary is updated to the candidate that was fitted.
    let rows: Vec<u32> = (0..learner.rows() as u32).collect();
    let mut failure = LearningError::Search(SearchError::NoCandidate);
    for ranked in std::mem::take(&mut found.ranking) {
        let family = ranked.choice.family;
        let last = deadline.checked_sub(ranked.after).unwrap_or(deadline);
        match fit_ranked(learner, &rows, &ranked, seed, last) {
            Ok(fitted) if !ranked.members.is_empty() && !fitted.cost().is_within(&found.limits) => {
                found.candidates.iter_mut().for_each(|candidate| candidate.weight = None);
                let warning =
                    "the ensemble of several candidates was not used: on all rows, it exceeds the limits of `ensemble`";
                found.warnings.push(warning.to_owned());
            }
            Ok(fitted) => {
                (found.summary.folds, found.summary.score) = (ranked.folds, ranked.score);
                found.summary.cut_short |= fitted.cut_short;
                return Ok((ranked, fitted));
            }
            Err(error) => {
                found.candidates.iter_mut().for_each(|candidate| candidate.weight = None);
                let warning =
                    format!("the best candidate ({family}) was not used: fitting it to all rows failed: {error}");
                found.warnings.push(warning);
                failure = error.into();
            }
        }
    }
    Err(failure)
}

/// Fits one candidate of the search to the rows. For an ensemble, fits all its members.
fn fit_ranked(
    learner: &Learner<'_>,
    rows: &[u32],
    ranked: &RankedCandidate,
    seed: u64,
    deadline: Instant,
) -> Result<Fitted, FitError> {
    let fit = |choice: &Choice| learner.fit(FitRows::all(rows), choice, seed_of(seed, choice.family), deadline);
    let members = ranked.members.iter().map(|(choice, weight)| Ok((fit(choice)?, *weight)));
    match Fitted::blended(members.collect::<Result<Vec<_>, FitError>>()?) {
        Some(blended) => Ok(blended),
        None => fit(&ranked.choice),
    }
}

#[cfg(test)]
mod tests;
