//! Starts the score Lambda function: telemetry → configuration → AWS clients → invocations.

use anyhow::Context;
use evergreen_aws::env::Environment;
use evergreen_aws::{ArtifactBucket, BatchBuckets, Registry, SystemClock};
use evergreen_score::{ScoreConfig, ScoreHandler, ScorePorts};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = ScoreConfig::read(&environment).context("configuration")?;
    let sdk = evergreen_aws::connect(&environment).context("configuration")?;
    let registry = Registry::new(&sdk, &config.table, config.model.clone());
    let artifacts = ArtifactBucket::new(&sdk, &config.bucket, config.model.clone());
    let objects = BatchBuckets::new(&sdk);
    let ports = ScorePorts { registry: &registry, artifacts: &artifacts, objects: &objects, clock: &SystemClock };
    let handler = &ScoreHandler::new(&ports, &config);
    let handle = service_fn(async |event: LambdaEvent<Value>| {
        // The Lambda runtime logs the kind and the text of the error once.
        Box::pin(handler.handle(event.payload)).await.map_err(Diagnostic::from)
    });
    lambda_runtime::run(handle).await.map_err(anyhow::Error::from_boxed)
}
