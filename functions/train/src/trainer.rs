//! One invocation: from the event to a registered version, or to a run that says why there is none.

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
    Run(Box<Report>),
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
    R: Runs + Registrar + Champions + Versions + EventOutbox + RecordRetention,
    S: Artifacts + ArtifactWriter + Datasets + Incoming + ObjectRetention,
    B: Announcer,
    C: Clock,
{
    /// Does what the event asks for: a run, or the promotion of an earlier version.
    ///
    /// # Errors
    /// [`TrainError`] says why it was not done.
    pub async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Answer, TrainError> {
        // Boxed: the compiler follows nested futures only so deep.
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

    /// Makes a version, or finds that there is nothing to do.
    ///
    /// # Errors
    /// [`TrainError`] says why there is no version. It stands in the run record too, as far as the registry answers.
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

    /// The kind of model that a run made which another invocation had a part in.
    async fn family_of(&self, run: &Run) -> Result<Option<Family>, TrainError> {
        let Some(number) = run.version() else { return Ok(None) };
        Ok(self.registry.version(number).await?.and_then(Result::ok).map(|version| version.family))
    }

    /// The run that is asked for. An event that could not be read is a run of its own, which `otherwise` asks for, so that its
    /// failure is on record.
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

    /// When a run begins that is opened now: after every run on record, whose machine may have had another clock. Where the
    /// registry does not say, this clock alone decides.
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

    /// Makes the version, or gives up while there still is time to say so.
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

    /// Until when the work of an invocation may be tried again.
    fn patience(&self, invocation: &Invocation) -> Patience {
        Patience::lasting(work::time_limit(invocation.deadline, self.clock.now()))
    }

    /// Stores that the run failed, and tells it. Returns the run as it is on record where this attempt has ended it well after
    /// all: time may run out while the registration is on its way.
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
