//! Writes the explanations of an answer.

use evergreen_lifecycle::{Label, Signature};
use evergreen_scoring::{Explained, Explanation};
use serde::{Serialize, Serializer};

use crate::explaining::RowExplanations;

/// The explanations of an answer: what they add up to, and one for each row; null for a row that did not ask.
#[derive(Debug, Serialize)]
pub(super) struct ExplainedAnswer<'a> {
    explained: &'static str,
    explanations: Explanations<'a>,
}

#[derive(Debug)]
struct Explanations<'a> {
    rows: &'a [Option<Explanation>],
    signature: &'a Signature,
}

#[derive(Debug, Serialize)]
struct RowExplanation<'a> {
    /// The label that is explained. `None` for a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a Label>,
    base: f64,
    contributions: Contributions<'a>,
}

#[derive(Debug)]
struct Contributions<'a> {
    values: &'a [f64],
    signature: &'a Signature,
}

impl<'a> ExplainedAnswer<'a> {
    pub(super) fn new(found: &'a RowExplanations, signature: &'a Signature) -> Self {
        let explained = match found.explained {
            Explained::Number => "number",
            Explained::LogOdds => "log_odds",
            Explained::Score => "score",
            Explained::Probability => "probability",
        };
        Self { explained, explanations: Explanations { rows: &found.rows, signature } }
    }
}

impl Serialize for Explanations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let signature = self.signature;
        serializer.collect_seq(self.rows.iter().map(|explanation| {
            let Explanation { label, base, contributions } = explanation.as_ref()?;
            let label = label.and_then(|label| signature.labels().get(label));
            Some(RowExplanation {
                label,
                base: *base,
                contributions: Contributions { values: contributions, signature },
            })
        }))
    }
}

impl Serialize for Contributions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.signature.column_names().zip(self.values))
    }
}
