//! Creates a model version by training. The steps: read the data set, check its drift, plan the training, train the
//! model, store the artifact, ask the gate, write to the registry. An import takes the same steps except the plan and
//! the training.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evergreen_learning::memory::Purpose;
use evergreen_learning::{Origin, Plan, Prepared, ProgressWatch, Trained, compare_tables, drift, train_watched};
use evergreen_lifecycle::drift::{DriftLimits, TableDrift};
use evergreen_lifecycle::ports::{RegisterError, Registrar, Registration, Rollouts};
use evergreen_lifecycle::rollout::{PromotionMode, Rollout};
use evergreen_lifecycle::{Decision, Gate, Incumbent, RecordedOptions, Run, RunStage};
use evergreen_table::Table;

use crate::challenger::{Challenger, DatasetRecord, RegistrySnapshot};
use crate::config::TrainingSettings;
use crate::dataset::{self, LoadedDataset};
use crate::error::TrainError;
use crate::event::TrainingOptions;
use crate::ports::TrainWorld;
use crate::retries::RetryLimit;
use crate::stored::CurrentChampion;
use crate::streaming::{StreamedTraining, TableStream};
use crate::trainer::{Invocation, Trainer};
use crate::work::{learning_deadline, off_thread};

/// The inputs of a training or an import: the data set, the gate's rule and the current champion.
pub(crate) struct RunInputs<T> {
    // The data set may take much of the memory, so it is taken out early and dropped after the training.
    /// The data set, ready for training. `()` after `without_dataset` has taken the data set out, to free its memory.
    pub(crate) prepared: T,
    /// Summary and statistics of the data set.
    pub(crate) dataset: DatasetRecord,
    /// The gate: the rule that a new version must pass to become the champion.
    pub(crate) gate: Gate,
    /// The current champion, or `None` if no version was ever promoted.
    pub(crate) champion: Option<CurrentChampion>,
    /// Time at which the run began, to measure its duration.
    pub(crate) started: Instant,
    /// The rows that are not in memory, if the table is read as a stream.
    pub(crate) stream: Option<TableStream>,
}

/// How an attempt of a run ended that did not fail.
pub(crate) enum Attempted {
    /// A version is registered.
    Registered {
        registration: Box<Registration>,
        /// Whether the table was read as a stream. Then the run may have a checkpoint.
        is_streamed: bool,
    },
    /// The training has paused, and another invocation goes on.
    Paused,
}

impl RunInputs<Prepared> {
    /// Splits these inputs into the data set and the rest, so that the data set can be dropped early.
    pub(crate) fn without_dataset(self) -> (Prepared, RunInputs<()>) {
        let Self { prepared, dataset, gate, champion, started, stream } = self;
        (prepared, RunInputs { prepared: (), dataset, gate, champion, started, stream })
    }
}

/// Inputs of the gate's decision whether a new model version becomes the champion.
struct GateInputs {
    gate: Gate,
    champion: Option<CurrentChampion>,
    started: Instant,
    retries: RetryLimit,
}

// A registry item has limited size, and a data set may have thousands of columns to warn about. The version's manifest
// contains all warnings.
/// Maximum number of warnings in the registry's record of a run.
const MAX_WARNINGS: usize = 50;

impl<W: TrainWorld> Trainer<'_, W> {
    /// Trains a model version with these `options`. Then the gate decides whether the version becomes the champion.
    pub(crate) async fn train_version(
        &self,
        run: &mut Run,
        options: &TrainingOptions,
        invocation: &Invocation,
        retries: RetryLimit,
        watch: &ProgressWatch,
    ) -> Result<Attempted, TrainError> {
        // Intermediate results are written to `run`, so that the record of a failed run contains them.
        run.seed = Some(options.seed);
        let purpose = Purpose::Learn(options.family, &options.overrides);
        let loaded = self.load_inputs(run, purpose, Instant::now(), Some(retries)).await?;
        let (prepared, mut inputs) = loaded.without_dataset();
        inputs.dataset.options = Some(RecordedOptions {
            family: options.family,
            hyperparameters: options.overrides.clone(),
            target: self.settings.target.clone(),
            memory: self.settings.memory,
        });
        let stream = inputs.stream.take();
        let is_streamed = stream.is_some();
        let trained = match stream {
            Some(stream) => {
                let (inputs, limits) = ((prepared, stream), (invocation, retries));
                match self.train_stream(run, inputs, options, limits, watch.clone()).await? {
                    StreamedTraining::Trained(trained) => *trained,
                    StreamedTraining::Paused => return Ok(Attempted::Paused),
                }
            }
            None => {
                let plan = Plan::new(prepared.table(), options.family, &options.overrides, options.seed)?;
                self.train_model(prepared, plan, invocation, watch.clone()).await?
            }
        };
        watch.enter(RunStage::Storing);
        let registration = self.register_trained(run, inputs, trained, None, retries).await?;
        Ok(Attempted::Registered { registration: Box::new(registration), is_streamed })
    }

    /// Loads the inputs of a run: the data set, the champion and the gate's rule. Checks that the champion can predict
    /// rows of this data set. `streaming` says how long failed reads of a streamed table are repeated. `None` reads no stream.
    pub(crate) async fn load_inputs(
        &self,
        run: &mut Run,
        purpose: Purpose<'_>,
        started: Instant,
        streaming: Option<RetryLimit>,
    ) -> Result<RunInputs<Prepared>, TrainError> {
        // An imported model learns nothing, so it is judged on the table alone.
        let feedback = if matches!(purpose, Purpose::Learn(..)) { self.feedback().await? } else { None };
        let LoadedDataset { source, prepared, profile, stream } =
            dataset::read(self.world.storage(), self.settings, purpose, feedback, streaming).await?;
        let table = prepared.table();
        let mut dataset = DatasetRecord {
            summary: table.dataset(source),
            profile,
            drift: None,
            options: None,
            load_seconds: started.elapsed().as_secs_f64(),
        };
        run.dataset = Some(dataset.summary.clone());
        run.warnings = short(dataset.profile.warnings.clone());
        let champion =
            CurrentChampion::load(self.world.registry(), self.world.storage(), &self.settings.model, None).await?;
        dataset.profile.warnings.extend(new_columns(champion.as_ref(), table, &dataset)?);
        let gate = self.settings.gate(table.settings(), table.task())?;
        let prepared = match &champion {
            Some(champion) => {
                let (prepared, drift) = self.compare(prepared, champion).await?;
                dataset.profile.warnings.extend(drift.as_ref().and_then(TableDrift::warning));
                dataset.drift = drift;
                prepared
            }
            None => prepared,
        };
        Ok(RunInputs { prepared, dataset, gate, champion, started, stream })
    }

    /// Compares the data set with that of the champion. `None` if the champion has no baseline, or other columns.
    async fn compare(
        &self,
        prepared: Prepared,
        champion: &CurrentChampion,
    ) -> Result<(Prepared, Option<TableDrift>), TrainError> {
        let (Some(model), version) = (champion.shared_model(), champion.pointer().number) else {
            return Ok((prepared, None));
        };
        let limits = DriftLimits::of_tables(self.settings.drift_psi);
        let (prepared, verdict) = off_thread(move || {
            let verdict = compare_tables(&prepared, &model, limits);
            (prepared, verdict)
        })
        .await?;
        // A comparison is for people. It does not end a training.
        let verdict = verdict.unwrap_or_else(|error| {
            tracing::info!(%error, "the data set is not compared with the champion's");
            None
        });
        Ok((prepared, verdict.map(|verdict| TableDrift { version, verdict })))
    }

    /// Stores the new model in S3, asks the gate whether it becomes the champion, and registers it as a model version.
    pub(crate) async fn register_trained(
        &self,
        run: &mut Run,
        inputs: RunInputs<()>,
        trained: Trained,
        imported: Option<Vec<u8>>,
        retries: RetryLimit,
    ) -> Result<Registration, TrainError> {
        let RunInputs { mut dataset, gate, champion, started, .. } = inputs;
        run.parameters = Some(trained.parameters.clone());
        run.search.clone_from(&trained.search);
        dataset.profile.warnings.extend_from_slice(&trained.warnings);
        run.warnings = short(dataset.profile.warnings.clone());
        // For an import, the uploaded file is stored too.
        let challenger = self.store(run, dataset, trained, imported.as_deref(), retries).await?;
        drop(imported);
        let inputs = GateInputs { gate, champion, started, retries };
        self.judge_and_register(run, &Arc::new(challenger), inputs).await
    }

    /// Trains the model on a separate thread, within the time of the Lambda invocation.
    async fn train_model(
        &self,
        prepared: Prepared,
        plan: Plan,
        invocation: &Invocation,
        watch: ProgressWatch,
    ) -> Result<Trained, TrainError> {
        let TrainingSettings { model, code_version, .. } = self.settings;
        let origin = Origin { model: model.to_string(), code_version: code_version.clone() };
        let budget = prepared.table().settings().time_budget_seconds.map(Duration::from_secs);
        let deadline = learning_deadline(invocation.deadline, self.world.clock().now(), budget);
        Ok(off_thread(move || train_watched(&prepared, &plan, deadline, &origin, &watch)).await??)
    }

    /// Asks the gate whether the new version becomes the champion, and registers the version with the decision.
    async fn judge_and_register(
        &self,
        run: &Run,
        challenger: &Arc<Challenger>,
        GateInputs { gate, mut champion, started, retries }: GateInputs,
    ) -> Result<Registration, TrainError> {
        let scored = Arc::clone(challenger);
        let (scores, constant) = off_thread(move || {
            let metric = gate.metric();
            scored.scores(metric).map(|scores| (scores, scored.constant_scores(metric)))
        })
        .await??;
        let served = Arc::new(if champion.is_some() { self.served_sample().await } else { None });
        let mut manifest = None;
        let mut round = 0;
        loop {
            let (current, last_revision) = self.current_champion(champion, retries).await?;
            champion = current;
            let (incumbent, impact) = match &champion {
                Some(champion) => {
                    (champion.assess(challenger, gate.metric()).await?, champion.impact_of(challenger, &served).await?)
                }
                None => (Incumbent::None, None),
            };
            let decision = Decision { impact, ..gate.decide(&scores, constant.as_ref(), &incumbent) };
            let rollout = self.newest_rollout(retries).await?;
            let pointer = champion.as_ref().map(CurrentChampion::pointer);
            let seen = RegistrySnapshot { pointer, last_revision, rollout: rollout.as_ref() };
            let total = started.elapsed().as_secs_f64();
            let now = self.world.clock().now();
            let registration = challenger.registration(run, decision, &seen, self.settings, total, now)?;
            manifest = Some(self.store_manifest(run, challenger, &registration, manifest, retries).await?);
            match retries.call(async || self.world.registry().register(&registration).await).await {
                Ok(()) => return Ok(registration),
                // Another run changed the champion, so the gate decides again. That run succeeded, so the repetitions
                // make progress.
                Err(RegisterError::ChampionMoved | RegisterError::RolloutMoved) => {}
                Err(RegisterError::RunTaken(id)) => return Err(TrainError::RunTaken(id)),
                Err(RegisterError::Unavailable(error)) => return Err(error.into()),
            }
            let Some(pause) = retries.pause(round) else { return Err(TrainError::Contended(round + 1)) };
            tokio::time::sleep(pause).await;
            round += 1;
        }
    }

    /// Returns the newest rollout, which the rollout of a new version would replace. `None` if there was none, or if a
    /// passed version begins none.
    async fn newest_rollout(&self, retries: RetryLimit) -> Result<Option<Rollout>, TrainError> {
        if self.settings.promotion != PromotionMode::Canary {
            return Ok(None);
        }
        let read = async || self.world.registry().rollout().await;
        Ok(retries.call(read).await?.transpose()?)
    }

    /// Returns the current champion (`None` before the first promotion) and the revision number of the last promotion. `known` is
    /// a champion that was loaded before, and is reused if possible.
    async fn current_champion(
        &self,
        known: Option<CurrentChampion>,
        retries: RetryLimit,
    ) -> Result<(Option<CurrentChampion>, u32), TrainError> {
        let model = &self.settings.model;
        let (registry, storage) = (self.world.registry(), self.world.storage());
        let load = async || CurrentChampion::load(registry, storage, model, known.clone()).await;
        let champion = retries.call(load).await?;
        let last_revision = retries.call(async || self.world.registry().last_revision().await).await?;
        Ok((champion, last_revision))
    }
}

/// Data drift check: returns an error if the champion cannot predict rows of this data set. Otherwise returns a warning
/// for each new column.
fn new_columns(
    champion: Option<&CurrentChampion>,
    table: &Table,
    record: &DatasetRecord,
) -> Result<Vec<String>, TrainError> {
    // A champion whose artifact or data set cannot be read is about to be replaced: nothing is compared with it.
    let known = champion.and_then(|champion| {
        let pointer = champion.pointer();
        Some((pointer, champion.model()?, pointer.dataset()?))
    });
    let Some((pointer, model, dataset)) = known else { return Ok(Vec::new()) };
    let new = drift::check(model.signature(), &dataset, table)
        .map_err(|error| TrainError::Drift { origin: record.summary.source.clone(), error })?;
    // For an imported champion, a column that its model lacks may have been in the data set before.
    Ok(if pointer.is_imported() { Vec::new() } else { new })
}

/// Returns the first [`MAX_WARNINGS`] warnings. A last warning says how many more were dropped.
fn short(mut warnings: Vec<String>) -> Vec<String> {
    let more = warnings.len().saturating_sub(MAX_WARNINGS);
    if more > 0 {
        warnings.truncate(MAX_WARNINGS);
        warnings.push(format!("and {more} more warnings; the manifest lists them all"));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_many_warnings_are_recorded_and_the_others_counted() {
        let many = |count: usize| (0..count).map(|warning| warning.to_string()).collect::<Vec<_>>();
        assert_eq!(short(many(MAX_WARNINGS)), many(MAX_WARNINGS));
        let shortened = short(many(MAX_WARNINGS + 7));
        assert_eq!(shortened.len(), MAX_WARNINGS + 1);
        assert_eq!(shortened.last().map(String::as_str), Some("and 7 more warnings; the manifest lists them all"));
    }
}
