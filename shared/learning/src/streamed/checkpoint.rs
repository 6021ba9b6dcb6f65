//! The checkpoint of a streamed training: what the search has decided, and the trees so far.

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{Candidate, Family, SearchSummary, read_checkpoint, write_checkpoint};
use evergreen_table::Table;
use serde::{Deserialize, Serialize};

use crate::fit::BoostedRounds;
use crate::gap::Losses;
use crate::hyperparameters::Choice;
use crate::search::Plan;
use crate::train::Origin;

/// What a checkpoint belongs to. A training with another table, plan or program begins again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    fingerprint: String,
    code_version: String,
    /// Hash of the plan of the search, and of the settings of the data set.
    plan: String,
}

impl Identity {
    pub(super) fn of(table: &Table, plan: &Plan, origin: &Origin) -> Self {
        Self {
            fingerprint: table.fingerprint().to_owned(),
            code_version: origin.code_version.clone(),
            plan: sha256_hex(format!("{plan:?} {:?}", table.settings()).as_bytes()),
        }
    }
}

/// The state of a streamed training between two calls.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    identity: Identity,
    /// The values of the best candidate's hyperparameters.
    values: Vec<f64>,
    pub(super) summary: SearchSummary,
    pub(super) candidates: Vec<Candidate>,
    pub(super) warnings: Vec<String>,
    pub(super) validated: Option<Losses>,
    pub(super) rounds: BoostedRounds,
    /// Number of the last calls in a row that have grown no tree.
    pub(super) stalls: u32,
    /// The artifact of the model without its trees.
    #[serde(skip)]
    pub(super) template: Vec<u8>,
}

impl Checkpoint {
    /// Creates the checkpoint after the search.
    pub(super) fn new(
        identity: Identity,
        choice: &Choice,
        (summary, candidates, warnings): (SearchSummary, Vec<Candidate>, Vec<String>),
        validated: Option<Losses>,
        template: Vec<u8>,
    ) -> Self {
        let (values, rounds) = (choice.values.clone(), BoostedRounds::default());
        Self { identity, values, summary, candidates, warnings, validated, rounds, stalls: 0, template }
    }

    /// Returns the best candidate of the search, with its number of rounds.
    pub(super) fn choice(&self) -> Choice {
        Choice { family: Family::GradientBoosting, values: self.values.clone(), rounds: None }
    }

    /// Returns the checkpoint with other rounds.
    pub(super) fn with_rounds(&self, rounds: BoostedRounds) -> Self {
        Self { rounds, stalls: 0, ..self.clone() }
    }

    /// Writes the checkpoint.
    pub(super) fn write(&self) -> Vec<u8> {
        // This cannot fail: the checkpoint has no map with keys that are not texts.
        write_checkpoint(self, &self.template).unwrap_or_default()
    }

    /// Reads a checkpoint. `None` if it belongs to another training, or if an earlier release wrote it in another form.
    pub(super) fn read(bytes: &[u8], identity: &Identity) -> Option<Self> {
        let (checkpoint, template): (Self, _) = read_checkpoint(bytes)?;
        (checkpoint.identity == *identity).then(|| Self { template: template.to_vec(), ..checkpoint })
    }
}
