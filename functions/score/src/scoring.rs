//! The step `score`: the answers of one part, and its receipt.

use evergreen_batch::{BatchJob, BatchPart, PartFailure, PartReceipt, ScoredPart};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::ports::{BatchObjects, Clock};
use evergreen_lifecycle::text::causes;
use futures_util::future::try_join_all;
use serde::Serialize;

use crate::error::BatchStepError;
use crate::ports::ScoreWorld;
use crate::stored::JobStore;
use crate::versions::KeptScorer;

/// The result of the step. The state machine collects the results of thousands of parts, so it is empty: the receipt has
/// the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct ScoreReport {}

/// Scores one part.
pub(crate) struct PartScoring<'a, W: ScoreWorld> {
    pub(crate) world: &'a W,
    pub(crate) store: JobStore<'a, W::Objects>,
    pub(crate) scorer: &'a KeptScorer,
}

impl<W: ScoreWorld> PartScoring<'_, W> {
    /// Scores the part. Why it failed is noted beside the job, for the manifest.
    pub(crate) async fn score(&self, job: &BatchJob, part: &BatchPart) -> Result<ScoreReport, BatchStepError> {
        let result = self.answer(job, part).await;
        if let Err(error) = &result {
            let note = PartFailure::new(part.number, &causes(error));
            // The note only explains. Without it, the part is listed as failed all the same.
            if let Err(cause) = self.store.write(&self.store.keys(&job.id).failure(part.number), &note).await {
                tracing::warn!(part = part.number, cause = causes(&cause), "the failure of a part is not noted");
            }
        }
        result
    }

    async fn answer(&self, job: &BatchJob, part: &BatchPart) -> Result<ScoreReport, BatchStepError> {
        let began = self.world.clock().now();
        let scorer = self.scorer.of(self.world, job).await?;
        let scored = scorer.score(part, self.bytes(part).await?)?;
        let ScoredPart { content, rows, errors, explained } = scored;
        let (bytes, sha256) = (content.len() as u64, sha256_hex(&content));
        let media_type = part.piece.form().media_type();
        self.world.objects().write(&part.output.bucket, &part.output.key, content, media_type).await?;
        let took = self.world.clock().now().duration_since(began).as_millis();
        let receipt = PartReceipt {
            part: part.number,
            rows,
            errors,
            bytes,
            sha256,
            milliseconds: u64::try_from(took).unwrap_or_default(),
            explained: explained.map(str::to_owned),
        };
        // The receipt comes last: a part with a receipt has its answers.
        let key = self.store.keys(&job.id).receipts() + &receipt.name();
        self.store.write(&key, &receipt).await?;
        tracing::info!(
            job = job.id.as_str(),
            part = part.number,
            rows,
            errors,
            milliseconds = receipt.milliseconds,
            "scored"
        );
        Ok(ScoreReport {})
    }

    async fn bytes(&self, part: &BatchPart) -> Result<Vec<Vec<u8>>, BatchStepError> {
        let (bucket, key, etag) = (&part.file.bucket, &part.file.key, Some(part.etag.as_str()));
        let Some(ranges) = part.piece.ranges() else {
            return Ok(vec![self.world.objects().read(bucket, key, None, etag).await?]);
        };
        let reads = ranges.into_iter().map(|range| self.world.objects().read(bucket, key, Some(range), etag));
        Ok(try_join_all(reads).await?)
    }
}
