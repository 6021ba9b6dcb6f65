//! Starts the console Lambda function: telemetry → configuration → AWS clients → requests.

use std::sync::Arc;

use anyhow::Context;
use evergreen_aws::env::Environment;
use evergreen_aws::{ArtifactBucket, CloudWatchAlarms, EmulatorMailbox, EventBus, Registry, Scheduler, SystemClock};
use evergreen_console::{ConsoleApp, ConsoleConfig, ConsolePorts};
use lambda_http::lambda_runtime::{self, Error, LambdaEvent, service_fn};
use lambda_http::{Body, RequestExt, aws_lambda_events::apigw::ApiGatewayProxyResponse};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = ConsoleConfig::read(&environment).context("configuration")?;
    let sdk = evergreen_aws::connect(&environment).context("configuration")?;
    let model = &config.stack.model;
    let artifacts = ArtifactBucket::new(&sdk, &config.bucket, model.clone()).keeping_feedback(config.keeps_feedback);
    let is_emulated = config.stack.is_emulated;
    let mailbox = if is_emulated { EmulatorMailbox::new(&sdk, &environment) } else { Ok(EmulatorMailbox::none()) };
    let ports = ConsolePorts {
        registry: Arc::new(Registry::new(&sdk, &config.table, model.clone()).with_journal(&artifacts)),
        artifacts: Arc::new(artifacts),
        scheduler: Arc::new(Scheduler::new(&sdk, &config.schedule_name)),
        alarms: Arc::new(CloudWatchAlarms::new(&sdk, &config.stack.name)),
        bus: Arc::new(EventBus::new(&sdk)),
        mailbox: Arc::new(mailbox.context("configuration")?),
        clock: Arc::new(SystemClock),
    };
    let app = &ConsoleApp::new(ports, config.stack);
    let handle = service_fn(async |event: LambdaEvent<Value>| {
        // The future is boxed, because the compiler limits how deeply futures may be nested.
        if let Some(answer) = Box::pin(app.handle_direct(&event.payload)).await {
            return Ok::<_, Error>(answer);
        }
        let request = lambda_http::request::from_str(&event.payload.to_string())?.with_lambda_context(event.context);
        let (parts, body) = Box::pin(app.handle(&request)).await.into_parts();
        let mut response = ApiGatewayProxyResponse::default();
        response.status_code = parts.status.as_u16().into();
        response.multi_value_headers = parts.headers;
        response.body = Some(Body::Text(body));
        Ok(serde_json::to_value(response)?)
    });
    lambda_runtime::run(handle).await.map_err(anyhow::Error::from_boxed)
}
