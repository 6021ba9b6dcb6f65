//! Estimates what a stack has cost in the month so far: the usage that the monitoring service counts, times list prices.
//! It reads no bill.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::{Metric, Publication, time};

/// Number of metrics that the alarms of a stack look at. An alarm is billed for each metric that it looks at.
pub const WATCHED_METRICS: u32 = 27;

// The published metrics are counted for a schedule with a training each day, as `make cost` does.
/// Maximum number of hours of a month in which a metric has a value that is published only when it changes.
const HOURS_OF_CHANGES: f64 = 61.0;

/// Number of hours of a month for the price of a metric.
const HOURS_OF_A_MONTH: f64 = 720.0;

/// Share of a month from which on the cost of the whole month can be expected: three days of thirty.
const ENOUGH: f64 = 0.1;

/// State transitions of an execution for each part of a batch job: the start of the child, its task, and its end.
const PART_TRANSITIONS: f64 = 3.0;
/// Requests to S3 that read for each part of a batch job: the rows, and the row of names or the footer.
const PART_GETS: f64 = 2.0;
/// Requests to S3 that write for each part of a batch job: the answers and the receipt.
const PART_PUTS: f64 = 2.0;

/// List prices in US dollars. The fields have the names of `infra/cost/prices.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Prices {
    lambda_arm64: Price,
    lambda_x86_64: Price,
    lambda_request: Price,
    api_request: Price,
    log_gigabyte: Price,
    custom_metric: Price,
    alarm: Price,
    put_metric_data: Price,
    get_metric_data: Price,
    table_read: Price,
    table_write: Price,
    state_transition: Price,
    object_get: Price,
    object_put: Price,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Price {
    price: f64,
}

/// What a stack used in the month so far, as the monitoring service counts it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MonthUsage {
    /// The use of each function.
    pub functions: Vec<FunctionUsage>,
    /// The number of requests to all REST APIs of the stack.
    pub api_requests: f64,
    /// The number of reads of up to 4 KB from the registry.
    pub table_reads: f64,
    /// The number of writes of up to 1 KB to the registry and its indexes.
    pub table_writes: f64,
    /// The size of the logs in bytes.
    pub log_bytes: f64,
}

/// What one function used in the month so far.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionUsage {
    /// The function's name without the stack's, such as `predict`.
    pub name: String,
    /// The memory of the function in MB.
    pub memory: u32,
    /// The number of invocations.
    pub calls: f64,
    /// The time of all invocations in milliseconds, without cold starts.
    pub milliseconds: f64,
}

/// An estimate of what a stack has cost in the month so far, in US dollars.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostEstimate {
    /// The beginning of the month, in UTC.
    #[serde(serialize_with = "time::serialize")]
    pub from: Timestamp,
    /// The time of the estimate.
    #[serde(serialize_with = "time::serialize")]
    pub until: Timestamp,
    /// The sum of all parts.
    pub so_far: f64,
    /// The sum for the whole month if it goes on like this. `None` in the first days of a month.
    pub expected: Option<f64>,
    /// The parts, highest first.
    pub parts: Vec<CostPart>,
    /// Whether the parts that depend on usage are among `parts`.
    pub has_usage: bool,
}

/// A part of an estimated cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostPart {
    /// The billed service, such as `API Gateway` or `Lambda, predict`.
    pub name: String,
    /// The cost in US dollars.
    pub dollars: f64,
}

impl CostEstimate {
    /// Estimates the cost of the month of `now`. Without `usage`, only the fixed part is known: metrics and alarms.
    ///
    /// The fixed part assumes that the stack has existed since the beginning of the month.
    pub fn of(now: Timestamp, prices: &Prices, usage: Option<&MonthUsage>, is_arm: bool) -> Self {
        let (from, share) = (beginning_of_month(now), share_of_month(now));
        let fixed = CostPart { name: "Metrics and alarms, fixed".to_owned(), dollars: prices.fixed_month() * share };
        let variable = usage.map(|usage| prices.parts(usage, is_arm)).unwrap_or_default();
        let mut parts: Vec<CostPart> = [fixed].into_iter().chain(variable).collect();
        parts.sort_by(|a, b| b.dollars.total_cmp(&a.dollars));
        let so_far = parts.iter().map(|part| part.dollars).sum::<f64>();
        let expected = (share >= ENOUGH).then(|| so_far / share);
        Self { from, until: now, so_far, expected, parts, has_usage: usage.is_some() }
    }
}

impl Prices {
    /// Returns the cost of a month in which nobody calls, in dollars: metrics and alarms.
    pub fn fixed_month(&self) -> f64 {
        let published = Metric::ALL.map(|metric| match metric.publication() {
            Publication::EachTime => 1.0,
            Publication::OnChange => HOURS_OF_CHANGES / HOURS_OF_A_MONTH,
        });
        published.iter().sum::<f64>() * self.custom_metric.price + f64::from(WATCHED_METRICS) * self.alarm.price
    }

    /// Returns the price of a millisecond of a function with this memory in MB.
    pub fn millisecond(&self, memory: u32, is_arm: bool) -> f64 {
        let gigabyte_second = if is_arm { self.lambda_arm64 } else { self.lambda_x86_64 };
        gigabyte_second.price * f64::from(memory) / 1024.0 / 1000.0
    }

    /// Returns the price of a part of a batch job, without the time of the function: its request, its state transitions,
    /// and its requests to S3.
    pub fn batch_part(&self) -> f64 {
        self.lambda_request.price
            + PART_TRANSITIONS * self.state_transition.price
            + PART_GETS * self.object_get.price
            + PART_PUTS * self.object_put.price
    }

    fn parts(&self, usage: &MonthUsage, is_arm: bool) -> Vec<CostPart> {
        let part = |name: String, dollars: f64| CostPart { name, dollars };
        let functions = usage.functions.iter().map(|used| {
            let time = used.milliseconds * self.millisecond(used.memory, is_arm);
            part(format!("Lambda, {}", used.name), used.calls * self.lambda_request.price + time)
        });
        // Each call of the metrics function publishes once, and reads the requests of the last weeks.
        let published =
            usage.functions.iter().filter(|used| used.name == "metrics").map(|used| used.calls).sum::<f64>();
        let table = usage.table_reads * self.table_read.price + usage.table_writes * self.table_write.price;
        let rest = [
            part(
                "Calls that publish and read metrics".to_owned(),
                published * (self.put_metric_data.price + self.get_metric_data.price),
            ),
            part("API Gateway".to_owned(), usage.api_requests * self.api_request.price),
            part("DynamoDB".to_owned(), table),
            part("Logs".to_owned(), usage.log_bytes / 1e9 * self.log_gigabyte.price),
        ];
        functions.chain(rest).collect()
    }
}

/// Returns the first moment of the month of `now`, in UTC.
pub fn beginning_of_month(now: Timestamp) -> Timestamp {
    midnight(Offset::UTC.to_datetime(now).date().first_of_month()).unwrap_or(now)
}

/// Returns which share of its month has passed at `now`: 0–1.
fn share_of_month(now: Timestamp) -> f64 {
    let first = Offset::UTC.to_datetime(now).date().first_of_month();
    let next = first.checked_add(1.month()).ok().and_then(midnight);
    let Some((from, until)) = midnight(first).zip(next) else { return 1.0 };
    now.duration_since(from).as_secs_f64() / until.duration_since(from).as_secs_f64()
}

fn midnight(date: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok()
}
