//! One invocation: from the event to a registered version, or to a run that says why there is none.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use evergreen_learning::{Hyperparameters, IRIS_CSV, Table, Trained};
use evergreen_lifecycle::ports::{
    Announcer, ArtifactWriter, Artifacts, Champions, Clock, Datasets, RegisterError, Registrar, Registration,
    RunWriteError, Runs, Versions,
};
use evergreen_lifecycle::{Admission, LifecycleEvent, Run, RunId, RunState, Trigger};
use evergreen_scoring::ArtifactMetadata;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::candidate::Candidate;
use crate::config::Training;
use crate::error::TrainError;
use crate::promotion::{self, Promoted};
use crate::report::Report;
use crate::request::Request;
use crate::{announcement, stored};

/// What is left of an invocation's time for writing down how it ended.
const RESERVE: SignedDuration = SignedDuration::from_secs(5);

/// How often the gate decides anew because the champion changed meanwhile.
pub(crate) const MAX_DECISIONS: u32 = 8;

/// How often an attempt is admitted anew because another one got in between.
const MAX_ADMISSIONS: u32 = 3;

/// The invocation, as far as a run cares.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The platform's identity of it; its retries share it.
    pub id: String,
    /// When the platform ends it.
    pub deadline: Timestamp,
}

/// What came of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of a run.
    Run(Report),
    /// Of a promotion.
    Promotion(Promoted),
}

/// Trains one model through the ports.
#[derive(Debug)]
pub struct Trainer<'a, R, S, B, C> {
    /// Where runs, versions and the champion are registered.
    pub registry: &'a R,
    /// Where tables and artifacts are stored.
    pub storage: &'a S,
    /// Who is told.
    pub bus: &'a B,
    /// The time.
    pub clock: &'a C,
    /// How to train and judge.
    pub training: &'a Training,
}

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: Runs + Registrar + Champions,
    S: Artifacts + ArtifactWriter + Datasets,
    B: Announcer,
    C: Clock,
{
    /// Does what the event asks for: a run, or the promotion of an earlier version.
    ///
    /// # Errors
    /// [`TrainError`] says why it was not done.
    pub async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Answer, TrainError>
    where
        R: Versions,
    {
        if promotion::is_asked_for(&event) {
            return promotion::promote(self, event).await.map(Answer::Promotion);
        }
        self.train(event, invocation).await.map(Answer::Run)
    }

    /// Makes a version, or finds that there is nothing to do.
    ///
    /// # Errors
    /// [`TrainError`] says why there is no version. It stands in the run record too, as far as the registry answers.
    pub async fn train(&self, event: Value, invocation: &Invocation) -> Result<Report, TrainError> {
        let request = Request::parse(event, &invocation.id);
        match self.admit(self.new_run(request.as_ref().ok(), invocation)?).await? {
            Admission::Open(run) => self.attempt(*run, request.map_err(TrainError::from), invocation).await,
            Admission::Finished(run) | Admission::Busy(run) => Ok(Report::of(&run, true, self.clock.now())),
        }
    }

    /// The run that is asked for; an event that could not be read is a run of its own, so that its failure is on record.
    fn new_run(&self, request: Option<&Request>, invocation: &Invocation) -> Result<Run, TrainError> {
        let (id, trigger) = match request {
            Some(request) => (request.id.clone(), request.trigger.clone()),
            None => (RunId::requested(&invocation.id)?, Trigger::Manual { note: None }),
        };
        Ok(Run {
            id,
            model: self.training.model.clone(),
            attempt: 1,
            invocation: invocation.id.clone(),
            trigger,
            code_version: self.training.code_version.clone(),
            started_at: self.clock.now(),
            lease_until: invocation.deadline,
            dataset: None,
            seed: None,
            parameters: None,
            metrics: None,
            state: RunState::Running,
        })
    }

    async fn admit(&self, request: Run) -> Result<Admission, TrainError> {
        for _ in 0..MAX_ADMISSIONS {
            let stored = self.registry.run(&request.id).await?;
            let admission = Run::admit(request.clone(), stored, self.clock.now());
            let Admission::Open(run) = &admission else { return Ok(admission) };
            match self.registry.open(run).await {
                Ok(()) => return Ok(admission),
                Err(RunWriteError::Conflict(_)) => {}
                Err(RunWriteError::Unavailable(error)) => return Err(error.into()),
            }
        }
        Err(TrainError::RunTaken(request.id))
    }

    async fn attempt(
        &self,
        mut run: Run,
        request: Result<Request, TrainError>,
        invocation: &Invocation,
    ) -> Result<Report, TrainError> {
        let made = match request {
            Ok(request) => self.make_version(&mut run, request, invocation).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(registration) => {
                self.announce(&announcement::of_registration(&registration)).await;
                Ok(Report::of(&registration.run, false, self.clock.now()))
            }
            Err(error) => {
                self.record_failure(run, &error).await;
                Err(error)
            }
        }
    }

    async fn make_version(
        &self,
        run: &mut Run,
        request: Request,
        invocation: &Invocation,
    ) -> Result<Registration, TrainError> {
        let started = Instant::now();
        let (origin, table) = self.load_table().await?;
        let dataset = table.dataset(origin);
        let load_seconds = started.elapsed().as_secs_f64();
        run.dataset = Some(dataset.clone());

        let hyperparameters = Hyperparameters::draw(run.id.as_str()).overridden_by(&request.overrides)?;
        run.seed = Some(request.seed);
        run.parameters = Some(hyperparameters.to_parameters());

        let trained = self.fit(table, hyperparameters, request.seed, invocation).await?;
        let number = self.registry.take_number().await?;
        let candidate = Candidate::new(run, number, dataset, load_seconds, trained);
        self.storage.put(candidate.key(), candidate.content().to_vec(), "application/octet-stream").await?;
        self.judge_and_register(run, &candidate, started).await
    }

    /// The user's table, or Iris where there is none, with where it is from.
    async fn load_table(&self) -> Result<(String, Table), TrainError> {
        let (origin, content) = match self.storage.dataset().await? {
            Some((key, content)) => (key, Cow::Owned(content)),
            None => ("built-in".to_owned(), Cow::Borrowed(IRIS_CSV.as_bytes())),
        };
        match Table::from_csv(&content, &self.training.target) {
            Ok(table) => Ok((origin, table)),
            Err(error) => Err(TrainError::Table { origin, error }),
        }
    }

    /// Fits on a thread of its own, so that running out of time ends the run with a word and not with the environment.
    async fn fit(
        &self,
        table: Table,
        hyperparameters: Hyperparameters,
        seed: u64,
        invocation: &Invocation,
    ) -> Result<Trained, TrainError> {
        let metadata = ArtifactMetadata { model: self.training.model.to_string() };
        let left = (invocation.deadline - RESERVE).duration_since(self.clock.now());
        let fit =
            tokio::task::spawn_blocking(move || evergreen_learning::train(&table, &hyperparameters, seed, &metadata));
        match tokio::time::timeout(Duration::try_from(left).unwrap_or_default(), fit).await {
            Ok(Ok(trained)) => Ok(trained?),
            Ok(Err(_)) => Err(TrainError::Aborted),
            Err(_) => Err(TrainError::OutOfTime),
        }
    }

    async fn judge_and_register(
        &self,
        run: &Run,
        candidate: &Candidate,
        started: Instant,
    ) -> Result<Registration, TrainError> {
        for _ in 0..MAX_DECISIONS {
            let champion = self.registry.champion().await?;
            let incumbent = stored::assess(self.storage, champion.as_ref(), candidate.holdout()).await?;
            let decision = self.training.gate.decide(candidate.accuracy(), incumbent);
            let total = started.elapsed().as_secs_f64();
            let registration = candidate.registration(run, decision, champion.as_ref(), total, self.clock.now());
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

    async fn record_failure(&self, run: Run, error: &TrainError) {
        let failed = run.failed(error.to_string(), self.clock.now());
        if let Err(error) = self.registry.fail(&failed).await {
            tracing::warn!(run = %failed.id, %error, "the failure could not be recorded");
            return;
        }
        self.announce(&[announcement::of_failure(&failed, error)]).await;
    }
}

impl<R, S, B: Announcer, C> Trainer<'_, R, S, B, C> {
    /// Telling is best effort: what happened stands in the registry, and nothing depends on having been told.
    pub(crate) async fn announce(&self, events: &[LifecycleEvent]) {
        if let Err(error) = self.bus.announce(events).await {
            tracing::error!(%error, cause = %error.cause, "events could not be announced");
        }
    }
}
