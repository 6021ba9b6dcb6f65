//! Test helpers: fake SDK calls that record their requests.

use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_mocks::{MockResponse, Rule, RuleBuilder};

/// Test helper: the recorded requests of a fake SDK call, in order.
pub struct Sent<I>(Arc<Mutex<Vec<I>>>);

impl<I: Clone> Sent<I> {
    /// Returns all requests that a fake SDK call has recorded, in order.
    pub fn all(&self) -> Vec<I> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the only request that a fake SDK call has recorded. Panics if there is more than one, or none.
    pub fn only(&self) -> I {
        let mut all = self.all();
        assert_eq!(all.len(), 1, "expected one request");
        all.remove(0)
    }
}

/// Test helper: creates a fake of the SDK call `operation`. The fake answers each request with `answer`, and records
/// the request.
pub fn record<I, O, E>(
    operation: RuleBuilder<I, O, E>,
    answer: impl Fn() -> MockResponse<O, E> + Send + Sync + 'static,
) -> (Rule, Sent<I>)
where
    I: Clone + Debug + Send + Sync + 'static,
    O: Debug + Send + Sync + 'static,
    E: Debug + Error + Send + Sync + 'static,
{
    record_part(operation, I::clone, answer)
}

/// Test helper: creates a fake of the SDK call `operation`. The fake answers with `answer`, and records what the
/// function `part` returns for each request.
pub fn record_part<I, O, E, T>(
    operation: RuleBuilder<I, O, E>,
    part: impl Fn(&I) -> T + Send + Sync + 'static,
    answer: impl Fn() -> MockResponse<O, E> + Send + Sync + 'static,
) -> (Rule, Sent<T>)
where
    I: Debug + Send + Sync + 'static,
    O: Debug + Send + Sync + 'static,
    E: Debug + Error + Send + Sync + 'static,
    T: Send + 'static,
{
    // Requests with a body cannot be copied, so only a part of each is recorded.
    let sent = Arc::new(Mutex::new(Vec::new()));
    let memory = Arc::clone(&sent);
    let rule = operation.then_compute_response(move |request| {
        memory.lock().unwrap_or_else(PoisonError::into_inner).push(part(request));
        answer()
    });
    (rule, Sent(sent))
}
