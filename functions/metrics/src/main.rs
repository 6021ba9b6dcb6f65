//! Wiring of the metrics function: telemetry → configuration → clients → run.

use anyhow::Context;
use evergreen_aws::env::Environment;
use evergreen_aws::{ArtifactBucket, CloudWatch, Registry, SystemClock, UsagePlan};
use evergreen_metrics::{Config, Meter, WithQuota};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = Config::read(&environment).context("configuration")?;
    let sdk = evergreen_aws::connect(&environment).context("configuration")?;
    let registry = Registry::new(&sdk, &config.table, config.model.clone());
    let artifacts = ArtifactBucket::new(&sdk, &config.bucket, config.model.clone());
    let sink = CloudWatch::new(&sdk, config.model.clone());
    let usage = UsagePlan::new(&sdk, &config.usage_plan);
    let sink = WithQuota { sink: &sink, usage: &usage, quota: config.quota };
    let clock = SystemClock;
    let meter =
        &Meter { registry: &registry, artifacts: &artifacts, sink: &sink, clock: &clock, deadline: &config.deadline };
    // Boxed: the compiler follows nested futures only so deep.
    let handle = service_fn(async |_: LambdaEvent<IgnoredAny>| Box::pin(meter.handle()).await);
    lambda_runtime::run(handle).await.map_err(anyhow::Error::from_boxed)
}
