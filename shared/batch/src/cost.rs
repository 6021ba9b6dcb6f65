//! What a batch job costs, at list prices.

use evergreen_lifecycle::cost::Prices;
use serde::{Deserialize, Serialize};

/// What the work of a job costs in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BatchRates {
    /// A millisecond of the function.
    pub millisecond: f64,
    /// A part, without the time of the function: its request, its state transitions, and its requests to S3.
    pub part: f64,
}

impl BatchRates {
    /// Returns the rates of a function with this memory in MB.
    pub fn of(prices: &Prices, memory: u32, is_arm: bool) -> Self {
        Self { millisecond: prices.millisecond(memory, is_arm), part: prices.batch_part() }
    }

    /// Returns the cost of a number of parts, which took a number of milliseconds together. Failed attempts are not in it.
    pub fn dollars(&self, parts: u64, milliseconds: u64) -> f64 {
        self.part * parts as f64 + self.millisecond * milliseconds as f64
    }
}
