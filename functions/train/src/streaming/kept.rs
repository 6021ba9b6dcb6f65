//! The checkpoint of a training run in the store: the request of the run, and the state of its training.

use evergreen_lifecycle::{RunId, Trigger};
use serde::{Deserialize, Serialize};

use crate::event::{RunRequest, RunTask, TrainingOptions};

/// Number of bytes before the request: its length.
const LENGTH: usize = 8;

/// A stored checkpoint of a training run.
#[derive(Debug)]
pub(crate) struct KeptTraining {
    /// The request of the run.
    pub(crate) request: RunRequest,
    /// The number of the attempt that has paused. `None` if the attempt was still running.
    pub(crate) paused: Option<u32>,
    /// The state of the training.
    pub(crate) checkpoint: Vec<u8>,
}

/// The JSON part of a stored checkpoint.
#[derive(Serialize, Deserialize)]
struct Header {
    id: RunId,
    trigger: Trigger,
    options: TrainingOptions,
    paused: Option<u32>,
}

impl KeptTraining {
    /// Writes a checkpoint for the store.
    ///
    /// # Errors
    /// An error if the request cannot be written as JSON.
    pub(crate) fn write(
        request: &RunRequest,
        paused: Option<u32>,
        checkpoint: &[u8],
    ) -> Result<Vec<u8>, serde_json::Error> {
        let RunTask::Training(options) = &request.task else { return Ok(Vec::new()) };
        let header =
            Header { id: request.id.clone(), trigger: request.trigger.clone(), options: options.clone(), paused };
        let json = serde_json::to_vec(&header)?;
        let mut content = Vec::with_capacity(LENGTH + json.len() + checkpoint.len());
        content.extend_from_slice(&(json.len() as u64).to_le_bytes());
        content.extend_from_slice(&json);
        content.extend_from_slice(checkpoint);
        Ok(content)
    }

    /// Reads a stored checkpoint. `None` if it is damaged, or if another release wrote it in another form.
    pub(crate) fn read(content: &[u8]) -> Option<Self> {
        let (length, rest) = content.split_first_chunk::<LENGTH>()?;
        let (json, checkpoint) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let Header { id, trigger, options, paused } = serde_json::from_slice(json).ok()?;
        let request = RunRequest { id, trigger, task: RunTask::Training(options) };
        Some(Self { request, paused, checkpoint: checkpoint.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_was_written() {
        let options = TrainingOptions { seed: 7, family: None, overrides: [("l2".to_owned(), 0.5.into())].into() };
        let request = RunRequest {
            id: "manual-a".parse().unwrap(),
            trigger: Trigger::Manual { note: Some("a test".into()) },
            task: RunTask::Training(options),
        };
        let content = KeptTraining::write(&request, Some(3), b"state").unwrap();
        let kept = KeptTraining::read(&content).unwrap();
        assert_eq!((kept.request, kept.paused, kept.checkpoint.as_slice()), (request, Some(3), b"state".as_slice()));
        for end in 0..content.len() - b"state".len() {
            assert!(KeptTraining::read(&content[..end]).is_none(), "{end} bytes");
        }
    }
}
