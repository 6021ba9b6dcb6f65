//! Keeps a random sample of served rows, and stores it in the bucket, if the stack's settings ask for it.
//!
//! Each hour and model version has a sample of its own. It is stored again when twice as many rows were served as at the
//! last time, when the hour is over, and when the environment ends. So an hour costs about as many writes as its number of
//! rows has binary digits. If Lambda ends the environment without a signal, less than half of the served rows had no chance
//! to be in the stored sample.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::ports::SampleStore;
use evergreen_lifecycle::sample::{Reservoir, SampleKey, SampledRows};
use evergreen_lifecycle::text::causes;
use evergreen_lifecycle::{Signature, VersionNumber};
use jiff::Timestamp;

use crate::champion::LoadedChampion;
use crate::ports::PredictWorld;

/// Maximum number of samples that wait to be stored.
const MAX_SAMPLES: usize = 3;

/// When samples are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HandOver {
    /// After a refresh of the champion. Samples that have hardly changed are not stored again.
    Refresh,
    /// Lambda ends the environment.
    End,
}

/// The samples of this environment.
#[derive(Debug)]
pub(crate) struct ServedSamples<W> {
    world: Arc<W>,
    /// Maximum number of rows in a sample.
    rows: usize,
    samples: Mutex<Vec<Sample>>,
}

/// The sample of one hour and one model version.
#[derive(Debug)]
struct Sample {
    hour: CountedHour,
    version: VersionNumber,
    signature: Signature,
    reservoir: Reservoir,
    /// The number of served rows from which the stored sample was drawn.
    stored: u64,
}

impl<W: PredictWorld> ServedSamples<W> {
    /// Creates the samples of an environment that has served no rows. `None` if no rows are to be kept.
    pub(crate) fn new(world: &Arc<W>) -> Option<Self> {
        let rows = world.artifacts().sampled_rows();
        (rows > 0).then(|| Self { world: Arc::clone(world), rows, samples: Mutex::default() })
    }

    /// Offers rows that were served at `now` to the sample of this hour.
    pub(crate) fn offer(&self, champion: &LoadedChampion, rows: &[f32], now: Timestamp) {
        let (hour, version) = (CountedHour::of(now), champion.pointer().number);
        let mut samples = self.samples();
        // The newest sample is the last.
        if let Some(sample) = samples.iter_mut().rfind(|sample| (sample.hour, sample.version) == (hour, version)) {
            sample.reservoir.offer(rows);
            return;
        }
        if samples.len() == MAX_SAMPLES {
            samples.remove(0);
            tracing::warn!("a sample of served rows was not stored and is dropped");
        }
        let signature = champion.model().signature().clone();
        // The standard library seeds each `RandomState` from the system's random numbers.
        let mut reservoir = Reservoir::new(self.rows, signature.slots(), RandomState::new().build_hasher().finish());
        reservoir.offer(rows);
        samples.push(Sample { hour, version, signature, reservoir, stored: 0 });
    }

    /// Stores the samples that are due. A failure is logged, and the next hand-over tries again. The caller must not call
    /// this twice at the same time, so that an older sample cannot arrive last.
    pub(crate) async fn hand_over(&self, environment: &str, occasion: HandOver) {
        let now = CountedHour::of(self.world.clock().now());
        for rows in self.due(now, occasion) {
            let key = SampleKey { hour: rows.hour, version: rows.version, environment };
            let content = match rows.to_bytes() {
                Ok(content) => content,
                Err(error) => {
                    tracing::warn!(cause = causes(&error), "a sample of served rows could not be written as bytes");
                    continue;
                }
            };
            match self.world.artifacts().put_sample(key, content).await {
                Ok(()) => self.note_stored(&rows),
                Err(error) => {
                    tracing::warn!(
                        cause = causes(&error),
                        "a sample of served rows could not be stored: tried again later"
                    );
                }
            }
        }
        self.samples().retain(|sample| sample.hour >= now || sample.is_new());
    }

    fn due(&self, now: CountedHour, occasion: HandOver) -> Vec<SampledRows> {
        let samples = self.samples();
        let is_due = |sample: &&Sample| {
            let is_complete = occasion == HandOver::End || sample.hour < now;
            sample.is_new() && (is_complete || sample.reservoir.offered() / 2 >= sample.stored)
        };
        samples.iter().filter(is_due).map(Sample::rows).collect()
    }

    fn note_stored(&self, rows: &SampledRows) {
        let mut samples = self.samples();
        let sample = samples.iter_mut().find(|sample| (sample.hour, sample.version) == (rows.hour, rows.version));
        sample.into_iter().for_each(|sample| sample.stored = rows.served);
    }

    fn samples(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sample {
    /// Returns whether rows were served since the sample was stored.
    fn is_new(&self) -> bool {
        self.reservoir.offered() > self.stored
    }

    fn rows(&self) -> SampledRows {
        SampledRows {
            hour: self.hour,
            version: self.version,
            served: self.reservoir.offered(),
            signature: self.signature.clone(),
            values: self.reservoir.values().to_vec(),
        }
    }
}
