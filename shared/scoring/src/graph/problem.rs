//! Why a step of a graph cannot be read or run.

use std::borrow::Cow;

use evergreen_lifecycle::text::shortened;

/// Maximum number of characters of a problem, which may contain names and numbers of a file.
const MAX_LENGTH: usize = 300;

/// Why a step of a graph cannot be read or run, as the end of an error message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepFault(pub(super) Cow<'static, str>);

pub(crate) type Outcome<T> = Result<T, StepFault>;

impl StepFault {
    pub(super) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        if text.len() <= MAX_LENGTH { Self(text) } else { Self(shortened(&text, MAX_LENGTH).into()) }
    }
}
