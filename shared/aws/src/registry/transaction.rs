//! The one write that makes a version count: the run's end, the version and, where the gate says so, the promotion.
//!
//! All of it happens or nothing. It happens only while the run's attempt is the one at work and the champion is the one
//! that the gate saw, which is checked even when nothing is promoted: a refusal may not rest on a champion of the past.

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use evergreen_lifecycle::ports::{LARGEST_COPY, PromoteError, RegisterError, Registration, Unavailable};
use evergreen_lifecycle::{Champion, Run, RunId, Version};
use serde::Serialize;

use super::keys::Key;
use super::{Registry, copy, items};
use crate::failure::unavailable;

const WHAT: &str = "registering or promoting a version";

/// The status of a run whose attempt is under way.
pub(super) const RUNNING: &str = "RUNNING";

/// Holds while the attempt `:attempt` is the one at work.
pub(super) const AT_WORK: &str = "attempt = :attempt AND #status = :running";

/// Holds where there is no record.
const ABSENT: &str = "attribute_not_exists(pk)";

/// Holds while the champion's revision is `:seen`.
const UNMOVED: &str = "revision = :seen";

/// The code of a write that another transaction was at.
const CONFLICT: &str = "TransactionConflict";

/// Where the run's end stands among the writes.
const RUN: usize = 0;

/// Where the writes begin whose conditions are about the champion. Before them stands the version, whose number nobody
/// else has.
const CHAMPION: usize = 2;

impl Registry {
    /// The writes that register a version.
    pub(super) fn writes(&self, registration: &Registration) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let Registration { run, version, promotion, seen_revision, artifact } = registration;
        let mut writes = vec![self.end_of(run)?, self.birth_of(version)?];
        match promotion {
            Some(champion) => writes.extend(self.promotion(champion, artifact.as_deref())?),
            None => writes.push(self.champion_unmoved(*seen_revision)?),
        }
        Ok(writes)
    }

    /// The writes that move the pointer to `champion`, whose revision follows the one that was seen, and put the copy of
    /// its artifact beside it.
    pub(super) fn promotion(
        &self,
        champion: &Champion,
        artifact: Option<&[u8]>,
    ) -> Result<[TransactWriteItem; 3], Unavailable> {
        let copy = match artifact.filter(|content| content.len() <= LARGEST_COPY) {
            Some(content) => self.copy_of(champion, content)?,
            None => self.no_copy()?,
        };
        Ok([self.succession(champion)?, self.history_of(champion)?, copy])
    }

    /// The copy needs no condition: the pointer's decides whether any of this happens.
    fn copy_of(&self, champion: &Champion, content: &[u8]) -> Result<TransactWriteItem, Unavailable> {
        finish(Put::builder().table_name(&self.table).set_item(Some(copy::encode(&self.keys, champion, content))))
    }

    fn no_copy(&self) -> Result<TransactWriteItem, Unavailable> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(self.keys.artifact().into_item()));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
    }

    fn end_of(&self, run: &Run) -> Result<TransactWriteItem, Unavailable> {
        let put = self.write(&self.keys.run(&run.id), run)?;
        finish(
            put.condition_expression(AT_WORK)
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":attempt", items::number(run.attempt))
                .expression_attribute_values(":running", items::text(RUNNING)),
        )
    }

    fn birth_of(&self, version: &Version) -> Result<TransactWriteItem, Unavailable> {
        finish(self.write(&self.keys.version(version.number), version)?.condition_expression(ABSENT))
    }

    fn succession(&self, champion: &Champion) -> Result<TransactWriteItem, Unavailable> {
        let put = self.write(&self.keys.champion(), champion)?;
        finish(match champion.revision.saturating_sub(1) {
            0 => put.condition_expression(ABSENT),
            seen => put.condition_expression(UNMOVED).expression_attribute_values(":seen", items::number(seen)),
        })
    }

    fn history_of(&self, champion: &Champion) -> Result<TransactWriteItem, Unavailable> {
        finish(self.write(&self.keys.champion_of(champion.revision), champion)?.condition_expression(ABSENT))
    }

    fn champion_unmoved(&self, seen: u32) -> Result<TransactWriteItem, Unavailable> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(self.keys.champion().into_item()));
        let check = match seen {
            0 => check.condition_expression(ABSENT),
            _ => check.condition_expression(UNMOVED).expression_attribute_values(":seen", items::number(seen)),
        };
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(incomplete)?).build())
    }

    fn write<T: Serialize>(&self, key: &Key, record: &T) -> Result<PutBuilder, Unavailable> {
        Ok(Put::builder().table_name(&self.table).set_item(Some(items::encode(key, record, WHAT)?)))
    }
}

fn finish(put: PutBuilder) -> Result<TransactWriteItem, Unavailable> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
}

fn incomplete(error: BuildError) -> Unavailable {
    Unavailable::new(WHAT, error)
}

/// Which condition failed. The run's comes first: without the run nothing else matters.
///
/// Another transaction at the same records cancels this one too. It may have moved the champion, so the gate looks again;
/// if it has taken the run, the next try says so.
pub(super) fn refusal(run: &RunId, error: SdkError<TransactWriteItemsError>) -> RegisterError {
    let codes = cancellation_codes(&error);
    if codes.get(RUN).is_some_and(failed) {
        return RegisterError::RunTaken(run.clone());
    }
    if codes.iter().skip(CHAMPION).any(failed) || codes.contains(&CONFLICT) {
        return RegisterError::ChampionMoved;
    }
    unavailable(WHAT)(error).into()
}

/// Why a promotion alone was refused: all its conditions are about the champion.
pub(super) fn promotion_refusal(error: SdkError<TransactWriteItemsError>) -> PromoteError {
    let codes = cancellation_codes(&error);
    if codes.iter().any(failed) || codes.contains(&CONFLICT) {
        return PromoteError::ChampionMoved;
    }
    unavailable(WHAT)(error).into()
}

/// One code for each write of a cancelled transaction; none when it failed otherwise.
fn cancellation_codes(error: &SdkError<TransactWriteItemsError>) -> Vec<&str> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default()).collect()
        }
        _ => Vec::new(),
    }
}

fn failed(code: &&str) -> bool {
    *code == "ConditionalCheckFailed"
}
