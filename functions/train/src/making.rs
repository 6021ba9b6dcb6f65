//! Making a version: table → drift → plan → model → stored artifact → gate → registry. A model made elsewhere takes the same
//! way but for plan and model.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evergreen_learning::memory::Purpose;
use evergreen_learning::{Origin, Plan, Table, Trained, drift};
use evergreen_lifecycle::ports::{
    ArtifactWriter, Artifacts, Champions, Clock, Datasets, RegisterError, Registrar, Registration,
};
use evergreen_lifecycle::{Champion, Gate, IMPORTED_FILE, Incumbent, Run};

use crate::candidate::{Candidate, Source};
use crate::config::Training;
use crate::dataset::{self, Found};
use crate::error::TrainError;
use crate::request::Wishes;
use crate::stored::Serving;
use crate::trainer::{Invocation, MAX_DECISIONS, Trainer};
use crate::work::{learning_deadline, off_thread};

/// The media type of models.
const BYTES: &str = "application/octet-stream";

/// What a run finds.
pub(crate) struct Present<T> {
    /// The table, or nothing once it is no longer needed: it may take much of the memory.
    pub(crate) table: T,
    /// What is recorded of it.
    pub(crate) source: Source,
    /// The rule that a new version has to pass.
    pub(crate) gate: Gate,
    /// The champion.
    pub(crate) serving: Option<Serving>,
}

/// Warnings that a run's record holds, at most: an item of the registry has its limit, and a table may have thousands of
/// columns to warn of. The manifest holds all of them.
const MAX_WARNINGS: usize = 50;

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: Registrar + Champions,
    S: Artifacts + ArtifactWriter + Datasets,
    C: Clock,
{
    /// Learns a version as `wishes` say and has the gate decide. `run` is told what is learnt on the way, so that a failure is
    /// recorded with it.
    pub(crate) async fn train_version(
        &self,
        run: &mut Run,
        wishes: &Wishes,
        invocation: &Invocation,
    ) -> Result<Registration, TrainError> {
        let started = Instant::now();
        run.seed = Some(wishes.seed);
        let Present { table, source, gate, serving } =
            self.present(run, Purpose::Learn(wishes.family, &wishes.overrides), started).await?;
        let plan = Plan::new(&table, wishes.family, &wishes.overrides, wishes.seed)?;
        let trained = self.learn(table, plan, invocation).await?;
        self.register_trained(run, Present { table: (), source, gate, serving }, trained, None, started).await
    }

    /// What the run, which began at `started`, finds for its purpose: the table, which is one that the champion could be asked
    /// about.
    pub(crate) async fn present(
        &self,
        run: &mut Run,
        purpose: Purpose<'_>,
        started: Instant,
    ) -> Result<Present<Table>, TrainError> {
        let Found { source, table } = dataset::read(self.storage, self.training, purpose).await?;
        let mut source = Source {
            dataset: table.dataset(source),
            profile: table.profile().clone(),
            load_seconds: started.elapsed().as_secs_f64(),
        };
        run.dataset = Some(source.dataset.clone());
        run.warnings = short(source.profile.warnings.clone());
        let serving = Serving::now(self.registry, self.storage, None).await?;
        source.profile.warnings.extend(new_columns(serving.as_ref(), &table, &source)?);
        let gate = self.training.gate(table.settings(), table.task())?;
        Ok(Present { table, source, gate, serving })
    }

    /// Stores what was made, with the file that it was made of elsewhere, if it was; has the gate decide, and registers it.
    pub(crate) async fn register_trained(
        &self,
        run: &mut Run,
        Present { mut source, gate, serving, .. }: Present<()>,
        trained: Trained,
        elsewhere: Option<Vec<u8>>,
        started: Instant,
    ) -> Result<Registration, TrainError> {
        run.parameters = Some(trained.parameters.clone());
        run.search.clone_from(&trained.search);
        source.profile.warnings.extend_from_slice(&trained.warnings);
        run.warnings = short(source.profile.warnings.clone());

        let number = self.registry.take_number().await?;
        let candidate = Arc::new(Candidate::new(run, number, source, trained));
        self.storage.put(candidate.key(), candidate.content().to_vec(), BYTES).await?;
        if let Some(file) = elsewhere {
            self.storage.put(&number.object_key(&run.model, IMPORTED_FILE), file, BYTES).await?;
        }
        self.judge_and_register(run, &candidate, gate, serving, started).await
    }

    /// Learns on a thread of its own, and ends by itself in time.
    async fn learn(&self, table: Table, plan: Plan, invocation: &Invocation) -> Result<Trained, TrainError> {
        let Training { model, code_version, .. } = self.training;
        let origin = Origin { model: model.to_string(), code_version: code_version.clone() };
        let budget = table.settings().time_budget_seconds.map(Duration::from_secs);
        let deadline = learning_deadline(invocation.deadline, self.clock.now(), budget);
        Ok(off_thread(move || evergreen_learning::train(&table, &plan, deadline, &origin)).await??)
    }

    async fn judge_and_register(
        &self,
        run: &Run,
        candidate: &Arc<Candidate>,
        gate: Gate,
        mut serving: Option<Serving>,
        started: Instant,
    ) -> Result<Registration, TrainError> {
        let challenger = Arc::clone(candidate);
        let scores = off_thread(move || challenger.scores(gate.metric())).await??;
        for _ in 0..MAX_DECISIONS {
            serving = Serving::now(self.registry, self.storage, serving).await?;
            let incumbent = match &serving {
                Some(serving) => serving.assess(candidate, gate.metric()).await?,
                None => Incumbent::None,
            };
            let decision = gate.decide(&scores, &incumbent);
            let (champion, total) = (serving.as_ref().map(Serving::champion), started.elapsed().as_secs_f64());
            let registration = candidate.registration(run, decision, champion, total, self.clock.now());
            let manifest = serde_json::to_vec_pretty(&candidate.manifest(&registration))?;
            self.storage.put(&registration.version.manifest_key, manifest, "application/json").await?;
            match self.registry.register(&registration).await {
                Ok(()) => return Ok(registration),
                Err(RegisterError::ChampionMoved) => {}
                Err(RegisterError::RunTaken(id)) => return Err(TrainError::RunTaken(id)),
                Err(RegisterError::Unavailable(error)) => return Err(error.into()),
            }
        }
        Err(TrainError::Contended(MAX_DECISIONS))
    }
}

/// What is new about the table since the champion learnt. A champion whose artifact cannot be read says nothing of its
/// columns: it is about to be replaced.
fn new_columns(serving: Option<&Serving>, table: &Table, source: &Source) -> Result<Vec<String>, TrainError> {
    let Some((champion, model)) = serving.and_then(|serving| Some((serving.champion(), serving.model()?))) else {
        return Ok(Vec::new());
    };
    let Champion { version, .. } = champion;
    let new = drift::check(model.signature(), &version.dataset, table)
        .map_err(|error| TrainError::Drift { origin: source.dataset.source.clone(), error })?;
    // A model made elsewhere may leave out columns that were there already.
    Ok(if version.imported.is_some() { Vec::new() } else { new })
}

/// The first of `warnings`, and how many there are beside.
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
