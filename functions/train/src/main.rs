//! Starts the train Lambda function: telemetry → configuration → AWS clients → invocations. With an event as its argument,
//! the program runs this one event as a job, outside Lambda.

use anyhow::Context;
use evergreen_aws::env::Environment;
use evergreen_aws::{ArtifactBucket, EventBus, Registry, SystemClock};
use evergreen_train::{Invocation, TrainConfig, TrainPorts, Trainer};
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = TrainConfig::read(&environment).context("configuration")?;
    let event = std::env::args().nth(1);
    let sdk = match &event {
        Some(_) => evergreen_aws::connect_job(&environment).context("configuration")?,
        None => evergreen_aws::connect(&environment).context("configuration")?,
    };
    let storage = ArtifactBucket::new(&sdk, &config.bucket, config.model.clone());
    let registry = Registry::new(&sdk, &config.table, config.model.clone()).with_journal(&storage);
    let (bus, clock) = (EventBus::new(&sdk), SystemClock);
    let world = TrainPorts { registry: &registry, storage: &storage, bus: &bus, clock: &clock };
    let trainer = &Trainer { world: &world, settings: &config.training };
    if let Some(event) = event {
        let id = environment.optional("AWS_BATCH_JOB_ID").unwrap_or_else(|| "job".to_owned());
        let response = evergreen_train::run_job(trainer, &event, id).await?;
        println!("{}", serde_json::to_string(&response)?);
        return Ok(());
    }
    let handle = service_fn(async |event: LambdaEvent<Value>| {
        let deadline = Timestamp::try_from(event.context.deadline()).unwrap_or(Timestamp::MAX);
        let invocation = Invocation { id: event.context.request_id, deadline, is_job: false };
        // The Lambda runtime logs the kind and the text of the error once.
        trainer.handle(event.payload, &invocation).await.map_err(Diagnostic::from)
    });
    lambda_runtime::run(handle).await.map_err(anyhow::Error::from_boxed)
}
