//! Does the step that an event asks for.

use serde::Serialize;
use serde_json::Value;

use crate::config::ScoreConfig;
use crate::error::BatchStepError;
use crate::event::{JobRequest, ScoreEvent};
use crate::finishing::Finishing;
use crate::planning::Planning;
use crate::ports::ScoreWorld;
use crate::scoring::PartScoring;
use crate::stored::JobStore;
use crate::versions::KeptScorer;

/// Does the steps of batch jobs.
#[derive(Debug)]
pub struct ScoreHandler<'a, W> {
    world: &'a W,
    config: &'a ScoreConfig,
    scorer: KeptScorer,
}

impl<'a, W: ScoreWorld> ScoreHandler<'a, W> {
    /// Creates a handler without a model in memory.
    pub fn new(world: &'a W, config: &'a ScoreConfig) -> Self {
        Self { world, config, scorer: KeptScorer::default() }
    }

    /// Does one step, and returns its result for the state machine.
    ///
    /// # Errors
    /// [`BatchStepError`]. Its kind says whether another try may succeed.
    pub async fn handle(&self, event: Value) -> Result<Value, BatchStepError> {
        let (world, config) = (self.world, self.config);
        match ScoreEvent::read(event)? {
            ScoreEvent::Plan { execution, request } => {
                let request = JobRequest::read(&request, &execution)?;
                json(&Planning { world, config, store: self.store() }.plan(&execution, request).await?)
            }
            ScoreEvent::Score { job, part } => {
                json(&PartScoring { world, store: self.store(), scorer: &self.scorer }.score(&job, &part).await?)
            }
            ScoreEvent::Finish { job } => json(&Finishing { world, store: self.store() }.finish(&job).await?),
        }
    }

    fn store(&self) -> JobStore<'_, W::Objects> {
        JobStore { objects: self.world.objects(), bucket: &self.config.bucket, model: &self.config.model }
    }
}

fn json(result: &impl Serialize) -> Result<Value, BatchStepError> {
    serde_json::to_value(result).map_err(BatchStepError::Json)
}
