//! What a batch job costs, at list prices.

use serde::{Deserialize, Serialize};

/// State transitions of an execution for each part: the start of the child, its task, and its end.
const PART_TRANSITIONS: f64 = 3.0;
/// Requests to S3 that read for each part: the rows, and a footer.
const PART_GETS: f64 = 2.0;
/// Requests to S3 that write for each part: the answers and the receipt.
const PART_PUTS: f64 = 2.0;
const MEGABYTES_OF_A_GIGABYTE: f64 = 1024.0;

/// List prices in US dollars that a batch job needs. The fields have the names of `infra/cost/prices.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct BatchPrices {
    lambda_arm64: UnitPrice,
    lambda_x86_64: UnitPrice,
    lambda_request: UnitPrice,
    state_transition: UnitPrice,
    object_get: UnitPrice,
    object_put: UnitPrice,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct UnitPrice {
    price: f64,
}

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
    pub fn of(prices: &BatchPrices, memory: u32, is_arm: bool) -> Self {
        let second = if is_arm { prices.lambda_arm64 } else { prices.lambda_x86_64 };
        let part = prices.lambda_request.price
            + PART_TRANSITIONS * prices.state_transition.price
            + PART_GETS * prices.object_get.price
            + PART_PUTS * prices.object_put.price;
        Self { millisecond: second.price * f64::from(memory) / MEGABYTES_OF_A_GIGABYTE / 1000.0, part }
    }

    /// Returns the cost of a number of parts, which took a number of milliseconds together. Failed attempts are not in it.
    pub fn dollars(&self, parts: u64, milliseconds: u64) -> f64 {
        self.part * parts as f64 + self.millisecond * milliseconds as f64
    }
}
