//! What goes wrong, with which calls, and how often.

use std::time::Duration;

use super::answers::Problem;
use super::call::{Call, Service};

/// What happens to a call.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// Nothing: it is passed on.
    Pass,
    /// The service is not asked; this is the answer.
    Refuse(Problem),
    /// It reaches the service this much later.
    Delay(Duration),
    /// The connection ends before the service is asked.
    DropRequest,
    /// The service does what it is asked for, and the connection ends without an answer.
    DropAnswer,
    /// The service does what it is asked for, and its answer comes this much later.
    Withhold(Duration),
    /// One bit of the answer's body is another one.
    Flip,
    /// The connection ends in the middle of the answer's body.
    Cut,
    /// The answer's body ends in its middle, as if that were all.
    Shorten,
}

/// A fault. Of itself it concerns every call of every function; the methods that follow narrow it.
#[derive(Debug, Clone)]
pub struct Fault {
    effect: Effect,
    service: Option<Service>,
    operation: Option<String>,
    function: Option<String>,
    mentioned: Option<String>,
    first: usize,
    every: usize,
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self { effect, service: None, operation: None, function: None, mentioned: None, first: usize::MAX, every: 1 }
    }

    /// No fault: the calls are only counted.
    pub fn nothing() -> Self {
        Self::new(Effect::Pass)
    }

    /// The service says that there were too many calls, in the words that it has for that.
    pub fn throttles() -> Self {
        Self::new(Effect::Refuse(Problem::Throttled))
    }

    /// The service says that something within it failed.
    pub fn fails() -> Self {
        Self::new(Effect::Refuse(Problem::Failed))
    }

    /// The service refuses with that status and code.
    pub fn refuses(status: u16, code: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Refused(status, code.to_owned())))
    }

    /// The service answers 200 with that body.
    pub fn answers(body: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Answered(body.to_owned())))
    }

    /// DynamoDB cancels the transaction, and gives `code` as the reason for the write at `position`.
    pub fn cancels(position: usize, code: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Cancelled(position, code.to_owned())))
            .with(Service::DynamoDb, "TransactWriteItems")
    }

    /// The call reaches the service this much later.
    pub fn delays(time: Duration) -> Self {
        Self::new(Effect::Delay(time))
    }

    /// The connection ends before the service is asked.
    pub fn drops_request() -> Self {
        Self::new(Effect::DropRequest)
    }

    /// The service does what it is asked for, and the connection ends without an answer.
    pub fn drops_answer() -> Self {
        Self::new(Effect::DropAnswer)
    }

    /// The service does what it is asked for, and its answer comes this much later: done, but unanswered.
    pub fn withholds_answer(time: Duration) -> Self {
        Self::new(Effect::Withhold(time))
    }

    /// One bit in the middle of the answer's body is another one.
    pub fn flips_a_bit() -> Self {
        Self::new(Effect::Flip)
    }

    /// The connection ends in the middle of the answer's body.
    pub fn cuts_answer() -> Self {
        Self::new(Effect::Cut)
    }

    /// The answer's body is only its first half, and looks whole.
    pub fn shortens_answer() -> Self {
        Self::new(Effect::Shorten)
    }

    /// Only calls of this operation of this service, by its name in the API: `PutObject`.
    pub fn with(mut self, service: Service, operation: &str) -> Self {
        (self.service, self.operation) = (Some(service), Some(operation.to_owned()));
        self
    }

    /// Only calls of this service.
    pub fn with_all_of(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Only calls of this function: `train`, `predict`, `metrics` or `alert`.
    pub fn of(mut self, function: &str) -> Self {
        self.function = Some(function.to_owned());
        self
    }

    /// Only calls that hold this text in path, query or body: an object's key, an item's.
    pub fn about(mut self, text: &str) -> Self {
        self.mentioned = Some(text.to_owned());
        self
    }

    /// Only the first `count` of these calls.
    pub fn first(mut self, count: usize) -> Self {
        self.first = count;
        self
    }

    /// Only each `nth` of these calls: 2 for the second, the fourth and so on.
    pub fn every(mut self, nth: usize) -> Self {
        self.every = nth;
        self
    }

    pub(super) fn effect(&self) -> &Effect {
        &self.effect
    }

    pub(super) fn concerns(&self, call: &Call) -> bool {
        self.service.is_none_or(|service| call.service == Some(service))
            && self.operation.as_ref().is_none_or(|operation| call.operation == *operation)
            && self.function.as_ref().is_none_or(|function| call.function == *function)
            && self.mentioned.as_ref().is_none_or(|text| call.mentions(text))
    }

    /// Whether the fault happens to the `nth` call that it concerns, the first being 1.
    pub(super) fn happens_to(&self, nth: usize) -> bool {
        nth <= self.first.saturating_mul(self.every) && nth.is_multiple_of(self.every)
    }
}
