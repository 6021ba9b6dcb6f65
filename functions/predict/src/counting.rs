//! Counts served rows in memory, and hands the counts over to the registry.
//!
//! The counts of an hour are kept until a later hour begins, and each hand-over stores all of them again under the name
//! of this environment. So a repeated hand-over counts nothing twice. A failed one is repeated with the next refresh.
//! If Lambda ends the environment without a signal, the rows since the last hand-over are lost.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::{CountedHour, ServedCounts};
use evergreen_lifecycle::ports::{CountShare, ServedCounting};
use evergreen_lifecycle::text::causes;
use evergreen_scoring::{Predictions, count_rows};
use jiff::Timestamp;

use crate::champion::LoadedChampion;
use crate::ports::PredictWorld;
use crate::sampling::{HandOver, ServedSamples};

// A share has about eight bytes for each cell: 5 kB for 60 columns of numbers, 16 kB if all are categories.
/// Maximum number of shares (one for each hour and model version) that wait for a hand-over.
const MAX_SHARES: usize = 8;

/// Counts the served rows of this environment, and hands the counts over to the registry.
#[derive(Debug)]
pub struct ServedRows<W> {
    world: Arc<W>,
    /// The random name of this environment.
    environment: String,
    shares: Mutex<Vec<Share>>,
    /// Random samples of the rows. `None` unless the stack's settings ask for them.
    samples: Option<ServedSamples<W>>,
    /// Only one hand-over runs at a time, so that an older one cannot arrive last.
    turn: tokio::sync::Mutex<()>,
}

/// The counts of one hour and one model version.
#[derive(Debug)]
struct Share {
    hour: CountedHour,
    version: VersionNumber,
    counts: ServedCounts,
    /// How many times these counts were sent.
    sequence: u64,
    /// Whether rows were counted since the last successful hand-over.
    is_new: bool,
}

impl<W: PredictWorld> ServedRows<W> {
    /// Creates the counts of an environment that has served no rows.
    pub fn new(world: Arc<W>) -> Self {
        // The standard library seeds each `RandomState` from the system's random numbers.
        let environment = format!("{:016x}", RandomState::new().build_hasher().finish());
        let samples = ServedSamples::new(&world);
        Self { world, environment, shares: Mutex::default(), samples, turn: tokio::sync::Mutex::default() }
    }

    /// Counts rows that were served with these predictions at `now`. Nothing is counted if the artifact has no baseline.
    pub fn count(&self, champion: &LoadedChampion, rows: &[f32], predictions: &Predictions, now: Timestamp) {
        self.samples.iter().for_each(|samples| samples.offer(champion, rows, now));
        let Some(baseline) = &champion.model().metadata().baseline else { return };
        let shape = baseline.shape();
        self.of(champion, now, |counts| count_rows(shape, rows, predictions, counts));
    }

    // Reading ends at the first fault, so nobody knows how many rows follow.
    /// Counts a request whose rows were refused at `now`, as one refused row.
    pub fn refuse(&self, champion: &LoadedChampion, now: Timestamp) {
        self.of(champion, now, |counts| counts.refuse(1));
    }

    /// Lets `count` change the counts of the champion in the hour of `now`.
    fn of(&self, champion: &LoadedChampion, now: Timestamp, count: impl FnOnce(&mut ServedCounts)) {
        let Some(baseline) = &champion.model().metadata().baseline else { return };
        let (hour, version) = (CountedHour::of(now), champion.pointer().number);
        let mut shares = self.shares();
        // The newest share is the last.
        if let Some(share) = shares.iter_mut().rfind(|share| (share.hour, share.version) == (hour, version)) {
            count(&mut share.counts);
            share.is_new = true;
            return;
        }
        if shares.len() == MAX_SHARES {
            let lost = shares.remove(0);
            tracing::warn!(rows = lost.counts.rows(), "served rows were not handed over and are no longer counted");
        }
        let mut counts = ServedCounts::new(baseline.shape());
        count(&mut counts);
        shares.push(Share { hour, version, counts, sequence: 0, is_new: true });
    }

    /// Does the same as [`hand_over`](Self::hand_over), unless another hand-over runs.
    pub async fn hand_over_unless_running(&self) {
        // A registry that hangs must not collect waiting hand-overs.
        if self.turn.try_lock().is_ok() {
            self.hand_over().await;
        }
    }

    /// Stores what was counted since the last hand-over. Does nothing, and calls nobody, if nothing was counted. A
    /// failure is logged, and the next hand-over tries again.
    pub async fn hand_over(&self) {
        let _turn = self.turn.lock().await;
        self.hand_over_counts().await;
        self.hand_over_samples(HandOver::Refresh).await;
    }

    /// Stores everything that was counted or sampled, because Lambda ends the environment.
    pub async fn end(&self) {
        let _turn = self.turn.lock().await;
        // There is little time, so one call does not wait for the other.
        tokio::join!(self.hand_over_counts(), self.hand_over_samples(HandOver::End));
    }

    async fn hand_over_samples(&self, occasion: HandOver) {
        if let Some(samples) = &self.samples {
            samples.hand_over(&self.environment, occasion).await;
        }
    }

    async fn hand_over_counts(&self) {
        for share in self.take_new() {
            if let Err(error) = self.world.registry().put_share(&share).await {
                tracing::warn!(
                    cause = causes(&error),
                    "the counts of served rows could not be stored: tried again later"
                );
                self.give_back(&share);
            }
        }
        self.forget_former_hours();
    }

    /// Returns the shares with new counts, as they are to be stored.
    fn take_new(&self) -> Vec<CountShare> {
        let mut shares = self.shares();
        let new = shares.iter_mut().filter(|share| share.is_new).map(|share| {
            share.is_new = false;
            share.sequence += 1;
            CountShare {
                hour: share.hour,
                version: share.version,
                environment: self.environment.clone(),
                sequence: share.sequence,
                rows: share.counts.rows(),
                counts: share.counts.to_bytes(),
            }
        });
        new.collect()
    }

    fn give_back(&self, sent: &CountShare) {
        let mut shares = self.shares();
        let share = shares.iter_mut().find(|share| (share.hour, share.version) == (sent.hour, sent.version));
        share.into_iter().for_each(|share| share.is_new = true);
    }

    /// Forgets the shares of former hours that were handed over.
    fn forget_former_hours(&self) {
        let now = CountedHour::of(self.world.clock().now());
        self.shares().retain(|share| share.is_new || share.hour >= now);
    }

    fn shares(&self) -> MutexGuard<'_, Vec<Share>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
