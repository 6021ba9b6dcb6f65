//! Creates a version: data set → drift → plan → model → stored artifact → gate → registry. An imported model takes the
//! same steps except plan and model.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evergreen_learning::memory::Purpose;
use evergreen_learning::{Origin, Plan, Prepared, Trained, drift};
use evergreen_lifecycle::ports::{
    ArtifactWriter, Artifacts, Champions, Clock, Datasets, RegisterError, Registrar, Registration,
};
use evergreen_lifecycle::{Gate, Incumbent, Run};
use evergreen_table::Table;

use crate::candidate::{Candidate, Seen, Source};
use crate::config::Training;
use crate::dataset::{self, Found};
use crate::error::TrainError;
use crate::patience::Patience;
use crate::request::Wishes;
use crate::stored::Serving;
use crate::trainer::{Invocation, Trainer};
use crate::work::{learning_deadline, off_thread};

/// What a run finds when it starts.
pub(crate) struct Present<T> {
    /// The data set, or `()` once it is no longer needed. It may take much of the memory.
    pub(crate) table: T,
    /// The record and statistics of the data set.
    pub(crate) source: Source,
    /// The rule that a new version must pass.
    pub(crate) gate: Gate,
    /// The champion, if there is one.
    pub(crate) serving: Option<Serving>,
    /// When the run began.
    pub(crate) started: Instant,
}

impl Present<Prepared> {
    /// Separates the data set from the rest.
    pub(crate) fn without_table(self) -> (Prepared, Present<()>) {
        let Self { table, source, gate, serving, started } = self;
        (table, Present { table: (), source, gate, serving, started })
    }
}

/// What the gate needs for its decision, and how long it may take.
struct Judging {
    gate: Gate,
    serving: Option<Serving>,
    started: Instant,
    patience: Patience,
}

/// Maximum number of warnings in a run's record. A registry item has limited size, and a data set may have thousands of
/// columns to warn about. The manifest contains all warnings.
const MAX_WARNINGS: usize = 50;

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: Registrar + Champions,
    S: Artifacts + ArtifactWriter + Datasets,
    C: Clock,
{
    /// Trains a version as `wishes` ask and lets the gate decide. Writes intermediate results to `run`, so that a
    /// failure is recorded with them.
    pub(crate) async fn train_version(
        &self,
        run: &mut Run,
        wishes: &Wishes,
        invocation: &Invocation,
        patience: Patience,
    ) -> Result<Registration, TrainError> {
        run.seed = Some(wishes.seed);
        let purpose = Purpose::Learn(wishes.family, &wishes.overrides);
        let (prepared, present) = self.present(run, purpose, Instant::now()).await?.without_table();
        let plan = Plan::new(prepared.table(), wishes.family, &wishes.overrides, wishes.seed)?;
        let trained = self.learn(prepared, plan, invocation).await?;
        self.register_trained(run, present, trained, None, patience).await
    }

    /// Reads the data set, the champion and the gate. Checks that the champion can predict rows of this data set. The
    /// run began at `started`.
    pub(crate) async fn present(
        &self,
        run: &mut Run,
        purpose: Purpose<'_>,
        started: Instant,
    ) -> Result<Present<Prepared>, TrainError> {
        let Found { source, prepared } = dataset::read(self.storage, self.training, purpose).await?;
        let table = prepared.table();
        let mut source = Source {
            dataset: table.dataset(source),
            profile: prepared.profile(),
            load_seconds: started.elapsed().as_secs_f64(),
        };
        run.dataset = Some(source.dataset.clone());
        run.warnings = short(source.profile.warnings.clone());
        let serving = Serving::now(self.registry, self.storage, &self.training.model, None).await?;
        source.profile.warnings.extend(new_columns(serving.as_ref(), table, &source)?);
        let gate = self.training.gate(table.settings(), table.task())?;
        Ok(Present { table: prepared, source, gate, serving, started })
    }

    /// Stores the model, and the imported file if there is one. Lets the gate decide and registers the version.
    pub(crate) async fn register_trained(
        &self,
        run: &mut Run,
        present: Present<()>,
        trained: Trained,
        imported: Option<Vec<u8>>,
        patience: Patience,
    ) -> Result<Registration, TrainError> {
        let Present { mut source, gate, serving, started, .. } = present;
        run.parameters = Some(trained.parameters.clone());
        run.search.clone_from(&trained.search);
        source.profile.warnings.extend_from_slice(&trained.warnings);
        run.warnings = short(source.profile.warnings.clone());
        let candidate = self.store(run, source, trained, imported.as_deref(), patience).await?;
        drop(imported);
        self.judge_and_register(run, &Arc::new(candidate), Judging { gate, serving, started, patience }).await
    }

    /// Trains on a separate thread, and stops by itself in time.
    async fn learn(&self, prepared: Prepared, plan: Plan, invocation: &Invocation) -> Result<Trained, TrainError> {
        let Training { model, code_version, .. } = self.training;
        let origin = Origin { model: model.to_string(), code_version: code_version.clone() };
        let budget = prepared.table().settings().time_budget_seconds.map(Duration::from_secs);
        let deadline = learning_deadline(invocation.deadline, self.clock.now(), budget);
        Ok(off_thread(move || evergreen_learning::train(&prepared, &plan, deadline, &origin)).await??)
    }

    /// Lets the gate decide, again if another run changes the champion before the decision is registered. Whenever that
    /// happens, the other run has succeeded, so each round makes progress.
    async fn judge_and_register(
        &self,
        run: &Run,
        candidate: &Arc<Candidate>,
        Judging { gate, mut serving, started, patience }: Judging,
    ) -> Result<Registration, TrainError> {
        let challenger = Arc::clone(candidate);
        let (scores, constant) = off_thread(move || {
            let metric = gate.metric();
            challenger.scores(metric).map(|scores| (scores, challenger.constant_scores(metric)))
        })
        .await??;
        let mut manifest = None;
        let mut round = 0;
        loop {
            let (found, last_revision) = self.champion_now(serving, patience).await?;
            serving = found;
            let incumbent = match &serving {
                Some(serving) => serving.assess(candidate, gate.metric()).await?,
                None => Incumbent::None,
            };
            let decision = gate.decide(&scores, constant.as_ref(), &incumbent);
            let seen = Seen { pointer: serving.as_ref().map(Serving::pointer), last_revision };
            let total = started.elapsed().as_secs_f64();
            let registration = candidate.registration(run, decision, &seen, total, self.clock.now())?;
            manifest = Some(self.store_manifest(run, candidate, &registration, manifest, patience).await?);
            match patience.with(async || self.registry.register(&registration).await).await {
                Ok(()) => return Ok(registration),
                Err(RegisterError::ChampionMoved) => {}
                Err(RegisterError::RunTaken(id)) => return Err(TrainError::RunTaken(id)),
                Err(RegisterError::Unavailable(error)) => return Err(error.into()),
            }
            let Some(pause) = patience.pause(round) else { return Err(TrainError::Contended(round + 1)) };
            tokio::time::sleep(pause).await;
            round += 1;
        }
    }

    /// Returns the champion and the last revision in the history.
    async fn champion_now(
        &self,
        known: Option<Serving>,
        patience: Patience,
    ) -> Result<(Option<Serving>, u32), TrainError> {
        let model = &self.training.model;
        let serving =
            patience.with(async || Serving::now(self.registry, self.storage, model, known.clone()).await).await?;
        let last_revision = patience.with(async || self.registry.last_revision().await).await?;
        Ok((serving, last_revision))
    }
}

/// Returns a warning for each column that is new since the champion was trained. Returns no warnings if the champion's
/// artifact or data set cannot be read: it is about to be replaced.
fn new_columns(serving: Option<&Serving>, table: &Table, source: &Source) -> Result<Vec<String>, TrainError> {
    let known = serving.and_then(|serving| Some((serving.pointer(), serving.model()?, serving.pointer().dataset()?)));
    let Some((pointer, model, dataset)) = known else { return Ok(Vec::new()) };
    let new = drift::check(model.signature(), &dataset, table)
        .map_err(|error| TrainError::Drift { origin: source.dataset.source.clone(), error })?;
    // An imported model may leave out columns that are not new.
    Ok(if pointer.is_imported() { Vec::new() } else { new })
}

/// Keeps the first warnings and says how many were dropped.
fn short(mut warnings: Vec<String>) -> Vec<String> {
    let more = warnings.len().saturating_sub(MAX_WARNINGS);
    if more > 0 {
        warnings.truncate(MAX_WARNINGS);
        warnings.push(format!("and {more} more, which the manifest tells"));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_warnings_the_first_are_recorded_and_the_rest_counted() {
        let many = |count: usize| (0..count).map(|warning| warning.to_string()).collect::<Vec<_>>();
        assert_eq!(short(many(MAX_WARNINGS)), many(MAX_WARNINGS));
        let shortened = short(many(MAX_WARNINGS + 7));
        assert_eq!(shortened.len(), MAX_WARNINGS + 1);
        assert_eq!(shortened.last().map(String::as_str), Some("and 7 more, which the manifest tells"));
    }
}
