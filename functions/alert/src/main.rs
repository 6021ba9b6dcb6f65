//! Starts the alert function: sets up telemetry, the configuration and the AWS clients, then runs the Lambda runtime.

use anyhow::Context;
use evergreen_alert::{AlertConfig, AlertEvent, AlertHandler, AlertPorts, DigestHandler};
use evergreen_aws::env::Environment;
use evergreen_aws::{CloudWatchAlarms, CloudWatchHistory, Registry, Scheduler, Ses, SystemClock};
use evergreen_lifecycle::ports::Clock;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    evergreen_aws::telemetry::init();
    let environment = Environment::process();
    let config = AlertConfig::read(&environment).context("configuration")?;
    let sdk = evergreen_aws::connect(&environment).context("configuration")?;
    let registry = Registry::new(&sdk, &config.table, config.letterhead.model.clone());
    let mailer = Ses::new(&sdk, config.sender.as_str(), config.configuration_set.clone());
    let (alarm_states, history) = (CloudWatchAlarms::new(&sdk, &config.letterhead.stack), CloudWatchHistory::new(&sdk));
    let clock = SystemClock;
    let ports = AlertPorts {
        registry: &registry,
        mailer: &mailer,
        alarm_states: &alarm_states,
        history: &history,
        clock: &clock,
    };
    let handler = &AlertHandler { ports: &ports, recipients: &config.recipients, letterhead: &config.letterhead };
    let schedules = Scheduler::new(&sdk, &config.schedule_name);
    let digest = &DigestHandler {
        registry: &registry,
        mailer: &mailer,
        schedules: &schedules,
        usage: &alarm_states,
        history: &history,
        billed: &config.billed,
        clock: &clock,
        recipients: &config.recipients,
        letterhead: &config.letterhead,
    };
    let handle = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let until = Timestamp::try_from(context.deadline()).unwrap_or(Timestamp::MAX);
        let event = AlertEvent::of(payload).map_err(not_understood)?;
        // Boxed, because the compiler limits how deeply futures may nest.
        Ok::<_, Diagnostic>(match event {
            AlertEvent::Alarms(event) => json!(Box::pin(handler.handle(*event, &context.request_id, until)).await?),
            AlertEvent::Digest(at) => {
                let at = at.unwrap_or_else(|| clock.now());
                json!(Box::pin(digest.handle(at, &context.request_id, until)).await?)
            }
        })
    });
    lambda_runtime::run(handle).await.map_err(anyhow::Error::from_boxed)
}

// The error of the parser may repeat parts of the event, which may name a person.
fn not_understood(_: serde_json::Error) -> Diagnostic {
    let error_message = "the event is neither from SNS nor from the schedule of the digest".to_owned();
    Diagnostic { error_type: "NotUnderstood".into(), error_message }
}
