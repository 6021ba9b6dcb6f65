//! Remembers which messages the receiver has refused for good, so that the platform's retries send them no more.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

// Lambda retries within three minutes. An environment handles few events in that time.
/// Maximum number of refusals that an environment remembers.
const REMEMBERED: usize = 100;

// Lambda usually retries in the same environment. In another one, the message is sent again, which is harmless: it has the
// same id.
/// The invocations whose message the receiver has refused, each with the status code of the response.
#[derive(Debug, Default)]
pub(crate) struct RefusedInvocations(Mutex<VecDeque<(String, u16)>>);

impl RefusedInvocations {
    /// Returns the status code with which the receiver refused the message of this invocation. `None` if it did not.
    pub(crate) fn status(&self, invocation: &str) -> Option<u16> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(id, _)| id == invocation).map(|(_, status)| *status)
    }

    /// Remembers that the receiver refused the message of this invocation.
    pub(crate) fn remember(&self, invocation: &str, status: u16) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.pop_front();
        }
        known.push_back((invocation.to_owned(), status));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_refusals_are_remembered() {
        let refused = RefusedInvocations::default();
        for number in 0..=REMEMBERED {
            refused.remember(&number.to_string(), 410);
        }
        assert_eq!((refused.status("0"), refused.status("1"), refused.status("100")), (None, Some(410), Some(410)));
    }
}
