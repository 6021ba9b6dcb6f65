//! Handles one invocation of the train function. The event leads to a registered version, or to a failed run with a
//! reason.

use evergreen_learning::ProgressWatch;
use evergreen_lifecycle::ports::{Checkpoints, Opening, Registrar, RunWriteError, Runs, Steering, Versions};
use evergreen_lifecycle::{
    Admission, Announcement, Family, LifecycleEvent, Run, RunId, RunState, Trigger, Verification, requested_event, run,
    time,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::config::TrainingSettings;
use crate::error::{TrainError, cut};
use crate::event::{AuditedRequest, InvalidEvent, RequestError, RunRequest, RunTask, TrainEvent, UpkeepRequest};
use crate::ports::TrainWorld;
use crate::promotion::{self, Promoted};
use crate::pruning::RetentionReport;
use crate::rebuilding::RebuildReport;
use crate::report::TrainReport;
use crate::retries::{BEFORE_TRAINING, RetryLimit};
use crate::streaming::KeptTraining;
use crate::training::Attempted;
use crate::work;

/// Maximum number of tries to write the record of a new run, if other attempts change the record meanwhile.
const MAX_ADMISSIONS: u32 = 3;

// An event waits in the outbox for at most this long. A later one is somebody's copy of an old event.
/// Maximum age of a request of a person.
const EVENTS_KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// One invocation of the train function by Lambda: its request ID and its deadline.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Request ID of the invocation. Lambda uses the same ID when it retries the invocation.
    pub id: String,
    /// Time at which Lambda ends the invocation.
    pub deadline: Timestamp,
    /// Whether a job outside Lambda does the work. If it pauses, the same job must go on.
    pub is_job: bool,
}

/// JSON answer of the train function to its caller.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TrainResponse {
    /// Answer to an event that asked for a run (a training or an import): the run's result.
    Run(Box<TrainReport>),
    /// Answer to an event that asked to promote an earlier version: the promotion's result.
    Promotion(Promoted),
    /// Answer to an event that asked to verify a version: whether the artifact could be made again.
    Verification(Box<Verification>),
    /// Answer to an event that asked to delete old versions: what was deleted.
    Retention(RetentionReport),
    /// Answer to an event that asked to rebuild the registry: what was restored.
    Rebuild(RebuildReport),
}

/// Handles the invocations of the train function. `W` supplies the connections to AWS services and the clock.
#[derive(Debug)]
pub struct Trainer<'a, W> {
    /// The connections to registry, store, event bus and clock.
    pub world: &'a W,
    /// The stack's settings for training, and for the gate (the check whether a new version becomes the champion).
    pub settings: &'a TrainingSettings,
}

impl<W: TrainWorld> Trainer<'_, W> {
    /// Does the work that the event asks for: a training, an import, or the promotion of an earlier version.
    ///
    /// # Errors
    /// Returns [`TrainError`] with the reason for the failure.
    pub async fn handle(&self, event: Value, invocation: &Invocation) -> Result<TrainResponse, TrainError> {
        // The future is boxed, because the compiler limits the depth of nested futures.
        let response = Box::pin(self.respond(event, invocation)).await;
        // Publishes events that earlier invocations have stored but not published.
        self.publish_waiting(invocation).await;
        response
    }

    async fn respond(&self, event: Value, invocation: &Invocation) -> Result<TrainResponse, TrainError> {
        let report = match TrainEvent::parse(event, &invocation.id) {
            Ok(TrainEvent::Audited(request)) => {
                let event = self.audited_event(&request, invocation).await?;
                return Box::pin(self.respond(event, invocation)).await;
            }
            Ok(TrainEvent::Promotion(request)) => {
                return promotion::promote(self, request, invocation).await.map(TrainResponse::Promotion);
            }
            Ok(TrainEvent::Continuation(id)) => {
                let kept = match self.kept_training(&id, invocation).await {
                    Err(error @ TrainError::NoCheckpoint(_)) => return self.ended_before(&id, error).await,
                    kept => kept?,
                };
                let KeptTraining { id, trigger, options, paused, .. } = kept;
                self.run(id, trigger, Ok(RunTask::Training(options)), (invocation, paused)).await
            }
            Ok(TrainEvent::Upkeep(request)) => return Box::pin(self.keep_up(request, invocation)).await,
            Ok(TrainEvent::Run(RunRequest { id, trigger, task })) => {
                self.run(id, trigger, Ok(task), (invocation, None)).await
            }
            Err(InvalidEvent { trigger: None, error }) => return Err(error.into()),
            Err(InvalidEvent { trigger: Some(trigger), error }) => {
                let id = match &trigger {
                    Trigger::Import { .. } => RunId::import(&invocation.id)?,
                    Trigger::Schedule { .. } | Trigger::Manual { .. } => RunId::requested(&invocation.id)?,
                };
                self.run(id, trigger, Err(error), (invocation, None)).await
            }
        };
        report.map(|report| TrainResponse::Run(Box::new(report)))
    }

    /// Returns the event that a person asked for in the console, from the entry of the audit trail.
    ///
    /// # Errors
    /// [`TrainError::NotAudited`] if no entry asks for work, or if the entry is too old.
    async fn audited_event(&self, request: &AuditedRequest, invocation: &Invocation) -> Result<Value, TrainError> {
        let registry = self.world.registry();
        let entry = self.retries(invocation).call(async || registry.audit_entry(request.at, &request.id).await).await?;
        let is_recent = self.world.clock().now().duration_since(request.at) < EVENTS_KEPT;
        entry.filter(|_| is_recent).as_ref().and_then(requested_event).ok_or(TrainError::NotAudited)
    }

    async fn keep_up(&self, request: UpkeepRequest, invocation: &Invocation) -> Result<TrainResponse, TrainError> {
        match request {
            UpkeepRequest::Rebuild { request } => self.rebuild(request, invocation).await.map(TrainResponse::Rebuild),
            UpkeepRequest::Retention { rule, is_dry_run: true } => {
                let report = self.preview(rule).await?;
                let versions: Vec<_> = report.planned.iter().map(ToString::to_string).collect();
                let (kept, runs) = (report.kept, report.planned_runs);
                tracing::info!(versions = versions.join(", "), runs, kept, "a retention would delete these versions");
                Ok(TrainResponse::Retention(report))
            }
            UpkeepRequest::Retention { rule, is_dry_run: false } => {
                self.prune(rule, invocation).await.map(TrainResponse::Retention)
            }
            UpkeepRequest::Verify(number) => {
                self.verify(number, invocation).await.map(|verified| TrainResponse::Verification(Box::new(verified)))
            }
        }
    }

    /// Returns the report of a run that has made its version before. Otherwise `error`.
    async fn ended_before(&self, id: &RunId, error: TrainError) -> Result<TrainResponse, TrainError> {
        // The bus may deliver an event twice.
        let run = self.world.registry().run(id).await?.transpose()?.filter(|run| run.version().is_some());
        let run = run.ok_or(error)?;
        let report = TrainReport::of(&run, self.family_of(&run).await?, true, self.world.clock().now());
        Ok(TrainResponse::Run(Box::new(report)))
    }

    /// Returns the last checkpoint of a training run.
    async fn kept_training(&self, id: &RunId, invocation: &Invocation) -> Result<KeptTraining, TrainError> {
        let retries = self.retries(invocation).at_most(BEFORE_TRAINING);
        let kept = retries.call(async || self.world.storage().checkpoint(id).await).await?;
        kept.and_then(|kept| KeptTraining::read(&kept)).ok_or_else(|| TrainError::NoCheckpoint(id.clone()))
    }

    /// Runs a training or an import, which creates a model version. `task` is an error if the event is invalid. `paused` is
    /// the number of the attempt after whose pause the run goes on.
    ///
    /// # Errors
    /// Returns [`TrainError`] with the reason why there is no version. The reason is also recorded, if the registry
    /// answers.
    async fn run(
        &self,
        id: RunId,
        trigger: Trigger,
        task: Result<RunTask, RequestError>,
        (invocation, paused): (&Invocation, Option<u32>),
    ) -> Result<TrainReport, TrainError> {
        // Even an invalid event gets a run, so that the registry records the failure.
        match self.admit(self.new_run(id, trigger, invocation), (invocation, paused)).await? {
            Admission::Failed(run) => {
                Err(TrainError::FailedBefore(run.reason().unwrap_or("it failed before").to_owned()))
            }
            Admission::Open(run, _) => self.attempt(*run, task, invocation).await,
            // The run has already ended, or another invocation works on it.
            Admission::Finished(run) | Admission::Busy(run) => {
                Ok(TrainReport::of(&run, self.family_of(&run).await?, true, self.world.clock().now()))
            }
        }
    }

    /// Reads from the registry the model family (such as random forest) of the version that a run created. `None` if
    /// the run created no version.
    async fn family_of(&self, run: &Run) -> Result<Option<Family>, TrainError> {
        let Some(number) = run.version() else { return Ok(None) };
        Ok(self.world.registry().version(number).await?.and_then(Result::ok).map(|version| version.family))
    }

    fn new_run(&self, id: RunId, trigger: Trigger, invocation: &Invocation) -> Run {
        Run {
            id,
            model: self.settings.model.clone(),
            attempt: 1,
            invocation: invocation.id.clone(),
            tries: 1,
            trigger,
            code_version: self.settings.code_version.clone(),
            started_at: self.world.clock().now(),
            lease_until: invocation.deadline,
            dataset: None,
            seed: None,
            parameters: None,
            search: None,
            warnings: Vec::new(),
            imported: None,
            rescored: None,
            metrics: None,
            progress: None,
            state: RunState::Running,
        }
    }

    async fn admit(
        &self,
        request: Run,
        (invocation, paused): (&Invocation, Option<u32>),
    ) -> Result<Admission, TrainError> {
        let retries = self.retries(invocation).at_most(BEFORE_TRAINING);
        for _ in 0..MAX_ADMISSIONS {
            let stored = retries.call(async || self.world.registry().run(&request.id).await).await?.transpose()?;
            let now = self.world.clock().now();
            let admission = match paused {
                Some(paused) => Run::admit_after_pause(request.clone(), stored, paused, now),
                None => Run::admit(request.clone(), stored, now),
            };
            let (run, former) = match admission {
                Admission::Open(run, former) => (Box::new(Run { started_at: self.start_time().await, ..*run }), former),
                admission => return Ok(admission),
            };
            let lost = &Announcement::of(&LifecycleEvent::of_loss(&run))?;
            let opening = Opening { run: &run, former: former.as_deref(), lost };
            match retries.call(async || self.world.registry().open(&opening).await).await {
                Ok(()) => return Ok(Admission::Open(run, former)),
                Err(RunWriteError::Conflict(_)) => {}
                Err(RunWriteError::Unavailable(error)) => return Err(error.into()),
            }
        }
        Err(TrainError::RunTaken(request.id))
    }

    /// Returns the start time for a new run. It is later than the start of every recorded run.
    async fn start_time(&self) -> Timestamp {
        // The clocks of two machines may differ.
        let now = self.world.clock().now();
        let newest = match self.world.registry().recent_runs(1).await {
            Ok(runs) => runs.into_iter().next(),
            Err(error) => {
                tracing::warn!(
                    %error, cause = %error.cause,
                    "the start of the previous run could not be read; the run is dated by the clock alone"
                );
                None
            }
        };
        let newest = newest.and_then(|run| match run {
            Ok(run) => Some(run.started_at),
            Err(record) => record.moment("started_at"),
        });
        time::to_millis(run::began(now, newest))
    }

    async fn attempt(
        &self,
        mut run: Run,
        task: Result<RunTask, RequestError>,
        invocation: &Invocation,
    ) -> Result<TrainReport, TrainError> {
        let created = match task {
            Ok(task) => self.create_in_time(&mut run, &task, invocation).await,
            Err(error) => Err(error.into()),
        };
        match created {
            Ok(Attempted::Paused) => Ok(TrainReport::of(&run, None, false, self.world.clock().now())),
            Ok(Attempted::Registered { registration, is_streamed }) => {
                if is_streamed {
                    self.forget_training(&registration.run).await;
                }
                self.publish(&registration.announcements, invocation).await;
                self.expire_run(&registration.run, Some(&registration.version)).await;
                if matches!(registration.run.trigger, Trigger::Schedule { .. }) {
                    Box::pin(self.prune_after_training(invocation)).await;
                }
                let family = Some(registration.version.family);
                Ok(TrainReport::of(&registration.run, family, false, self.world.clock().now()))
            }
            Err(error) => match self.record_failure(run, &error, invocation).await {
                Some(ended) => {
                    Ok(TrainReport::of(&ended, self.family_of(&ended).await?, false, self.world.clock().now()))
                }
                None => Err(error),
            },
        }
    }

    /// Runs the training or the import. If it takes too long, returns [`TrainError::OutOfTime`].
    async fn create_in_time(
        &self,
        run: &mut Run,
        task: &RunTask,
        invocation: &Invocation,
    ) -> Result<Attempted, TrainError> {
        // The limit leaves time to record the failure.
        let limit = work::time_limit(invocation.deadline, self.world.clock().now());
        let (retries, watch, reported) = (self.retries(invocation), ProgressWatch::default(), run.clone());
        let created = async {
            match task {
                RunTask::Training(options) => self.train_version(run, options, invocation, retries, &watch).await,
                RunTask::Import(file) => {
                    let registration = self.import_version(run, file, retries, &watch).await?;
                    Ok(Attempted::Registered { registration: Box::new(registration), is_streamed: false })
                }
            }
        };
        tokio::time::timeout(limit, self.while_reporting(&reported, &watch, created))
            .await
            .unwrap_or(Err(TrainError::OutOfTime))
    }

    /// Returns until when failed calls to other services are retried: shortly before the invocation ends.
    pub(crate) fn retries(&self, invocation: &Invocation) -> RetryLimit {
        RetryLimit::lasting(work::time_limit(invocation.deadline, self.world.clock().now()))
    }

    /// Records the failure of a run in the registry and publishes an event about the failure. If the run has registered
    /// its version in spite of the error, returns the run as stored. Otherwise returns `None`.
    async fn record_failure(&self, run: Run, error: &TrainError, invocation: &Invocation) -> Option<Run> {
        let now = self.world.clock().now();
        let retry_until = if error.may_succeed_on_retry(&run) { run.retry_window(now) } else { None };
        let failed = run.failed(cut(error.to_string()), retry_until, now);
        let announcements: Vec<_> = Announcement::of(&LifecycleEvent::of_failure(&failed, now)).into_iter().collect();
        let retries = RetryLimit::lasting(work::time_afterwards(invocation.deadline, now));
        let recorded = retries.call(async || self.world.registry().fail(&failed, &announcements).await).await;
        let Err(error) = recorded else {
            self.publish(&announcements, invocation).await;
            self.expire_run(&failed, None).await;
            return None;
        };
        let is_taken = matches!(error, RunWriteError::Conflict(_));
        let error = TrainError::from(error);
        tracing::warn!(run = %failed.id, %error, "the failure of the run could not be recorded");
        // If time ran out during the registration of the version, the registration may have succeeded all the same.
        let stored = if is_taken { self.world.registry().run(&failed.id).await.ok().flatten() } else { None };
        let stored = stored.and_then(Result::ok);
        stored.filter(|stored| stored.attempt == failed.attempt && stored.version().is_some())
    }
}
