//! Handles one invocation: the event leads to a registered version, or to a failed run with a reason.

use evergreen_lifecycle::ports::{
    Announcer, ArtifactWriter, Artifacts, Champions, Clock, Datasets, EventOutbox, Incoming, ObjectRetention, Opening,
    RecordRetention, Registrar, Registration, RunWriteError, Runs, Versions,
};
use evergreen_lifecycle::{Admission, Announcement, Family, LifecycleEvent, Run, RunId, RunState, Trigger, run, time};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::config::Training;
use crate::error::{TrainError, cut};
use crate::patience::{BEFORE_LEARNING, Patience};
use crate::promotion::{self, Promoted};
use crate::report::Report;
use crate::request::{Request, Wanted};
use crate::work;

/// Maximum number of tries to open a run while other attempts change its record.
const MAX_ADMISSIONS: u32 = 3;

/// The facts about an invocation that a run needs.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The platform's request ID, which stays the same on a retry.
    pub id: String,
    /// When the platform ends the invocation.
    pub deadline: Timestamp,
}

/// The result of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The result of a run.
    Run(Box<Report>),
    /// The result of a promotion.
    Promotion(Promoted),
}

/// Handles invocations through the ports.
#[derive(Debug)]
pub struct Trainer<'a, R, S, B, C> {
    /// Holds runs, versions and the champion.
    pub registry: &'a R,
    /// Holds data sets and artifacts.
    pub storage: &'a S,
    /// Publishes events.
    pub bus: &'a B,
    /// Tells the current time.
    pub clock: &'a C,
    /// The settings for training.
    pub training: &'a Training,
}

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: Runs + Registrar + Champions + Versions + EventOutbox + RecordRetention,
    S: Artifacts + ArtifactWriter + Datasets + Incoming + ObjectRetention,
    B: Announcer,
    C: Clock,
{
    /// Runs what the event asks for: a training, an import or the promotion of an earlier version.
    ///
    /// # Errors
    /// Returns [`TrainError`] with the reason for the failure.
    pub async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Answer, TrainError> {
        // Boxed, because the compiler limits the depth of nested futures.
        let answer = Box::pin(self.answer(event, invocation)).await;
        self.tell_what_waits(invocation).await;
        answer
    }

    async fn answer(&self, event: Value, invocation: &Invocation) -> Result<Answer, TrainError> {
        if promotion::is_asked_for(&event) {
            return promotion::promote(self, event, invocation).await.map(Answer::Promotion);
        }
        self.train(event, invocation).await.map(|report| Answer::Run(Box::new(report)))
    }

    /// Creates a version, or finds that there is nothing to do.
    ///
    /// # Errors
    /// Returns [`TrainError`] with the reason why there is no version. The run record contains it too if the registry
    /// answers.
    pub async fn train(&self, event: Value, invocation: &Invocation) -> Result<Report, TrainError> {
        let otherwise = Request::trigger_of(&event);
        let request = Request::parse(event, &invocation.id);
        let run = self.new_run(request.as_ref().ok(), otherwise, invocation)?;
        match self.admit(run, invocation).await? {
            Admission::Failed(run) => {
                Err(TrainError::FailedBefore(run.reason().unwrap_or("it failed before").to_owned()))
            }
            Admission::Open(run, _) => self.attempt(*run, request.map_err(TrainError::from), invocation).await,
            Admission::Finished(run) | Admission::Busy(run) => {
                Ok(Report::of(&run, self.family_of(&run).await?, true, self.clock.now()))
            }
        }
    }

    /// Returns the model family of a run's version, from the registry.
    async fn family_of(&self, run: &Run) -> Result<Option<Family>, TrainError> {
        let Some(number) = run.version() else { return Ok(None) };
        Ok(self.registry.version(number).await?.and_then(Result::ok).map(|version| version.family))
    }

    /// Creates the record of a new run. An invalid event gets a run too, with the trigger `otherwise`, so that its
    /// failure is recorded.
    fn new_run(
        &self,
        request: Option<&Request>,
        otherwise: Trigger,
        invocation: &Invocation,
    ) -> Result<Run, TrainError> {
        let (id, trigger) = match request {
            Some(request) => (request.id.clone(), request.trigger.clone()),
            None if otherwise.is_training() => (RunId::requested(&invocation.id)?, otherwise),
            None => (RunId::import(&invocation.id)?, otherwise),
        };
        Ok(Run {
            id,
            model: self.training.model.clone(),
            attempt: 1,
            invocation: invocation.id.clone(),
            tries: 1,
            trigger,
            code_version: self.training.code_version.clone(),
            started_at: self.clock.now(),
            lease_until: invocation.deadline,
            dataset: None,
            seed: None,
            parameters: None,
            search: None,
            warnings: Vec::new(),
            imported: None,
            rescored: None,
            metrics: None,
            state: RunState::Running,
        })
    }

    async fn admit(&self, request: Run, invocation: &Invocation) -> Result<Admission, TrainError> {
        let patience = self.patience(invocation).at_most(BEFORE_LEARNING);
        for _ in 0..MAX_ADMISSIONS {
            let stored = patience.with(async || self.registry.run(&request.id).await).await?.transpose()?;
            let (run, former) = match Run::admit(request.clone(), stored, self.clock.now()) {
                Admission::Open(run, former) => (Box::new(Run { started_at: self.beginning().await, ..*run }), former),
                admission => return Ok(admission),
            };
            let lost = &Announcement::of(&LifecycleEvent::of_loss(&run))?;
            let opening = Opening { run: &run, former: former.as_deref(), lost };
            match patience.with(async || self.registry.open(&opening).await).await {
                Ok(()) => return Ok(Admission::Open(run, former)),
                Err(RunWriteError::Conflict(_)) => {}
                Err(RunWriteError::Unavailable(error)) => return Err(error.into()),
            }
        }
        Err(TrainError::RunTaken(request.id))
    }

    /// Returns a start time that is later than that of every recorded run, even if the clocks of two machines differ.
    /// If the registry does not answer, this machine's clock alone decides.
    async fn beginning(&self) -> Timestamp {
        let now = self.clock.now();
        let newest = match self.registry.recent_runs(1).await {
            Ok(runs) => runs.into_iter().next(),
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "the run is dated without regard to the run before it");
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
        request: Result<Request, TrainError>,
        invocation: &Invocation,
    ) -> Result<Report, TrainError> {
        let made = match request {
            Ok(request) => self.make_in_time(&mut run, &request, invocation).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(registration) => {
                self.tell(&registration.announcements, invocation).await;
                self.let_go(&registration.run, Some(&registration.version)).await;
                let family = Some(registration.version.family);
                Ok(Report::of(&registration.run, family, false, self.clock.now()))
            }
            Err(error) => match self.record_failure(run, &error, invocation).await {
                Some(ended) => Ok(Report::of(&ended, self.family_of(&ended).await?, false, self.clock.now())),
                None => Err(error),
            },
        }
    }

    /// Creates the version, or gives up while there is still time to record the failure.
    async fn make_in_time(
        &self,
        run: &mut Run,
        request: &Request,
        invocation: &Invocation,
    ) -> Result<Registration, TrainError> {
        let limit = work::time_limit(invocation.deadline, self.clock.now());
        let patience = self.patience(invocation);
        let made = async {
            match &request.wanted {
                Wanted::Training(wishes) => self.train_version(run, wishes, invocation, patience).await,
                Wanted::Import(file) => self.import_version(run, file, patience).await,
            }
        };
        tokio::time::timeout(limit, made).await.unwrap_or(Err(TrainError::OutOfTime))
    }

    /// Returns how long the work of an invocation may be retried.
    fn patience(&self, invocation: &Invocation) -> Patience {
        Patience::lasting(work::time_limit(invocation.deadline, self.clock.now()))
    }

    /// Records and publishes the failure of a run. If this attempt was registered after all, returns the stored run
    /// instead. That happens if time runs out during the registration.
    async fn record_failure(&self, run: Run, error: &TrainError, invocation: &Invocation) -> Option<Run> {
        let now = self.clock.now();
        let retry_until = if error.can_heal(&run) { run.retry_window(now) } else { None };
        let failed = run.failed(cut(error.to_string()), retry_until, now);
        let announcements: Vec<_> = Announcement::of(&LifecycleEvent::of_failure(&failed, now)).into_iter().collect();
        let patience = Patience::lasting(work::time_afterwards(invocation.deadline, now));
        let recorded = patience.with(async || self.registry.fail(&failed, &announcements).await).await;
        let Err(error) = recorded else {
            self.tell(&announcements, invocation).await;
            self.let_go(&failed, None).await;
            return None;
        };
        let is_taken = matches!(error, RunWriteError::Conflict(_));
        let error = TrainError::from(error);
        tracing::warn!(run = %failed.id, %error, "the failure could not be recorded");
        let stored = if is_taken { self.registry.run(&failed.id).await.ok().flatten() } else { None };
        let stored = stored.and_then(Result::ok);
        stored.filter(|stored| stored.attempt == failed.attempt && stored.version().is_some())
    }
}
