//! Making a version: table → drift → plan → model → stored artifact → gate → registry.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evergreen_learning::{Origin, Plan, Table, Trained, drift};
use evergreen_lifecycle::ports::{
    ArtifactWriter, Artifacts, Champions, Clock, Datasets, RegisterError, Registrar, Registration,
};
use evergreen_lifecycle::{Champion, Gate, Incumbent, Run};

use crate::candidate::{Candidate, Source};
use crate::config::Training;
use crate::dataset::{self, Found};
use crate::error::TrainError;
use crate::request::Request;
use crate::stored::Serving;
use crate::trainer::{Invocation, MAX_DECISIONS, Trainer};
use crate::work::{learning_deadline, off_thread};

/// Warnings that a run's record holds, at most: an item of the registry has its limit, and a table may have thousands of
/// columns to warn of. The manifest holds all of them.
const MAX_WARNINGS: usize = 50;

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: Registrar + Champions,
    S: Artifacts + ArtifactWriter + Datasets,
    C: Clock,
{
    /// Makes what `request` asks for and has the gate decide. `run` is told what is learnt on the way, so that a failure is
    /// recorded with it.
    pub(crate) async fn make_version(
        &self,
        run: &mut Run,
        request: &Request,
        invocation: &Invocation,
    ) -> Result<Registration, TrainError> {
        let started = Instant::now();
        run.seed = Some(request.seed);
        let Found { source, table } = dataset::read(self.storage, self.training).await?;
        let mut source = Source {
            dataset: table.dataset(source),
            profile: table.profile().clone(),
            load_seconds: started.elapsed().as_secs_f64(),
        };
        run.dataset = Some(source.dataset.clone());
        run.warnings = short(source.profile.warnings.clone());
        let serving = Serving::now(self.registry, self.storage, None).await?;
        source.profile.warnings.extend(new_columns(serving.as_ref(), &table, &source)?);

        let plan = Plan::new(&table, request.family, &request.overrides, request.seed)?;
        let gate = self.training.gate(table.settings(), table.task())?;
        let trained = self.learn(table, plan, invocation).await?;
        run.parameters = Some(trained.parameters.clone());
        run.search = Some(trained.search.clone());
        source.profile.warnings.extend_from_slice(&trained.warnings);
        run.warnings = short(source.profile.warnings.clone());

        let number = self.registry.take_number().await?;
        let candidate = Arc::new(Candidate::new(run, number, source, trained));
        self.storage.put(candidate.key(), candidate.content().to_vec(), "application/octet-stream").await?;
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
    drift::check(model.signature(), &version.dataset, table)
        .map_err(|error| TrainError::Drift { origin: source.dataset.source.clone(), error })
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
