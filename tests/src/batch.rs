//! Test access to the state machine of batch jobs.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;

use crate::stack::variable;
use crate::wait::until;

/// Test client of the state machine that runs batch jobs.
#[derive(Debug, Clone)]
pub struct BatchJobs {
    client: Client,
    machine: String,
}

/// An execution of the state machine.
#[derive(Debug, Clone)]
pub struct BatchExecution {
    /// Its status.
    pub status: ExecutionStatus,
    /// Why it failed. Empty if it did not.
    pub cause: String,
    /// Its result. Null if it has none.
    pub output: Value,
}

impl BatchJobs {
    /// Creates a client for the state machine of the stack under test.
    ///
    /// # Panics
    /// When the environment variable with its ARN is missing.
    pub fn of_process(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), machine: variable("EVERGREEN_BATCH_STATE_MACHINE") }
    }

    /// Starts an execution, and returns its ARN.
    ///
    /// # Panics
    /// When Step Functions refuses it.
    pub async fn start(&self, request: &Value) -> String {
        let start = self.client.start_execution().state_machine_arn(&self.machine).input(request.to_string());
        start.send().await.expect("the execution starts").execution_arn
    }

    /// Stops an execution.
    ///
    /// # Panics
    /// When Step Functions refuses it.
    pub async fn stop(&self, execution: &str) {
        self.client.stop_execution().execution_arn(execution).send().await.expect("the execution stops");
    }

    /// Waits until an execution has ended.
    ///
    /// # Panics
    /// When it has not ended within `limit`.
    pub async fn ended(&self, execution: &str, limit: Duration) -> BatchExecution {
        until(&format!("the end of {execution}"), limit, async || {
            let found = self.client.describe_execution().execution_arn(execution).send().await.expect("it exists");
            (found.status != ExecutionStatus::Running).then(|| BatchExecution {
                status: found.status,
                cause: found.cause.unwrap_or_default(),
                output: found.output.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
            })
        })
        .await
    }
}
