//! The estimated cost of the month so far. Reading the usage costs money too, so an environment keeps it for an hour.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use evergreen_http::Problem;
use evergreen_lifecycle::cost::{CostEstimate, MonthUsage, Prices, beginning_of_month};
use evergreen_lifecycle::ports::BilledUsage;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::time::timeout;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::Reply;

/// The list prices of `make cost`.
const PRICE_LIST: &str = include_str!("../../../infra/cost/prices.toml");

/// The parsed list prices. `None` if the list lacks a price; a test reads it.
static PRICES: LazyLock<Option<Prices>> = LazyLock::new(|| toml::from_str(PRICE_LIST).ok());

// One reading of about 30 metrics costs $0.0003. With one reading an hour, a month costs at most $0.25.
/// How long an environment keeps the usage that it read.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// How long an answer waits for the usage. It is useful without it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The usage that the environment read last, and when.
#[derive(Debug, Default)]
pub(crate) struct KeptUsage(Mutex<Option<(Timestamp, MonthUsage)>>);

/// An estimate with the sentence that says what it contains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExplainedCost {
    /// The estimate.
    #[serde(flatten)]
    pub estimate: CostEstimate,
    /// How the numbers were found and what they leave out.
    pub source: String,
}

impl KeptUsage {
    /// Returns the usage if it was read within the hour, and in the same month.
    fn fresh(&self, now: Timestamp) -> Option<(Timestamp, MonthUsage)> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh =
            |read: Timestamp| now.duration_since(read) < KEPT && beginning_of_month(read) == beginning_of_month(now);
        kept.clone().filter(|(read, _)| is_fresh(*read))
    }

    fn keep(&self, now: Timestamp, usage: &MonthUsage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, usage.clone()));
    }
}

impl<W: ConsoleWorld> Console<W> {
    /// Estimates the cost of the month so far. `None` if the list prices cannot be read.
    ///
    /// Without usage, because an emulator counts none or CloudWatch does not answer, only the fixed part is estimated.
    pub async fn month_cost(&self) -> Option<ExplainedCost> {
        let prices = PRICES.as_ref()?;
        let usage = self.month_usage().await;
        let at = usage.as_ref().map_or_else(|_| self.now(), |(read, _)| *read);
        let is_arm = cfg!(target_arch = "aarch64");
        let estimate = CostEstimate::of(at, prices, usage.as_ref().ok().map(|(_, usage)| usage), is_arm);
        let source = match usage {
            Ok(_) => {
                "An estimate: what CloudWatch counted this month, times list prices. Metrics and alarms count from \
                the first day of the month. Cold starts, traces, storage, state transitions and \
                requests of batch jobs, mail and taxes are not included."
                    .to_owned()
            }
            Err(reason) => format!("An estimate of the fixed part only. Usage is not included, because {reason}."),
        };
        Some(ExplainedCost { estimate, source })
    }

    pub(crate) async fn show_cost(&self) -> Result<Reply, Problem> {
        Reply::ok(&self.month_cost().await.ok_or_else(Problem::internal)?)
    }

    /// Returns the usage of the month with the time at which it was read, or the reason why it is not known.
    async fn month_usage(&self) -> Result<(Timestamp, MonthUsage), &'static str> {
        if self.stack.is_emulated {
            return Err("the emulator does not count it; a local stack costs nothing");
        }
        let now = self.now();
        if let Some(kept) = self.usage.fresh(now) {
            return Ok(kept);
        }
        let read = self.world.alarms().billed_usage(&self.stack.billed, beginning_of_month(now), now);
        match timeout(PATIENCE, read).await {
            Ok(Ok(usage)) => {
                self.usage.keep(now, &usage);
                Ok((now, usage))
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the usage of the month could not be read");
                Err("CloudWatch did not answer")
            }
            Err(_elapsed) => {
                tracing::warn!("CloudWatch did not answer in time");
                Err("CloudWatch did not answer")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_list_has_every_price() {
        assert!(PRICES.is_some());
    }
}
