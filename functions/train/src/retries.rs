//! Retries calls to services that are briefly unavailable, such as DynamoDB, within the invocation's time.
//!
//! The SDK makes three tries within a second. That helps with a lost packet, but not with a busy table. A training of
//! ten minutes must not be lost after one second.

use std::time::Duration;

use evergreen_lifecycle::ports::{PromoteError, RegisterError, RunWriteError, StoreError, Unavailable};
use tokio::time::Instant;

use crate::error::TrainError;

/// Longest pause before the first retry of a failed call.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

// The limit of the pause doubles with each retry, from 200 ms up to this value.
/// Longest pause between two tries of a failed call.
const MAX_PAUSE: Duration = Duration::from_secs(10);

// If the service is still unavailable then, the invocation fails. The platform retries it a minute later, and no work
// is lost.
/// How long failed calls to a service are retried before training starts.
pub const BEFORE_TRAINING: Duration = Duration::from_secs(60);

/// Time limit for retries of failed calls to a service.
#[derive(Debug, Clone, Copy)]
pub struct RetryLimit {
    until: Instant,
}

/// Error of a call to another service, which may be temporary (transient).
pub trait MaybeTransient {
    /// Returns the service's error if a retry within seconds may help. `None` for a permanent error.
    fn transient(&self) -> Option<&Unavailable>;
}

impl RetryLimit {
    /// Creates a time limit: failed calls are retried for `time` from now on.
    pub fn lasting(time: Duration) -> Self {
        Self { until: Instant::now() + time }
    }

    /// Returns the earlier one of two time limits for retries: this limit, or `time` from now.
    pub fn at_most(self, time: Duration) -> Self {
        Self { until: self.until.min(Instant::now() + time) }
    }

    /// Runs `call` and retries it after each temporary error, until the time limit.
    ///
    /// # Errors
    /// Returns the last error of `call` if it fails permanently or if time runs out.
    pub async fn call<T, E: MaybeTransient>(&self, mut call: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
        let mut turn = 0;
        loop {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let Some(Unavailable { what, cause, .. }) = error.transient() else { return Err(error) };
            let Some(pause) = self.pause(turn) else { return Err(error) };
            let pause_ms = pause.as_millis();
            tracing::warn!(what, %cause, pause_ms, "a service is briefly unavailable; the call is retried");
            tokio::time::sleep(pause).await;
            turn += 1;
        }
    }

    /// Returns a random pause before the next retry. `turn` is the number of earlier retries. `None` if the pause would
    /// end after the time limit.
    pub fn pause(&self, turn: u32) -> Option<Duration> {
        let longest = FIRST_PAUSE.saturating_mul(1 << turn.min(16)).min(MAX_PAUSE);
        // Full jitter: clients that collided do not collide again.
        let pause = longest.mul_f64(fastrand::f64());
        (Instant::now() + pause < self.until).then_some(pause)
    }
}

impl MaybeTransient for Unavailable {
    fn transient(&self) -> Option<&Unavailable> {
        self.is_brief.then_some(self)
    }
}

impl MaybeTransient for TrainError {
    fn transient(&self) -> Option<&Unavailable> {
        match self {
            Self::Unavailable(error) => error.transient(),
            _ => None,
        }
    }
}

impl MaybeTransient for RunWriteError {
    fn transient(&self) -> Option<&Unavailable> {
        match self {
            Self::Unavailable(error) => error.transient(),
            Self::Conflict(_) => None,
        }
    }
}

impl MaybeTransient for RegisterError {
    fn transient(&self) -> Option<&Unavailable> {
        match self {
            Self::Unavailable(error) => error.transient(),
            Self::RunTaken(_) | Self::ChampionMoved | Self::RolloutMoved => None,
        }
    }
}

impl MaybeTransient for PromoteError {
    fn transient(&self) -> Option<&Unavailable> {
        match self {
            Self::Unavailable(error) => error.transient(),
            Self::ChampionMoved => None,
        }
    }
}

impl MaybeTransient for StoreError {
    fn transient(&self) -> Option<&Unavailable> {
        match self {
            Self::Unavailable(error) => error.transient(),
            Self::Taken(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(turns: &mut u32) -> Result<u32, Unavailable> {
        *turns += 1;
        Err(Unavailable::briefly("the table", "it is busy"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_busy_for_minutes_is_retried_until_it_answers() {
        let (begun, retries) = (Instant::now(), RetryLimit::lasting(Duration::from_secs(600)));
        let answer = retries.call(async || {
            let is_over = begun.elapsed() > Duration::from_secs(120);
            if is_over { Ok(7) } else { Err(Unavailable::briefly("the table", "it is busy")) }
        });
        assert_eq!(answer.await.unwrap(), 7);
        assert!(begun.elapsed() < Duration::from_secs(140), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn retries_end_with_the_last_error_when_time_runs_out() {
        let (begun, mut turns) = (Instant::now(), 0);
        let answer = RetryLimit::lasting(Duration::from_secs(60)).call(async || busy(&mut turns)).await;
        assert_eq!(answer.unwrap_err().what, "the table");
        assert!(begun.elapsed() <= Duration::from_secs(60) && (10..200).contains(&turns), "{turns} turns");
    }

    #[tokio::test(start_paused = true)]
    async fn a_permanent_failure_is_not_retried() {
        let mut turns = 0;
        let answer: Result<(), _> = RetryLimit::lasting(Duration::from_secs(60))
            .call(async || {
                turns += 1;
                Err(Unavailable::new("the table", "no rights"))
            })
            .await;
        assert!(answer.is_err());
        assert_eq!(turns, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_there_is_one_try() {
        let mut turns = 0;
        let retries = RetryLimit::lasting(Duration::from_secs(60)).at_most(Duration::ZERO);
        assert!(retries.call(async || busy(&mut turns)).await.is_err());
        assert_eq!(turns, 1);
    }
}
