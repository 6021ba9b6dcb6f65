//! The verifications on a model card: whether training the version again gave the same bytes.

use evergreen_lifecycle::{Verification, VerificationOutcome};
use jiff::Timestamp;

use crate::pages::markup::{Markup, badge, when};
use crate::pages::text;

/// One verification.
#[derive(Debug)]
pub(super) struct VerificationRow {
    pub(super) outcome: Markup,
    pub(super) at: Markup,
    /// By which program and on which architecture the version was trained again.
    pub(super) by: String,
    /// What differs, or why the version cannot be trained again.
    pub(super) differences: Vec<String>,
}

impl VerificationRow {
    pub(super) fn of(made: &Verification, now: Timestamp) -> Self {
        let outcome = match made.outcome {
            VerificationOutcome::Identical => badge("good", "identical"),
            VerificationOutcome::Differs => badge("bad", "differs"),
            VerificationOutcome::NotPossible => badge("quiet", "not possible"),
        };
        let took = text::span(made.seconds);
        let by = format!("by {} on {}, took {took}", made.code_version, made.architecture);
        Self { outcome, at: when(made.at, now), by, differences: made.differences.clone() }
    }
}
