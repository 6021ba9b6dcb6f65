//! Test helper that calls the deployed Lambda functions directly.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, InvocationType, LastUpdateStatus, LogType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::stack::variable;
use crate::wait::{seconds, until};

/// Name of the Lambda alias by which API Gateway calls the predict function.
const ALIAS: &str = "live";

/// Test client of the deployed Lambda functions, with the functions' names.
#[derive(Debug, Clone)]
pub struct Functions {
    client: Client,
    /// Name of the Lambda function that trains model versions.
    pub train: String,
    /// Name of the Lambda function that answers the HTTP APIs.
    pub predict: String,
    /// Name of the Lambda function that answers the console.
    pub console: String,
    /// Name of the Lambda function that publishes metrics.
    pub metrics: String,
    /// Name of the Lambda function that sends mail about alarms.
    pub alert: String,
}

/// The result of a direct call of a Lambda function.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Whether the Lambda function returned an error.
    pub failed: bool,
    /// The return value of the Lambda function as JSON, or its error as JSON.
    pub payload: Value,
    /// The last lines of the Lambda function's log.
    pub log: String,
}

impl Functions {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self {
            client: Client::new(config),
            train: variable("EVERGREEN_TRAIN_FUNCTION"),
            predict: variable("EVERGREEN_PREDICT_FUNCTION"),
            console: variable("EVERGREEN_CONSOLE_FUNCTION"),
            metrics: variable("EVERGREEN_METRICS_FUNCTION"),
            alert: variable("EVERGREEN_ALERT_FUNCTION"),
        }
    }

    /// Calls the Lambda function with `event` and waits for its result.
    ///
    /// # Panics
    /// When Lambda refuses the call.
    pub async fn call(&self, function: &str, event: &Value) -> Outcome {
        let call = self.client.invoke().function_name(function).payload(Blob::new(event.to_string()));
        let answer = call.log_type(LogType::Tail).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{function} cannot be called: {error:?}"));
        let payload = answer.payload().map(Blob::as_ref).unwrap_or_default();
        let log = STANDARD.decode(answer.log_result().unwrap_or_default()).expect("a log comes as base64");
        Outcome {
            failed: answer.function_error().is_some(),
            payload: serde_json::from_slice(payload).unwrap_or_default(),
            log: String::from_utf8_lossy(&log).into_owned(),
        }
    }

    /// Sends an asynchronous event to the Lambda function, as other AWS services do.
    ///
    /// # Panics
    /// When Lambda refuses the event.
    pub async fn hand_over(&self, function: &str, event: &Value) {
        // Lambda retries a failed event and then puts it into a dead-letter queue.
        let call = self.client.invoke().function_name(function).payload(Blob::new(event.to_string()));
        call.invocation_type(InvocationType::Event).send().await.expect("Lambda takes the event");
    }

    /// Calls the metrics function by hand, so that it publishes every metric now. Returns the values by metric name.
    ///
    /// # Panics
    /// When the metrics function fails.
    pub async fn measure(&self) -> Value {
        let outcome = self.call(&self.metrics, &serde_json::json!({})).await;
        assert!(!outcome.failed, "the metrics function failed: {}", outcome.payload);
        outcome.payload["published"].clone()
    }

    /// Returns the value of an environment variable of the Lambda function.
    ///
    /// # Panics
    /// When the function has no such variable.
    pub async fn setting(&self, function: &str, name: &str) -> String {
        let variables = self.variables(function).await;
        variables.get(name).unwrap_or_else(|| panic!("{function} has no {name}")).clone()
    }

    /// Returns the environment variables of the Lambda function.
    ///
    /// # Panics
    /// When the function is missing.
    pub async fn variables(&self, function: &str) -> HashMap<String, String> {
        let configuration = self.client.get_function_configuration().function_name(function).send().await;
        let environment = configuration.expect("the function is there").environment;
        environment.and_then(|environment| environment.variables).unwrap_or_default()
    }

    /// Changes the maximum duration of the function's invocations.
    ///
    /// # Panics
    /// When Lambda refuses the new configuration.
    pub async fn set_timeout(&self, function: &str, seconds: i32) {
        let update = self.client.update_function_configuration().function_name(function).timeout(seconds);
        update.send().await.expect("the function can be configured");
        self.until_settled(function).await;
    }

    /// Changes an environment variable of the deployed Lambda function.
    ///
    /// # Panics
    /// When Lambda refuses the new configuration.
    pub async fn set(&self, function: &str, name: &str, value: &str) {
        let mut variables = self.variables(function).await;
        variables.insert(name.to_owned(), value.to_owned());
        let environment = Environment::builder().set_variables(Some(variables)).build();
        let update = self.client.update_function_configuration().function_name(function).environment(environment);
        update.send().await.expect("the function can be configured");
        self.until_settled(function).await;
    }

    /// Ends the running instances of the Lambda function, so that the next call is a cold start.
    ///
    /// # Panics
    /// When Lambda refuses the new configuration.
    pub async fn forget_environments(&self, function: &str) {
        // Any update of the configuration does this, even one that changes nothing.
        let configuration = self.client.get_function_configuration().function_name(function).send().await;
        let memory = configuration.expect("the function is there").memory_size;
        let update = self.client.update_function_configuration().function_name(function).set_memory_size(memory);
        update.send().await.expect("the function can be configured");
        self.until_settled(function).await;
    }

    async fn until_settled(&self, function: &str) {
        until("the function's configuration to settle", seconds(20), async || {
            let now = self.client.get_function_configuration().function_name(function).send().await.ok()?;
            (now.last_update_status == Some(LastUpdateStatus::Successful)).then_some(())
        })
        .await;
        if function == self.predict {
            self.publish(function).await;
        }
    }

    /// Points the Lambda alias of the function to a new Lambda version and deletes the former one, as a deployment does.
    async fn publish(&self, function: &str) {
        let live = self.client.get_alias().function_name(function).name(ALIAS).send().await;
        let former = live.expect("the function has an alias").function_version.expect("an alias has a version");
        let published = self.client.publish_version().function_name(function).send().await;
        let version = published.expect("Lambda publishes a version").version.expect("a version has a number");
        let update = self.client.update_alias().function_name(function).name(ALIAS).function_version(version);
        update.send().await.expect("the alias can be changed");
        let deletion = self.client.delete_function().function_name(function).qualifier(former);
        deletion.send().await.expect("Lambda deletes a version");
    }
}
