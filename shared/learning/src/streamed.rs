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
use evergreen_table::{Table, TableError, at};

use self::checkpoint::{Checkpoint, Identity};
use crate::families::boosting_parameters;
use crate::fit::{
    AddedRows, Binned, Boosted, BoostedRounds, Fitted, FrameFeatures, RoundWatch, StreamedFit, StreamedRows, Truth,
    TruthScale, link, outputs,
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

/// One call of [`train_streamed`], without its pauses.
struct StreamedCall<'a> {
    prepared: &'a Prepared,
    stream: RowStream<'a>,
    plan: &'a Plan,
    origin: &'a Origin,
    watch: &'a ProgressWatch,
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
            let outputs = outputs(sample.table().target().labels().len());
            // A feature whose value may be missing has two binned columns.
            let features = (sample.preprocessing().features() + 2 * holes) as u64;
            (features, outputs as u64)
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
    let call = StreamedCall { prepared, stream, plan, origin, watch };
    // See `train_watched` for the scope.
    rayon::scope(|_| call.run(&pauses))
}

impl StreamedCall<'_> {
    fn run(&self, pauses: &Pauses<'_>) -> Result<StreamedOutcome, LearningError> {
        let started = Instant::now();
        let identity = Identity::of(self.prepared.table(), self.plan, self.origin);
        let earlier = pauses.earlier.as_deref().and_then(|bytes| Checkpoint::read(bytes, &identity));
        let before = earlier.as_ref().map(|checkpoint| checkpoint.rounds.len());
        let mut checkpoint = match earlier {
            Some(checkpoint) => checkpoint,
            None => {
                self.watch.enter(RunStage::Searching);
                let checkpoint = self.decide(identity, pauses.deadline)?;
                (pauses.keep)(checkpoint.write());
                checkpoint
            }
        };
        self.watch.enter(RunStage::Fitting);
        let (template, _) = decode(&checkpoint.template)?;
        let (rows, warnings) = self.binned_rows(&template)?;
        let choice = checkpoint.choice();
        let seed = seed_of(self.plan.seed, choice.family);
        let earlier = std::mem::take(&mut checkpoint.rounds);
        let mut rounds = Rounds::new(&checkpoint, earlier.len(), pauses);
        match rows.fit(boosting_parameters(&choice), seed, earlier, &mut rounds) {
            StreamedFit::Complete(boosted) => {
                checkpoint.warnings.extend(warnings);
                let trained = self.finish(checkpoint, &template, boosted, started)?;
                Ok(StreamedOutcome::Trained(Box::new(trained)))
            }
            StreamedFit::Paused(rounds) => {
                checkpoint.stalls = if before == Some(rounds.len()) { checkpoint.stalls + 1 } else { 0 };
                if checkpoint.stalls >= MAX_STALLS {
                    return Err(LearningError::NoProgress);
                }
                checkpoint.rounds = rounds;
                Ok(StreamedOutcome::Paused(checkpoint.write()))
            }
        }
    }

    /// Searches for hyperparameters on the sample.
    fn decide(&self, identity: Identity, deadline: Instant) -> Result<Checkpoint, LearningError> {
        let started = Instant::now();
        let share = deadline.saturating_duration_since(started).mul_f64(SEARCH_SHARE);
        let budget = self.prepared.table().settings().time_budget_seconds.map(Duration::from_secs);
        let until = started + budget.map_or(share, |budget| budget.min(share));
        let (learnt, column_warnings) = columns(self.prepared, self.plan, until, false)?;
        let learner = learner(self.prepared, learnt)?;
        let found = search(&learner, self.plan, until, self.watch)?;
        let SearchResult { ranking, mut summary, candidates, mut warnings, .. } = found;
        warnings.extend(column_warnings);
        let best = ranking.into_iter().next().ok_or(SearchError::NoCandidate)?;
        let interval = intervals::learn(&learner, &best.errors, None, until)?;
        let RankedCandidate { choice, calibration, rule, validated, .. } = best;
        let template = learner.pipeline(without_trees(&learner), calibration, rule, interval)?;
        let template = encode(&template, &ArtifactMetadata::named(&self.origin.model));
        (summary.seconds, summary.budget_seconds) = (0.0, until.saturating_duration_since(started).as_secs_f64());
        Ok(Checkpoint::new(identity, &choice, (summary, candidates, warnings), validated, template))
    }

    /// Reads all rows except the hold-out into bins. Returns also warnings: which rows chose the model, to which rows it is
    /// fitted, and which rows are left out.
    fn binned_rows(&self, template: &Pipeline) -> Result<(StreamedRows, Vec<String>), LearningError> {
        let RowStream { table: all, sample } = self.stream;
        let (table, training) = (self.prepared.table(), &self.prepared.split().training);
        let (signature, preprocessing) = (template.signature(), &template.parts().preprocessing);
        let features = FrameFeatures::new(table.frame(), training, signature.columns(), preprocessing);
        let mut binned = Binned::new(&features).with_holes(&features, holes(template));
        let of_columns = origins(signature, preprocessing, std::iter::empty());
        constrain(&mut binned, signature, &of_columns, &table.settings().monotone);
        let outside = all.rows().saturating_sub(sample.count()) as usize;
        let scale = TruthScale::of(Truth::of(table.target()), training);
        let mut rows = StreamedRows::new(&binned, scale, training.len() + outside);
        drop(binned);
        let mut left_out = LeftOut::default();
        let (target, weights) = (table.target().take(training), table.weights().map(|weights| at(weights, training)));
        left_out.infinite += rows.add(AddedRows { features: &features, target: &target, weights: weights.as_deref() });
        let newest = oldest_held(self.prepared);
        all.blocks(sample, |block: RowBlock| -> Result<(), TableError> {
            let is_older = |row: &u32| match (&block.order, newest) {
                (Some(order), Some(newest)) => order.get(*row as usize).is_some_and(|order| *order < newest),
                _ => true,
            };
            let kept: Vec<u32> = (0..block.target.len() as u32).filter(is_older).collect();
            let features = FrameFeatures::new(&block.frame, &kept, signature.columns(), preprocessing);
            let (target, weights) =
                (block.target.take(&kept), block.weights.as_ref().map(|weights| at(weights, &kept)));
            left_out.infinite +=
                rows.add(AddedRows { features: &features, target: &target, weights: weights.as_deref() });
            left_out.newer += block.target.len() - kept.len();
            left_out.without_target += block.without_target;
            left_out.new_labels += block.new_labels;
            Ok(())
        })?;
        if rows.len() == 0 {
            return Err(TableError::NoWeight(table.settings().weights.clone().unwrap_or_default()).into());
        }
        let mut warnings = vec![explained(table, all.rows(), rows.len())];
        warnings.extend(left_out.warnings());
        Ok((rows, warnings))
    }

    /// Completes and evaluates the model `template` with its fitted trees. `started` is the start of this call.
    fn finish(
        &self,
        checkpoint: Checkpoint,
        template: &Pipeline,
        boosted: Boosted,
        started: Instant,
    ) -> Result<Trained, LearningError> {
        let features = origins(template.signature(), &template.parts().preprocessing, std::iter::empty());
        let importances = importances(template.signature(), &features, &boosted.importances);
        let pipeline = with_trees(template, boosted)?;
        let choice = checkpoint.choice();
        let mut summary = checkpoint.summary;
        summary.seconds += started.elapsed().as_secs_f64();
        self.watch.enter(RunStage::Evaluating);
        let fitted = FittedModel {
            pipeline,
            target: self.prepared.table().target().take(&self.prepared.split().training),
            choice,
            validated: checkpoint.validated,
            importances,
            summary,
            candidates: checkpoint.candidates,
            warnings: checkpoint.warnings,
            fit_duration: started.elapsed(),
        };
        fitted.evaluated((self.prepared, self.plan, self.origin), Instant::now())
    }
}

/// Numbers of rows outside the sample that the model is not fitted to, by the reason.
#[derive(Default)]
struct LeftOut {
    without_target: u64,
    new_labels: u64,
    newer: usize,
    infinite: usize,
}

impl LeftOut {
    fn warnings(&self) -> impl Iterator<Item = String> {
        let counts = [
            (self.without_target, "the target has no value there"),
            (self.new_labels, "their label does not occur in the sample"),
            (self.newer as u64, "they are as new as the hold-out"),
            (self.infinite as u64, "their target is too large for single precision"),
        ];
        let found = counts.into_iter().filter(|(count, _)| *count > 0);
        found.map(|(count, why)| format!("{count} rows outside the sample are left out: {why}"))
    }
}

/// Says which rows chose the model, and which rows it was fitted to.
fn explained(sample: &Table, rows: u64, fitted: usize) -> String {
    format!(
        "the table was read as a stream: the candidates were compared, and the model was evaluated, on a sample of {} of its \
         {rows} rows; then gradient boosting was fitted to {fitted} rows; no other family and no ensemble was tried",
        sample.rows()
    )
}

/// Returns a model whose only tree is one leaf. It replaces the trees, which are not fitted yet.
fn without_trees(learner: &Learner<'_>) -> Fitted {
    let classes = learner.target().labels().len();
    let leaf = Node::Leaf(vec![Weight { output: 0, weight: 0.0 }]);
    let ensemble = Ensemble {
        trees: vec![Tree { nodes: vec![leaf] }],
        aggregate: Aggregate::Sum,
        base: vec![0.0; outputs(classes)],
    };
    let holes = learner.holes();
    Fitted { holes, ..Fitted::of(Predictor::Trees(ensemble), link(classes), Vec::new()) }
}

/// Returns the model `template` with the fitted trees.
fn with_trees(template: &Pipeline, boosted: Boosted) -> Result<Pipeline, LearningError> {
    let mut parts: PipelineParts = template.parts().clone();
    let predictor = match &mut parts.predictor {
        Predictor::Blend(members) => members.first_mut().map(|member| &mut member.predictor),
        predictor => Some(predictor),
    };
    if let Some(predictor) = predictor {
        *predictor = Predictor::Trees(boosted.ensemble);
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

/// Returns the time of the oldest hold-out row. `None` if the table has no order column. Rows that are as new must not be
/// trained on.
fn oldest_held(prepared: &Prepared) -> Option<f64> {
    let order = prepared.table().order()?;
    prepared.split().holdout.iter().filter_map(|row| order.get(*row as usize).copied()).min_by(f64::total_cmp)
}

/// Decides after each round whether the fit pauses, and keeps checkpoints.
struct Rounds<'a> {
    checkpoint: &'a Checkpoint,
    /// Number of rounds of earlier calls.
    earlier: usize,
    pauses: &'a Pauses<'a>,
    /// The time of the last checkpoint.
    kept: Instant,
    /// The start of the last round.
    last: Option<Instant>,
    /// The duration of the longest round so far.
    longest: Duration,
}

impl<'a> Rounds<'a> {
    fn new(checkpoint: &'a Checkpoint, earlier: usize, pauses: &'a Pauses<'a>) -> Self {
        Self { checkpoint, earlier, pauses, kept: Instant::now(), last: None, longest: Duration::ZERO }
    }
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
        round > self.earlier && self.kept.elapsed() >= self.pauses.every
    }

    fn keep(&mut self, rounds: BoostedRounds) {
        (self.pauses.keep)(self.checkpoint.with_rounds(rounds).write());
        self.kept = Instant::now();
    }
}
