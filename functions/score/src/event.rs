//! Reads the events of the state machine. One field says which step is due.

use evergreen_batch::{BatchJob, BatchPart, JobId, Location};
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::digest::sha256_hex;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Number of digits of a hash that distinguish a job that nobody has named.
const DIGITS: usize = 12;

/// An event of the state machine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum ScoreEvent {
    /// Plan a job.
    Plan {
        /// The name of the execution.
        execution: String,
        /// What started the execution: a request, an event of the bucket, or the schedule.
        request: Value,
    },
    /// Score one part.
    Score {
        /// The job.
        job: Box<BatchJob>,
        /// The part.
        part: Box<BatchPart>,
    },
    /// Check all parts.
    Finish {
        /// The job.
        job: Box<BatchJob>,
    },
}

/// Error: the event does not start a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStepEvent {
    /// The event is not one of the state machine.
    #[error("the event is not a step of a batch job: {0}; expected step, job and part as in events/score-part.json")]
    Step(String),
    /// The request cannot be read.
    #[error(
        "the request is not one for a batch job: {0}; expected the fields job, in, out, version, explain, keep and resume"
    )]
    Request(String),
}

/// What a person asks for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequest {
    job: Option<JobId>,
    r#in: Option<Location>,
    out: Option<Location>,
    version: Option<VersionNumber>,
    #[serde(default)]
    explain: bool,
    #[serde(default)]
    keep: Vec<String>,
    #[serde(default)]
    resume: bool,
    #[serde(rename = "trigger", default)]
    _trigger: IgnoredAny,
    scheduled_time: Option<Timestamp>,
}

/// A request for a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JobRequest {
    /// Go on with the job of this identity.
    Resume(JobId),
    /// Begin a job, or go on if the same one was begun.
    Begin(Box<NewJob>),
}

/// A job that may be new.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewJob {
    pub(crate) id: JobId,
    pub(crate) input: Location,
    /// The prefix of the answers. `None` means a prefix of the job's own in the stack's bucket.
    pub(crate) output: Option<Location>,
    /// `None` means the champion.
    pub(crate) version: Option<VersionNumber>,
    pub(crate) explain: bool,
    pub(crate) keep: Vec<String>,
}

impl ScoreEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// [`InvalidStepEvent::Step`].
    pub fn read(event: Value) -> Result<Self, InvalidStepEvent> {
        serde_json::from_value(event).map_err(|error| InvalidStepEvent::Step(error.to_string()))
    }
}

impl JobRequest {
    /// Reads what started the execution of this name.
    pub(crate) fn read(request: &Value, execution: &str) -> Result<Self, InvalidStepEvent> {
        if request.get("detail-type").is_some() { Self::uploaded(request) } else { Self::written(request, execution) }
    }

    fn written(request: &Value, execution: &str) -> Result<Self, InvalidStepEvent> {
        let invalid = |problem: String| InvalidStepEvent::Request(problem);
        let request: WrittenRequest =
            serde_json::from_value(request.clone()).map_err(|error| invalid(error.to_string()))?;
        let scheduled = request.scheduled_time.map(|at| JobId::dated(at, "schedule"));
        let id = match request.job.or(scheduled) {
            Some(id) => id,
            None => execution.parse().map_err(|error| invalid(format!("{error}")))?,
        };
        if request.resume {
            return Ok(Self::Resume(id));
        }
        let input = request.r#in.ok_or_else(|| invalid("the field `in` is missing".to_owned()))?;
        let output = request.out.map(|output| output.as_prefix());
        let (version, explain, keep) = (request.version, request.explain, request.keep);
        Ok(Self::Begin(Box::new(NewJob { id, input, output, version, explain, keep })))
    }

    /// Reads an event of the bucket. Its job has the same identity, however often the event arrives.
    fn uploaded(event: &Value) -> Result<Self, InvalidStepEvent> {
        let text = |pointer: &str| {
            let found = event.pointer(pointer).and_then(Value::as_str);
            found.ok_or_else(|| InvalidStepEvent::Request(format!("the event of the bucket has no {pointer}")))
        };
        let (bucket, key) = (text("/detail/bucket/name")?, text("/detail/object/key")?);
        let time = text("/time")?.parse();
        let time = time.map_err(|_| InvalidStepEvent::Request("the time of the event cannot be read".to_owned()))?;
        let content = text("/detail/object/version-id").or_else(|_| text("/detail/object/etag"))?;
        let hash = sha256_hex(format!("{key}\n{content}").as_bytes());
        let id = JobId::dated(time, hash.get(..DIGITS).unwrap_or_default());
        let input = Location::new(bucket, key);
        Ok(Self::Begin(Box::new(NewJob { id, input, output: None, version: None, explain: false, keep: Vec::new() })))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(request: Value) -> Result<JobRequest, InvalidStepEvent> {
        JobRequest::read(&request, "execution-7")
    }

    fn begun(request: Value) -> NewJob {
        match read(request).unwrap() {
            JobRequest::Begin(job) => *job,
            JobRequest::Resume(id) => panic!("{id} is resumed"),
        }
    }

    #[test]
    fn a_request_without_identity_has_that_of_its_execution() {
        let job = begun(json!({"in": "s3://rows/in/", "out": "s3://rows/out"}));
        assert_eq!((job.id.as_str(), job.output), ("execution-7", Some(Location::new("rows", "out/"))));
    }

    #[test]
    fn the_schedule_begins_a_job_of_its_time() {
        let request = json!({"trigger": "schedule", "scheduled_time": "2026-11-24T03:00:00Z", "in": "s3://rows/in/"});
        assert_eq!(begun(request).id.as_str(), "20261124T030000Z-schedule");
        let other = json!({"trigger": "../other job", "scheduled_time": "2026-11-24T03:00:00Z", "in": "s3://rows/in/"});
        assert_eq!(begun(other).id.as_str(), "20261124T030000Z-schedule");
    }

    #[test]
    fn the_same_upload_is_the_same_job() {
        let event: Value = serde_json::from_str(include_str!("../../../events/score-upload.json")).unwrap();
        let (first, second) = (begun(event["request"].clone()), begun(event["request"].clone()));
        assert_eq!(first, second);
        assert_eq!(first.input, Location::new("evergreen-artifacts", "batch/iris/customers.csv"));
        assert!(first.id.as_str().starts_with("20261124T091244Z-"), "{}", first.id);
    }

    #[test]
    fn a_request_that_cannot_be_read_is_refused_with_what_is_expected() {
        for request in [json!({}), json!({"in": "rows"}), json!({"in": "s3://rows/in/", "colour": "red"}), json!([])] {
            let error = read(request).unwrap_err().to_string();
            assert!(error.ends_with("expected the fields job, in, out, version, explain, keep and resume"), "{error}");
        }
    }
}
