//! Trains a model on a table that does not fit into memory.
//!
//! A sample of the rows is a usual table: the search, the calibration and the evaluation use only the sample. Then the best
//! candidate is fitted to all rows except the hold-out, which is a part of the sample. The rows arrive in blocks, and only
//! their bin numbers stay in memory.
//!
//! A training can pause: before a round of boosting it writes a checkpoint, and a later call goes on from there. It ends with
//! the same artifact, byte for byte, as a training without a pause.

mod checkpoint;

use std::time::{Duration, Instant};

use evergreen_lifecycle::{Family, RunStage};
use evergreen_scoring::{
    Aggregate, ArtifactMetadata, Ensemble, Hole, Node, Pipeline, PipelineParts, Predictor, Tree, Weight, decode, encode,
};
use evergreen_table::budget::{TooLarge, with_overhead};
use evergreen_table::streamed::{RowBlock, StreamSample, StreamedTable};
use evergreen_table::{Table, TableError, Target, at};

use self::checkpoint::{Checkpoint, Identity};
use crate::families::boosting_parameters;
use crate::fit::{
    AddedRows, Binned, Boosted, BoostedRounds, Fitted, FrameFeatures, RoundWatch, StreamedFit, StreamedRows, Truth,
    TruthScale, link,
};
use crate::intervals;
use crate::learner::{Learner, constrain, importances, origins, seed_of};
use crate::prepared::Prepared;
use crate::search::{Plan, RankedCandidate, SearchError, SearchResult, search};
use crate::train::{FittedModel, LearningError, Origin, Trained, columns, learner};
use crate::watch::ProgressWatch;

/// Number of rows that a sample of a streamed table has, about. A fifth of them is the hold-out.
pub const SAMPLE_ROWS: u64 = 500_000;

/// Share of the time of the first invocation that the search on the sample may take.
const SEARCH_SHARE: f64 = 0.4;

// The store may have been slow once.
/// Number of calls in a row that have grown no tree, after which a training fails.
const MAX_STALLS: u32 = 3;

/// The rows of a streamed table that are not in memory.
#[derive(Clone, Copy)]
pub struct RowStream<'a> {
    /// The table whose rows are read.
    pub table: &'a StreamedTable,
    /// The rows of the sample, which are in memory as a usual table.
    pub sample: &'a StreamSample,
}

/// When a training pauses, and what happens with its checkpoints.
pub struct Pauses<'a> {
    /// The time at which the training must pause or end.
    pub deadline: Instant,
    /// The time after which a checkpoint is kept even without a pause, in case the process is killed.
    pub every: Duration,
    /// Keeps a checkpoint. Only the last one is needed.
    pub keep: &'a (dyn Fn(Vec<u8>) + Sync),
    /// The checkpoint of an earlier call. `None` begins the training.
    pub earlier: Option<Vec<u8>>,
}

/// How a call of [`train_streamed`] ended.
#[derive(Debug)]
pub enum StreamedOutcome {
    /// The model is trained.
    Trained(Box<Trained>),
    /// The time was up. Another call goes on with this checkpoint.
    Paused(Vec<u8>),
}

/// What the search on the sample has decided.
struct Decided {
    checkpoint: Checkpoint,
    /// The model without its trees: columns, preprocessing, calibration, rule and interval.
    template: Pipeline,
}

/// Returns how many bytes of memory a streamed training needs for its rows. `features` is the number of features, and
/// `outputs` the number of classes, or 1 for two classes and for regression.
pub fn streaming_bytes(rows: u64, features: u64, outputs: u64) -> u64 {
    // For each row: bin numbers in tiles of eight, true target, weight, a score for each output, and twice the gradients.
    // With more than two classes, there are also the probabilities and a number for their sum.
    let more = if outputs > 1 { 4 * outputs + 8 } else { 0 };
    let row = features.next_multiple_of(8) + 4 + 4 + 8 * outputs + 2 * 12 + more;
    rows.saturating_mul(row)
}

/// Checks whether `memory` bytes are enough to train on a streamed table. `sample` is the prepared sample of its rows, or
/// `None` if it is not known yet. Then one feature for each column is assumed.
///
/// # Errors
/// [`TooLarge`], which says how much memory is needed.
pub fn check_streaming(table: &StreamedTable, sample: Option<&Prepared>, memory: u64) -> Result<(), TooLarge> {
    let columns = table.columns() as u64;
    let (features, outputs) = match sample {
        Some(sample) => {
            let holes = sample.preprocessing().holes().len();
            let classes = sample.table().target().labels().len() as u64;
            // A feature whose value may be missing has two binned columns.
            let features = (sample.preprocessing().features() + 2 * holes) as u64;
            (features, if classes > 2 { classes } else { 1 })
        }
        None => (columns.saturating_sub(1).max(1), 1),
    };
    // The sample has up to 12 bytes for a value. A block is there as bytes (up to five times), as values and as bin numbers.
    let sampled = sample.map_or(table.rows().min(SAMPLE_ROWS), |sample| sample.table().rows() as u64);
    let in_memory = sampled.saturating_mul(12 * columns);
    let block = table.block_rows().saturating_mul(8 * columns + features + 24);
    let block = block.saturating_add(table.block_bytes().saturating_mul(5));
    let rows = streaming_bytes(table.rows(), features, outputs);
    let needed = with_overhead(rows.saturating_add(in_memory).saturating_add(block));
    if needed <= memory {
        return Ok(());
    }
    let (rows, family) = (Some(table.rows()), Some(Family::GradientBoosting));
    Err(TooLarge { rows, columns, family, needed, memory, is_streamed: true, ..TooLarge::default() })
}

/// Trains a model on a streamed table. `prepared` is the sample of its rows.
///
/// # Errors
/// [`LearningError`], which names the step that failed.
pub fn train_streamed(
    prepared: &Prepared,
    stream: RowStream<'_>,
    (plan, origin): (&Plan, &Origin),
    pauses: Pauses<'_>,
    watch: &ProgressWatch,
) -> Result<StreamedOutcome, LearningError> {
    // See `train_watched` for the scope.
    rayon::scope(|_| on_pool(prepared, stream, (plan, origin), pauses, watch))
}

fn on_pool(
    prepared: &Prepared,
    stream: RowStream<'_>,
    (plan, origin): (&Plan, &Origin),
    pauses: Pauses<'_>,
    watch: &ProgressWatch,
) -> Result<StreamedOutcome, LearningError> {
    let started = Instant::now();
    let identity = Identity::of(prepared.table(), plan, origin);
    let earlier = pauses.earlier.as_deref().and_then(|bytes| Checkpoint::read(bytes, &identity));
    let before = earlier.as_ref().map(|checkpoint| checkpoint.rounds.len());
    let Decided { mut checkpoint, template } = match earlier {
        Some(checkpoint) => Decided { template: decode(&checkpoint.template)?.0, checkpoint },
        None => {
            watch.enter(RunStage::Searching);
            let decided = decide(prepared, (plan, origin), identity, pauses.deadline, watch)?;
            (pauses.keep)(decided.checkpoint.write());
            decided
        }
    };
    watch.enter(RunStage::Fitting);
    let (rows, left_out) = binned_rows(prepared, stream, &template)?;
    let all = rows.len();
    let choice = checkpoint.choice();
    let seed = seed_of(plan.seed, choice.family);
    let mut rounds =
        Rounds { checkpoint: &checkpoint, pauses: &pauses, kept: Instant::now(), last: None, longest: Duration::ZERO };
    let boosted = match rows.fit(boosting_parameters(&choice), seed, checkpoint.rounds.clone(), &mut rounds) {
        StreamedFit::Complete(boosted) => boosted,
        StreamedFit::Paused(rounds) => {
            checkpoint.stalls = if before == Some(rounds.len()) { checkpoint.stalls + 1 } else { 0 };
            if checkpoint.stalls >= MAX_STALLS {
                return Err(LearningError::NoProgress);
            }
            checkpoint.rounds = rounds;
            return Ok(StreamedOutcome::Paused(checkpoint.write()));
        }
    };
    let features = origins(template.signature(), &template.parts().preprocessing, std::iter::empty());
    let importances = importances(template.signature(), &features, &boosted.importances);
    let pipeline = with_trees(&template, boosted)?;
    let mut warnings = checkpoint.warnings;
    warnings.push(explained(prepared.table(), stream.table.rows(), all));
    warnings.extend(left_out);
    let mut summary = checkpoint.summary;
    summary.seconds += started.elapsed().as_secs_f64();
    watch.enter(RunStage::Evaluating);
    let fitted = FittedModel {
        pipeline,
        target: prepared.table().target().take(&prepared.split().training),
        choice,
        validated: checkpoint.validated,
        importances,
        summary,
        candidates: checkpoint.candidates,
        warnings,
        fit_duration: started.elapsed(),
    };
    let trained = fitted.evaluated((prepared, plan, origin), Instant::now())?;
    Ok(StreamedOutcome::Trained(Box::new(trained)))
}

/// Says which rows chose the model, and which rows it was fitted to.
fn explained(sample: &Table, rows: u64, fitted: usize) -> String {
    format!(
        "the table was read as a stream: the candidates were compared, and the model was evaluated, on a sample of {} of its \
         {rows} rows; then gradient boosting was fitted to {fitted} rows; no other family and no ensemble was tried",
        sample.rows()
    )
}

/// Searches for hyperparameters on the sample.
fn decide(
    prepared: &Prepared,
    (plan, origin): (&Plan, &Origin),
    identity: Identity,
    deadline: Instant,
    watch: &ProgressWatch,
) -> Result<Decided, LearningError> {
    let started = Instant::now();
    let share = deadline.saturating_duration_since(started).mul_f64(SEARCH_SHARE);
    let budget = prepared.table().settings().time_budget_seconds.map(Duration::from_secs);
    let until = started + budget.map_or(share, |budget| budget.min(share));
    let (learnt, warnings) = columns(prepared, plan, until, false)?;
    let learner = learner(prepared, learnt)?;
    let mut found = search(&learner, plan, until, watch)?;
    found.warnings.extend(warnings);
    let SearchResult { ranking, mut summary, candidates, warnings, .. } = found;
    let best = ranking.into_iter().next().ok_or(SearchError::NoCandidate)?;
    let interval = intervals::learn(&learner, &best.errors, None, until)?;
    let RankedCandidate { choice, calibration, rule, validated, .. } = best;
    let template = learner.pipeline(without_trees(&learner), calibration, rule, interval)?;
    let template = encode(&template, &ArtifactMetadata::named(&origin.model));
    (summary.seconds, summary.budget_seconds) = (0.0, until.saturating_duration_since(started).as_secs_f64());
    let checkpoint = Checkpoint::new(identity, &choice, (summary, candidates, warnings), validated, template);
    Ok(Decided { template: decode(&checkpoint.template)?.0, checkpoint })
}

/// Returns a model with one tree that has only a leaf, in the place of the trees that are not fitted yet.
fn without_trees(learner: &Learner<'_>) -> Fitted {
    let classes = learner.target().labels().len();
    let outputs = if classes > 2 { classes } else { 1 };
    let leaf = Node::Leaf(vec![Weight { output: 0, weight: 0.0 }]);
    let ensemble =
        Ensemble { trees: vec![Tree { nodes: vec![leaf] }], aggregate: Aggregate::Sum, base: vec![0.0; outputs] };
    let holes = learner.holes();
    Fitted { holes, ..Fitted::of(Predictor::Trees(ensemble), link(classes), Vec::new()) }
}

/// Returns the model `template` with the fitted trees.
fn with_trees(template: &Pipeline, boosted: Boosted) -> Result<Pipeline, LearningError> {
    let mut parts: PipelineParts = template.parts().clone();
    let trees = Predictor::Trees(boosted.ensemble);
    match &mut parts.predictor {
        Predictor::Blend(members) => members.iter_mut().take(1).for_each(|member| member.predictor = trees.clone()),
        predictor => *predictor = trees,
    }
    Ok(Pipeline::new(template.signature().clone(), parts)?)
}

/// Returns the holes of the model's trees: the features whose value may be missing.
fn holes(template: &Pipeline) -> Vec<Hole> {
    match &template.parts().predictor {
        Predictor::Blend(members) => members.first().map(|member| member.holes.clone()).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Reads all rows except the hold-out into bins. Returns also warnings about rows that are left out.
fn binned_rows(
    prepared: &Prepared,
    stream: RowStream<'_>,
    template: &Pipeline,
) -> Result<(StreamedRows, Vec<String>), LearningError> {
    let (table, training) = (prepared.table(), &prepared.split().training);
    let (signature, preprocessing) = (template.signature(), &template.parts().preprocessing);
    let features = FrameFeatures::new(table.frame(), training, signature.columns(), preprocessing);
    let mut binned = Binned::new(&features).with_holes(&features, holes(template));
    let of_columns = origins(signature, preprocessing, std::iter::empty());
    constrain(&mut binned, signature, &of_columns, &table.settings().monotone);
    let outside = stream.table.rows().saturating_sub(stream.sample.count()) as usize;
    let mut rows = StreamedRows::new(&binned, truth_scale(table.target(), training), training.len() + outside);
    drop(binned);
    let (target, weights) = (table.target().take(training), table.weights().map(|weights| at(weights, training)));
    let mut infinite = rows.add(AddedRows { features: &features, target: &target, weights: weights.as_deref() });
    let newest = oldest_held(prepared);
    let (mut newer, mut without_target, mut new_labels) = (0, 0, 0);
    stream.table.blocks(stream.sample, |block: RowBlock| -> Result<(), TableError> {
        without_target += block.without_target;
        new_labels += block.new_labels;
        let is_older = |row: &u32| match (&block.order, newest) {
            (Some(order), Some(newest)) => order.get(*row as usize).is_some_and(|order| *order < newest),
            _ => true,
        };
        let kept: Vec<u32> = (0..block.target.len() as u32).filter(is_older).collect();
        newer += block.target.len() - kept.len();
        let features = FrameFeatures::new(&block.frame, &kept, signature.columns(), preprocessing);
        let (target, weights) = (block.target.take(&kept), block.weights.as_ref().map(|weights| at(weights, &kept)));
        infinite += rows.add(AddedRows { features: &features, target: &target, weights: weights.as_deref() });
        Ok(())
    })?;
    let told = [
        (without_target, "the target has no value there"),
        (new_labels, "their label does not occur in the sample"),
        (newer as u64, "they are as new as the hold-out"),
        (infinite as u64, "their target is too large for single precision"),
    ];
    if rows.len() == 0 {
        return Err(TableError::NoWeight(table.settings().weights.clone().unwrap_or_default()).into());
    }
    let told = told.into_iter().filter(|(count, _)| *count > 0);
    Ok((rows, told.map(|(count, why)| format!("{count} rows outside the sample are left out: {why}")).collect()))
}

fn truth_scale(target: &Target, rows: &[u32]) -> TruthScale {
    let truth = match target {
        Target::Classes { labels, classes } => Truth::Classes { classes, count: labels.len() },
        Target::Numbers(numbers) => Truth::Numbers(numbers),
    };
    TruthScale::of(truth, rows)
}

/// Returns the time of the oldest hold-out row. `None` if the table has no order column. Rows that are as new must not be
/// trained on.
fn oldest_held(prepared: &Prepared) -> Option<f64> {
    let order = prepared.table().order()?;
    prepared.split().holdout.iter().filter_map(|row| order.get(*row as usize).copied()).min_by(f64::total_cmp)
}

/// Decides after each round whether the fit pauses, and keeps checkpoints.
struct Rounds<'a> {
    checkpoint: &'a Checkpoint,
    pauses: &'a Pauses<'a>,
    kept: Instant,
    /// The start of the last round.
    last: Option<Instant>,
    /// The duration of the longest round so far.
    longest: Duration,
}

impl RoundWatch for Rounds<'_> {
    fn is_up(&mut self, _: usize) -> bool {
        // A round cannot be interrupted. So it begins only if there is time for one as long as the longest.
        let now = Instant::now();
        if let Some(last) = self.last.replace(now) {
            self.longest = self.longest.max(now.duration_since(last));
        }
        now + self.longest >= self.pauses.deadline
    }

    fn is_due(&mut self, round: usize) -> bool {
        round > self.checkpoint.rounds.len() && self.kept.elapsed() >= self.pauses.every
    }

    fn keep(&mut self, rounds: BoostedRounds) {
        (self.pauses.keep)(self.checkpoint.with_rounds(rounds).write());
        self.kept = Instant::now();
    }
}
