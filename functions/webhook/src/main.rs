//! Starts the webhook function: sets up telemetry, the configuration and the clients, then runs the Lambda runtime.

use anyhow::Context;
use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use evergreen_aws::env::Environment;
use evergreen_aws::{SystemClock, WebhookClient, WebhookSecret};
use evergreen_webhook::{WebhookConfig, WebhookHandler, WebhookPorts};
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = WebhookConfig::read(&environment).context("configuration")?;
    let sdk = evergreen_aws::connect(&environment).context("configuration")?;
    let receiver = WebhookClient::new(&environment, config.url).context("configuration")?;
    let secret = WebhookSecret::new(&sdk, &config.secret_arn);
    let ports = WebhookPorts { receiver: &receiver, secret: &secret, clock: &SystemClock };
    let handler = &WebhookHandler::new(&ports, config.format);
    let handle = service_fn(async |event: LambdaEvent<EventBridgeEvent>| {
        // Boxed, because the compiler limits how deeply futures may nest.
        Box::pin(handler.handle(event.payload, &event.context.request_id)).await
    });
    lambda_runtime::run(handle).await.map_err(anyhow::Error::from_boxed)
}
