//! The checkpoint of a training run in the store: the request of the run, and the state of its training.

use evergreen_lifecycle::{RunId, Trigger, read_checkpoint, write_checkpoint};
use serde::{Deserialize, Serialize};

use crate::event::TrainingOptions;

/// A stored checkpoint of a training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptTraining {
    /// ID of the run.
    pub(crate) id: RunId,
    /// Cause of the run.
    pub(crate) trigger: Trigger,
    /// Options of the event that asked for the run.
    pub(crate) options: TrainingOptions,
    /// The number of the attempt that has paused. `None` if the attempt was still running.
    pub(crate) paused: Option<u32>,
    /// The state of the training.
    #[serde(skip)]
    pub(crate) checkpoint: Vec<u8>,
}

impl KeptTraining {
    /// Writes the checkpoint for the store.
    ///
    /// # Errors
    /// An error if the request cannot be written as JSON.
    pub(crate) fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        write_checkpoint(self, &self.checkpoint)
    }

    /// Reads a stored checkpoint. `None` if it is damaged, or if another release wrote it in another form.
    pub(crate) fn read(content: &[u8]) -> Option<Self> {
        let (kept, checkpoint): (Self, _) = read_checkpoint(content)?;
        Some(Self { checkpoint: checkpoint.to_vec(), ..kept })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_was_written() {
        let options = TrainingOptions { seed: 7, family: None, overrides: [("l2".to_owned(), 0.5.into())].into() };
        let kept = KeptTraining {
            id: "manual-a".parse().unwrap(),
            trigger: Trigger::Manual { note: Some("a test".into()) },
            options,
            paused: Some(3),
            checkpoint: b"state".to_vec(),
        };
        let content = kept.write().unwrap();
        assert_eq!(KeptTraining::read(&content), Some(kept));
        for end in 0..content.len() - b"state".len() {
            assert!(KeptTraining::read(&content[..end]).is_none(), "{end} bytes");
        }
    }
}
