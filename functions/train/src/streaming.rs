//! Training on a table that is read as a stream, because it does not fit into memory.
//!
//! A training that needs more time than one invocation pauses: it stores a checkpoint, and asks over the event bus for
//! another invocation, which goes on. A checkpoint is also stored every minute. So a training that the platform stops goes
//! on from there when Lambda repeats the invocation.

mod kept;
mod reads;

use std::time::Duration;

use evergreen_learning::{
    LearningError, Origin, Pauses, Plan, Prepared, ProgressWatch, RowStream, StreamedOutcome, Trained, train_streamed,
};
use evergreen_lifecycle::ports::{Checkpoints, Unavailable};
use evergreen_lifecycle::{Actor, ActorKind, DraftedChange, Run, time};
use evergreen_table::streamed::{StreamSample, StreamedTable};

pub(crate) use self::kept::KeptTraining;
pub(crate) use self::reads::TableReads;

use crate::dataset::refused;
use crate::error::TrainError;
use crate::event::TrainingOptions;
use crate::ports::TrainWorld;
use crate::retries::RetryLimit;
use crate::trainer::{Invocation, Trainer};
use crate::verifying::apply;
use crate::work::{learning_deadline, off_thread};

/// Time between two checkpoints of a training that does not pause.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// Maximum time for storing a checkpoint of a training that goes on. Meanwhile nothing is read for the training.
const KEEPING: Duration = Duration::from_secs(20);

/// Maximum number of attempts of a run that goes on after pauses.
const MAX_ATTEMPTS: u32 = 50;

/// The name of the actor in the audit entry of a pause.
const ACTOR: &str = "train";

/// The rows of a table that stay in the store, and the reads that fetch them.
pub(crate) struct TableStream {
    /// The prefix of the S3 keys of the files, or the key of the only one.
    pub(crate) source: String,
    pub(crate) table: StreamedTable,
    pub(crate) sample: StreamSample,
    pub(crate) reads: TableReads,
}

/// How a streamed training of one invocation ended.
pub(crate) enum StreamedTraining {
    /// The model is trained.
    Trained(Box<Trained>),
    /// The time was up. Another invocation goes on.
    Paused,
}

impl<W: TrainWorld> Trainer<'_, W> {
    /// Trains on a streamed table, or goes on with a training of the same run. Pauses before the invocation ends.
    pub(crate) async fn train_stream(
        &self,
        run: &Run,
        (prepared, stream): (Prepared, TableStream),
        options: &TrainingOptions,
        (invocation, retries): (&Invocation, RetryLimit),
        watch: ProgressWatch,
    ) -> Result<StreamedTraining, TrainError> {
        let plan = Plan::streamed(prepared.table(), options.family, &options.overrides, options.seed)?;
        let kept = retries.call(async || self.world.storage().checkpoint(&run.id).await).await?;
        let earlier = kept.and_then(|kept| KeptTraining::read(&kept)).map(|kept| kept.checkpoint);
        if earlier.is_some() {
            tracing::info!(run = %run.id, "the training goes on from its checkpoint");
        }
        let origin =
            Origin { model: self.settings.model.to_string(), code_version: self.settings.code_version.clone() };
        let deadline = learning_deadline(invocation.deadline, self.world.clock().now(), None);
        let TableStream { source, table, sample, mut reads } = stream;
        let keeper = reads.keeper();
        let work = off_thread(move || {
            let keep = move |checkpoint| keeper.keep(checkpoint);
            let pauses = Pauses { deadline, every: CHECKPOINT_EVERY, keep: &keep, earlier };
            let stream = RowStream { table: &table, sample: &sample };
            train_streamed(&prepared, stream, (&plan, &origin), pauses, &watch)
        });
        let keep = async |checkpoint: Vec<u8>| {
            // The training goes on without this checkpoint, and stores another one later.
            let retries = retries.at_most(KEEPING);
            if let Err(error) = self.keep_training((run, options), None, checkpoint, retries).await {
                tracing::warn!(run = %run.id, %error, "a checkpoint could not be stored");
            }
        };
        match reads.serve(self.world.storage(), retries, keep, work).await? {
            Ok(StreamedOutcome::Trained(trained)) => Ok(StreamedTraining::Trained(trained)),
            Ok(StreamedOutcome::Paused(checkpoint)) => {
                self.pause((run, options), checkpoint, (invocation, retries)).await?;
                Ok(StreamedTraining::Paused)
            }
            Err(error) => Err(match (reads.failure(), error) {
                (Some(failure), _) => failure.into(),
                (None, LearningError::Rows(error)) => refused(&source)(error),
                (None, error) => error.into(),
            }),
        }
    }

    /// Stores the checkpoint of a training that pauses, and asks for another invocation.
    async fn pause(
        &self,
        (run, options): (&Run, &TrainingOptions),
        checkpoint: Vec<u8>,
        (invocation, retries): (&Invocation, RetryLimit),
    ) -> Result<(), TrainError> {
        if run.attempt >= MAX_ATTEMPTS {
            return Err(TrainError::TooManyPauses(run.attempt));
        }
        self.keep_training((run, options), Some(run.attempt), checkpoint, retries).await?;
        if invocation.is_job {
            tracing::info!(run = %run.id, attempt = run.attempt, "the training pauses, and the job must be repeated");
            return Ok(());
        }
        let id = format!("continue-{}-{}", run.id, run.attempt);
        let now = time::to_millis(self.world.clock().now());
        let actor = Actor::new(ActorKind::Stack, ACTOR);
        let change = DraftedChange::continuation(&run.id).made(id, actor, &self.settings.model, None, now)?;
        retries.call(async || apply(self.world.registry(), &change).await).await?;
        tracing::info!(run = %run.id, attempt = run.attempt, "the training pauses, and another invocation goes on");
        self.publish(&change.announcements, invocation).await;
        Ok(())
    }

    async fn keep_training(
        &self,
        (run, options): (&Run, &TrainingOptions),
        paused: Option<u32>,
        checkpoint: Vec<u8>,
        retries: RetryLimit,
    ) -> Result<(), TrainError> {
        let (id, trigger, options) = (run.id.clone(), run.trigger.clone(), options.clone());
        let content = KeptTraining { id, trigger, options, paused, checkpoint }.write()?;
        let keep = async || self.world.storage().keep_checkpoint(&run.id, content.clone()).await;
        Ok(retries.call(keep).await?)
    }

    /// Deletes the checkpoint of a run that has ended. A checkpoint that stays is deleted by the bucket after some days.
    pub(crate) async fn forget_training(&self, run: &Run) {
        if let Err(Unavailable { what, cause, .. }) = self.world.storage().remove_checkpoint(&run.id).await {
            tracing::warn!(run = %run.id, what, %cause, "the checkpoint of the run stays in the bucket for some days");
        }
    }
}
