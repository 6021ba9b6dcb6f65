//! Describes which fault the proxy injects, into which calls, and how often.

use std::time::Duration;

use super::answers::Problem;
use super::call::{Call, Service};

/// What the fault proxy does with a Lambda function's call to an AWS service.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// The proxy forwards the call and the answer unchanged.
    Pass,
    /// The proxy does not call the AWS service. It answers the Lambda function with this error.
    Refuse(Problem),
    /// The proxy forwards the call to the AWS service after this delay.
    Delay(Duration),
    /// The proxy closes the connection before it calls the AWS service.
    DropRequest,
    /// The AWS service handles the call, but the proxy closes the connection without an answer.
    DropAnswer,
    /// The AWS service handles the call at once, but the proxy delays the answer by this time.
    Withhold(Duration),
    /// The AWS service handles the call, and the proxy flips one bit in the middle of the answer's body.
    Flip,
    // The length in the header is that of the whole body.
    /// The AWS service handles the call, but the proxy closes the connection in the middle of the answer's body.
    Cut,
    // The length in the header is that of the half, so the answer looks complete.
    /// The AWS service handles the call, but the proxy sends only the first half of the answer's body.
    Shorten,
}

// By default, a fault affects every call of every function. Methods such as `with` and `of` limit it to some calls.
/// A fault that the test proxy injects into the Lambda functions' calls to AWS.
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

    /// Creates a fault without an effect, for counting the matching calls to AWS.
    pub fn nothing() -> Self {
        Self::new(Effect::Pass)
    }

    /// Creates a fault: the AWS service throttles the call.
    pub fn throttles() -> Self {
        // The error response has the format of that service.
        Self::new(Effect::Refuse(Problem::Throttled))
    }

    /// Creates a fault: the AWS service reports an internal error.
    pub fn fails() -> Self {
        // The error response has the format of that service.
        Self::new(Effect::Refuse(Problem::Failed))
    }

    /// Creates a fault: the AWS service refuses the call with this HTTP status and error code.
    pub fn refuses(status: u16, code: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Refused(status, code.to_owned())))
    }

    /// Creates a fault: the call gets the HTTP status 200 and this body, but the AWS service is not called.
    pub fn answers(body: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Answered(body.to_owned())))
    }

    /// Creates a fault: DynamoDB cancels the transaction. The write at `position` (from 0) gets `code` as the reason.
    pub fn cancels(position: usize, code: &str) -> Self {
        Self::new(Effect::Refuse(Problem::Cancelled(position, code.to_owned())))
            .with(Service::DynamoDb, "TransactWriteItems")
    }

    /// Creates a fault: the call reaches the AWS service late, after the delay `time`.
    pub fn delays(time: Duration) -> Self {
        Self::new(Effect::Delay(time))
    }

    /// Creates a fault: the connection ends before the AWS service is called.
    pub fn drops_request() -> Self {
        Self::new(Effect::DropRequest)
    }

    /// Creates a fault: the AWS service handles the call, but the connection ends without an answer.
    pub fn drops_answer() -> Self {
        Self::new(Effect::DropAnswer)
    }

    /// Creates a fault: the AWS service handles the call at once, but the answer comes only after the delay `time`.
    pub fn withholds_answer(time: Duration) -> Self {
        Self::new(Effect::Withhold(time))
    }

    /// Creates a fault: one bit in the middle of the answer's body is flipped.
    pub fn flips_a_bit() -> Self {
        Self::new(Effect::Flip)
    }

    /// Creates a fault: the connection ends in the middle of the answer's body.
    pub fn cuts_answer() -> Self {
        Self::new(Effect::Cut)
    }

    /// Creates a fault: the answer has only the first half of its body, but looks complete.
    pub fn shortens_answer() -> Self {
        Self::new(Effect::Shorten)
    }

    /// Limits the fault to calls of one operation of one AWS service. `operation` is the API name, such as `PutObject`.
    pub fn with(mut self, service: Service, operation: &str) -> Self {
        (self.service, self.operation) = (Some(service), Some(operation.to_owned()));
        self
    }

    /// Limits the fault to calls to this AWS service.
    pub fn with_all_of(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Limits the fault to the calls that one function makes: `train`, `predict`, `metrics` or `alert`.
    pub fn of(mut self, function: &str) -> Self {
        self.function = Some(function.to_owned());
        self
    }

    /// Limits the fault to calls whose path, query or body contains this text, such as the key of an S3 object.
    pub fn about(mut self, text: &str) -> Self {
        self.mentioned = Some(text.to_owned());
        self
    }

    /// Limits the fault to the first `count` calls that match its other conditions.
    pub fn first(mut self, count: usize) -> Self {
        self.first = count;
        self
    }

    /// Limits the fault to every `nth` of the calls that match its conditions.
    pub fn every(mut self, nth: usize) -> Self {
        // With 2, these are the second call, the fourth and so on.
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

    /// Returns whether the fault affects the `nth` call that matches its conditions, counted from 1.
    pub(super) fn happens_to(&self, nth: usize) -> bool {
        nth <= self.first.saturating_mul(self.every) && nth.is_multiple_of(self.every)
    }
}
