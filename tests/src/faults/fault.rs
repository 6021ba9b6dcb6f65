//! Describes what goes wrong, for which calls, and how often.

use std::time::Duration;

use super::answers::Problem;
use super::call::{Call, Service};

/// What happens to a call.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// The call is passed on unchanged.
    Pass,
    /// The service is not called. The proxy answers with this problem.
    Refuse(Problem),
    /// The call reaches the service this much later.
    Delay(Duration),
    /// The connection ends before the service is called.
    DropRequest,
    /// The service handles the call, but the connection ends without an answer.
    DropAnswer,
    /// The service handles the call, but its answer comes this much later.
    Withhold(Duration),
    /// One bit in the middle of the answer's body is flipped.
    Flip,
    /// The connection ends in the middle of the answer's body.
    Cut,
    /// The answer's body ends after its first half, but looks complete.
    Shorten,
}

/// A fault. By default it affects every call of every function. The methods below narrow it.
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

    /// Creates a fault that changes nothing. It only counts calls.
    pub fn nothing() -> Self {
        Self::new(Effect::Pass)
    }

    /// The service rejects the call as one too many, in its own format.
    pub fn throttles() -> Self {
        Self::new(Effect::Refuse(Problem::Throttled))
    }

    /// The service reports an internal error, in its own format.
    pub fn fails() -> Self {
        Self::new(Effect::Refuse(Problem::Failed))
    }

    /// The service refuses with that status and error code.
    pub fn refuses(status: u16, code: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Refused(status, code.to_owned())))
    }

    /// The service answers 200 with that body.
    pub fn answers(body: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Answered(body.to_owned())))
    }

    /// DynamoDB cancels the transaction. The write at `position` gets `code` as the reason.
    pub fn cancels(position: usize, code: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Cancelled(position, code.to_owned())))
            .with(Service::DynamoDb, "TransactWriteItems")
    }

    /// The call reaches the service this much later.
    pub fn delays(time: Duration) -> Self {
        Self::new(Effect::Delay(time))
    }

    /// The connection ends before the service is called.
    pub fn drops_request() -> Self {
        Self::new(Effect::DropRequest)
    }

    /// The service handles the call, but the connection ends without an answer.
    pub fn drops_answer() -> Self {
        Self::new(Effect::DropAnswer)
    }

    /// The service handles the call, but its answer comes this much later.
    pub fn withholds_answer(time: Duration) -> Self {
        Self::new(Effect::Withhold(time))
    }

    /// One bit in the middle of the answer's body is flipped.
    pub fn flips_a_bit() -> Self {
        Self::new(Effect::Flip)
    }

    /// The connection ends in the middle of the answer's body.
    pub fn cuts_answer() -> Self {
        Self::new(Effect::Cut)
    }

    /// The answer's body is only its first half, but looks complete.
    pub fn shortens_answer() -> Self {
        Self::new(Effect::Shorten)
    }

    /// Limits the fault to this operation of this service. The operation has its API name, such as `PutObject`.
    pub fn with(mut self, service: Service, operation: &str) -> Self {
        (self.service, self.operation) = (Some(service), Some(operation.to_owned()));
        self
    }

    /// Limits the fault to calls of this service.
    pub fn with_all_of(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Limits the fault to calls of this function: `train`, `predict`, `metrics` or `alert`.
    pub fn of(mut self, function: &str) -> Self {
        self.function = Some(function.to_owned());
        self
    }

    /// Limits the fault to calls whose path, query or body contains this text, such as the key of an object or item.
    pub fn about(mut self, text: &str) -> Self {
        self.mentioned = Some(text.to_owned());
        self
    }

    /// Limits the fault to the first `count` matching calls.
    pub fn first(mut self, count: usize) -> Self {
        self.first = count;
        self
    }

    /// Limits the fault to every `nth` matching call. With 2, these are the second, the fourth and so on.
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

    /// Checks whether the fault happens to the `nth` matching call, starting at 1.
    pub(super) fn happens_to(&self, nth: usize) -> bool {
        nth <= self.first.saturating_mul(self.every) && nth.is_multiple_of(self.every)
    }
}
