//! Starts the alert function: sets up telemetry, the configuration and the AWS clients, then runs the Lambda runtime.

use anyhow::Context;
use aws_lambda_events::event::sns::SnsEvent;
use evergreen_alert::{AlertConfig, AlertHandler, AlertPorts};
use evergreen_aws::env::Environment;
use evergreen_aws::{CloudWatchHistory, Registry, Ses, SystemClock};
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = AlertConfig::read(&environment).context("configuration")?;
    let sdk = evergreen_aws::connect(&environment).context("configuration")?;
    let registry = Registry::new(&sdk, &config.table, config.letterhead.model.clone());
    let mailer = Ses::new(&sdk, config.sender.as_str(), config.configuration_set.clone());
    let (history, clock) = (CloudWatchHistory::new(&sdk), SystemClock);
    let ports = AlertPorts { registry: &registry, mailer: &mailer, history: &history, clock: &clock };
    let handler = &AlertHandler { ports: &ports, recipients: &config.recipients, letterhead: &config.letterhead };
    let handle = service_fn(async |event: LambdaEvent<SnsEvent>| {
        let until = Timestamp::try_from(event.context.deadline()).unwrap_or(Timestamp::MAX);
        // Boxed, because the compiler limits how deeply futures may nest.
        Box::pin(handler.handle(event.payload, &event.context.request_id, until)).await
    });
    lambda_runtime::run(handle).await.map_err(anyhow::Error::from_boxed)
}
