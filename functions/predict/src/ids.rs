//! Gives each prediction an id, with which feedback can say later what turned out true.
//!
//! The id says, signed, what was predicted, so no prediction is stored. The call that reads the champion also fetches the
//! key that signs. If the key cannot be read, answers have no ids, and everything else goes on.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{
    PredictedLabel, PredictedOutcome, PredictionKey, PredictionRecord, RivalPrediction,
};
use evergreen_lifecycle::ports::{PredictionKeys, Unavailable};
use evergreen_lifecycle::text::causes;
use evergreen_scoring::Predictions;
use jiff::Timestamp;
use tokio::time::timeout;

use crate::ports::PredictWorld;

// Lambda's init phase ends after 10 s, and a refresh of the champion may have taken five of them.
/// Time limit for reading or creating the key.
const LOADING_TIMEOUT: Duration = Duration::from_secs(1);

/// Minimum number of seconds between two tries to get the key.
const RETRY_SECONDS: i64 = 60;

/// Gives predictions their ids.
#[derive(Debug)]
pub struct PredictionIds<W> {
    world: Arc<W>,
    key: OnceLock<PredictionKey>,
    // Each environment begins at a random number, so two environments hardly ever give the same one.
    /// The number that distinguishes the next prediction from all others.
    next: AtomicU64,
    /// When the key was last asked for, in seconds since 1970.
    asked_at: AtomicI64,
}

/// What a version predicted for the same rows that was compared with the version that answers.
#[derive(Debug, Clone, Copy)]
pub struct RivalAnswers<'a> {
    /// The compared version.
    pub version: VersionNumber,
    /// Its predictions, in the order of the rows.
    pub predictions: &'a Predictions,
}

impl<W: PredictWorld> PredictionIds<W> {
    /// Creates ids that are not available before [`load`](Self::load).
    pub fn new(world: Arc<W>) -> Arc<Self> {
        // The standard library seeds each `RandomState` from the system's random numbers.
        let next = AtomicU64::new(RandomState::new().build_hasher().finish());
        Arc::new(Self { world, key: OnceLock::new(), next, asked_at: AtomicI64::new(i64::MIN) })
    }

    /// Gets the key that signs, and creates it if the stack has none. A failure is logged, and a later request tries
    /// again.
    pub async fn load(&self) {
        if self.key.get().is_some() {
            return;
        }
        self.asked_at.store(self.world.clock().now().as_second(), Ordering::Relaxed);
        let loaded = timeout(LOADING_TIMEOUT, self.stored_or_new()).await;
        let failure = match loaded {
            Ok(Ok(key)) => {
                // If another call was faster, its key is the same one.
                let _ = self.key.set(key);
                return;
            }
            Ok(Err(error)) => causes(&error),
            Err(_) => format!("it took longer than {} s", LOADING_TIMEOUT.as_secs()),
        };
        tracing::warn!(cause = failure, "the key of prediction ids could not be read: answers have no ids");
    }

    async fn stored_or_new(&self) -> Result<PredictionKey, Unavailable> {
        let registry = self.world.registry();
        if let Some(key) = registry.prediction_key().await? {
            return Ok(key);
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| Unavailable::new("making the key of prediction ids", error.to_string()))?;
        registry.create_prediction_key(&secret).await
    }

    /// Returns one id for each row that `version` predicted at `now`. `None` if the key is not known: then a try to get it
    /// starts in the background.
    pub fn of(
        self: &Arc<Self>,
        version: VersionNumber,
        predictions: &Predictions,
        rival: Option<RivalAnswers<'_>>,
        now: Timestamp,
    ) -> Option<Vec<String>> {
        let Some(key) = self.key.get() else {
            self.load_again(now);
            return None;
        };
        let rows = predictions.len();
        let first = self.next.fetch_add(rows as u64, Ordering::Relaxed);
        // The rival of a row without a prediction is left out.
        let rivals = (0..rows).map(|row| {
            rival.and_then(|rival| {
                Some(RivalPrediction { version: rival.version, outcome: outcome(rival.predictions, row)? })
            })
        });
        let ids = rivals.enumerate().map(|(row, rival)| {
            let (unique, outcome) = (first.wrapping_add(row as u64), outcome(predictions, row)?);
            Some(key.sign(&PredictionRecord { version, at: now, unique, outcome, rival }))
        });
        ids.collect()
    }

    fn load_again(self: &Arc<Self>, now: Timestamp) {
        let asked_at = self.asked_at.load(Ordering::Relaxed);
        if now.as_second().saturating_sub(asked_at) < RETRY_SECONDS {
            return;
        }
        self.asked_at.store(now.as_second(), Ordering::Relaxed);
        let ids = Arc::clone(self);
        tokio::spawn(async move { ids.load().await });
    }
}

/// Returns the prediction for the row at this index. `None` if there is no such row.
fn outcome(predictions: &Predictions, row: usize) -> Option<PredictedOutcome> {
    match predictions {
        Predictions::Numbers(batch) => batch.values().get(row).copied().map(PredictedOutcome::Number),
        Predictions::Classes(batch) => {
            let predicted = *batch.classes().get(row)?;
            let labels = batch.probabilities().len() / batch.len();
            let probabilities = batch.probabilities().get(row * labels..(row + 1) * labels)?;
            Some(PredictedOutcome::Label(PredictedLabel::new(predicted, probabilities)))
        }
    }
}
