//! The batch jobs of a stack: their state machine, and what its bucket knows of them.

use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::types::ExecutionStatus;
use evergreen_batch::{BatchManifest, BatchProgress, JobId, JobKeys, PlannedJob};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bucket::ModelBucket;
use crate::failure::Failure;
use crate::stack::reason;

/// The batch jobs of a stack.
#[derive(Debug, Clone)]
pub struct BatchService {
    client: Client,
    machine: String,
    bucket: ModelBucket,
}

/// State of an execution of the state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionState {
    /// It has not ended.
    Running,
    /// It has ended well.
    Succeeded,
    /// It has failed or was stopped, for this reason.
    Failed(String),
}

impl BatchService {
    /// Creates a client. `machine` is the ARN of the state machine.
    pub fn new(config: &SdkConfig, machine: String, bucket: ModelBucket) -> Self {
        Self { client: Client::new(config), machine, bucket }
    }

    /// Starts an execution with this name, and returns its ARN.
    pub async fn start(&self, name: &str, request: &Value) -> Result<String, Failure> {
        let start = self.client.start_execution().state_machine_arn(&self.machine).name(name);
        let started = start.input(request.to_string()).send().await;
        started.map(|started| started.execution_arn).map_err(|error| self.failed("start", reason(error)))
    }

    /// Returns the ARN of the execution that began a job. It has the name of the job if a command began it.
    pub fn execution(&self, job: &JobId) -> String {
        format!("{}:{job}", self.machine.replacen(":stateMachine:", ":execution:", 1))
    }

    /// Returns the state of an execution, or `None` if no execution has this ARN.
    pub async fn state(&self, execution: &str) -> Result<Option<ExecutionState>, Failure> {
        let found = match self.client.describe_execution().execution_arn(execution).send().await {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(DescribeExecutionError::is_execution_does_not_exist) => {
                return Ok(None);
            }
            Err(error) => return Err(self.failed("follow", reason(error))),
        };
        Ok(Some(match found.status {
            ExecutionStatus::Running => ExecutionState::Running,
            ExecutionStatus::Succeeded => ExecutionState::Succeeded,
            status => {
                let cause = found.cause.as_deref().map(message).unwrap_or_default();
                ExecutionState::Failed(if cause.is_empty() { status.as_str().to_lowercase() } else { cause })
            }
        }))
    }

    /// Returns a job as it was planned. `None` if it was not yet.
    pub async fn planned(&self, job: &JobId) -> Result<Option<PlannedJob>, Failure> {
        self.read(&self.keys(job).job()).await
    }

    /// Returns the manifest of a job. `None` if no execution of it has ended.
    pub async fn manifest(&self, job: &JobId) -> Result<Option<BatchManifest>, Failure> {
        self.read(&self.keys(job).manifest()).await
    }

    /// Returns how far a job is.
    pub async fn progress(&self, planned: &PlannedJob) -> Result<BatchProgress, Failure> {
        let receipts = self.bucket.keys(&self.keys(&planned.job.id).receipts()).await?;
        Ok(BatchProgress::of(receipts.iter().map(String::as_str), &planned.job.rates))
    }

    fn keys(&self, job: &JobId) -> JobKeys {
        JobKeys::of(self.bucket.model(), job)
    }

    async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Failure> {
        let Some(content) = self.bucket.object(key).await? else { return Ok(None) };
        let read = serde_json::from_slice(&content);
        read.map(Some).map_err(|error| Failure::unreachable(format!("{key} is not what this release writes"), error))
    }

    fn failed(&self, what: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        let rights = "your credentials need states:StartExecution and states:DescribeExecution";
        Failure::unreachable(format!("cannot {what} the batch job in {} ({rights})", self.machine), cause)
    }
}

/// Returns the message in the cause of a failed execution. A failed function reports a JSON object with it.
fn message(cause: &str) -> String {
    let json: Option<Value> = serde_json::from_str(cause).ok();
    let message = json.as_ref().and_then(|json| json.get("errorMessage")).and_then(Value::as_str);
    message.unwrap_or(cause).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_failed_function_is_found() {
        assert_eq!(message(r#"{"errorType":"Refused","errorMessage":"no file"}"#), "no file");
        assert_eq!(message("2 of 9 parts have no answers"), "2 of 9 parts have no answers");
    }
}
