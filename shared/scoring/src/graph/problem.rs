//! Why a step of a graph cannot be read or run.

use std::borrow::Cow;

/// Why a step of a graph cannot be read or run, as the end of an error message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem(pub(super) Cow<'static, str>);

pub(super) type Outcome<T> = Result<T, Problem>;

impl Problem {
    pub(super) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}
