//! The metrics function's program: sets up telemetry, configuration and AWS clients, then starts the Lambda runtime.

use anyhow::Context;
use evergreen_aws::env::Environment;
use evergreen_aws::{
    ArtifactBucket, CloudWatchAlarms, CloudWatchHistory, CloudWatchMetrics, EventBus, Registry, Scheduler, SystemClock,
    UsagePlan,
};
use evergreen_metrics::{
    MetricsConfig, MetricsHandler, MetricsPorts, Occasion, Reactor, RolloutSteps, check_skew, send_waiting_events,
};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = MetricsConfig::read(&environment).context("configuration")?;
    let sdk = evergreen_aws::connect(&environment).context("configuration")?;
    let expectations = &config.expectations;
    let artifacts = ArtifactBucket::new(&sdk, &config.bucket, expectations.model.clone());
    let registry = Registry::new(&sdk, &config.table, expectations.model.clone()).with_journal(&artifacts);
    let sink = CloudWatchMetrics::new(&sdk, expectations.model.clone());
    let schedules = Scheduler::new(&sdk, &config.schedule_name);
    let usage = UsagePlan::new(&sdk, &config.usage_plan);
    let bus = EventBus::new(&sdk);
    let (registry, artifacts, sink, schedules) = (&registry, &artifacts, &sink, &schedules);
    let history = &CloudWatchHistory::new(&sdk);
    let (usage, clock) = (&usage, &SystemClock);
    let ports = MetricsPorts { registry, artifacts, sink, schedules, usage, history, clock };
    let handler = &MetricsHandler { ports: &ports, expectations };
    let (model, rules) = (&expectations.model, &config.reactions);
    let reactor = &Reactor { registry, artifacts, bus: &bus, clock, model, rules };
    let alarms = &CloudWatchAlarms::new(&sdk, &config.stack);
    let rollouts = &RolloutSteps { registry, artifacts, bus: &bus, alarms, clock, model };
    // The futures are boxed, because the compiler limits how deeply futures may be nested.
    let handle = service_fn(async |event: LambdaEvent<Value>| {
        // The step comes first, so that its result is measured.
        Box::pin(rollouts.take()).await;
        let report = Box::pin(handler.handle(Occasion::of(&event.payload))).await;
        Box::pin(check_skew(registry, artifacts, model)).await;
        Box::pin(reactor.react()).await;
        Box::pin(send_waiting_events(registry, &bus, clock)).await;
        report
    });
    lambda_runtime::run(handle).await.map_err(anyhow::Error::from_boxed)
}
