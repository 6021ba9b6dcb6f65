//! Measures the latency of calls during a refresh of the champion, and compares it with calls without a refresh.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bytes::Bytes;

use crate::cold::check;
use crate::distribution::Distribution;
use crate::process::Program;
use crate::report::{BenchGoal, ReportRow};
use crate::store::CallTime;
use crate::subject;
use crate::test_bed::{FunctionSettings, TestBed};

/// Time between two refreshes of the champion, in seconds.
const REFRESH_SECONDS: u32 = 1;
/// Goal for latency: the largest ratio of the 99th percentile during a refresh to that without a refresh.
const GOAL: f64 = 2.0;

/// Latencies of calls during a refresh of the champion, and of calls without one.
struct RefreshLatencies {
    beside: Distribution,
    without: Distribution,
    refreshes: usize,
    errors: usize,
}

/// Measures latencies while the champion is refreshed every second. Each of `programs` answers calls of one row for
/// `seconds`. The fake DynamoDB and S3 of `test_bed` should be slow, so that many calls happen during a refresh.
///
/// # Errors
/// Fails if the function's process fails, or if no call happened during a refresh or without one.
pub async fn measure(test_bed: &TestBed, programs: &[Program], seconds: u64) -> anyhow::Result<Vec<ReportRow>> {
    let events = subject::events(1)?;
    let mut parted = Vec::with_capacity(programs.len());
    for program in programs {
        parted.push(run(test_bed, program, &events, Duration::from_secs(seconds)).await?);
    }
    Ok(figures(&parted))
}

async fn run(
    test_bed: &TestBed,
    program: &Program,
    events: &[Bytes],
    length: Duration,
) -> anyhow::Result<RefreshLatencies> {
    let (process, mut runtime) = test_bed.start(program, FunctionSettings { refresh_seconds: REFRESH_SECONDS }).await?;
    runtime.ready().await?;
    let before = test_bed.registry.traffic.requests().len();
    let (began, mut calls, mut errors) = (Instant::now(), Vec::new(), 0);
    for event in events.iter().cycle() {
        if began.elapsed() > length {
            break;
        }
        let answered = runtime.call(event.clone()).await?;
        errors += usize::from(check(&answered.body).is_err());
        calls.push(CallTime { began: answered.handed_at, ended: answered.answered_at });
    }
    process.end();
    let refreshes: Vec<_> = test_bed.registry.traffic.requests().into_iter().skip(before).collect();
    let (beside, without): (Vec<_>, Vec<_>) = calls.iter().partition(|call| overlaps(call, &refreshes));
    ensure!(
        !beside.is_empty() && !without.is_empty(),
        "the run needs calls during a refresh and calls without one; try a longer run"
    );
    let spread =
        |calls: &[&CallTime]| Distribution::of(calls.iter().map(|call| (call.ended - call.began).as_secs_f64() * 1e6));
    Ok(RefreshLatencies { beside: spread(&beside), without: spread(&without), refreshes: refreshes.len(), errors })
}

/// Returns whether at least one refresh of the champion was in progress during `call`. `refreshes` are in order of
/// time.
fn overlaps(call: &CallTime, refreshes: &[CallTime]) -> bool {
    let next = refreshes.partition_point(|refresh| refresh.ended < call.began);
    refreshes.get(next).is_some_and(|refresh| refresh.began <= call.ended)
}

fn figures(parted: &[RefreshLatencies]) -> Vec<ReportRow> {
    let row = |name: &str, unit, goal, note: &str, of: &dyn Fn(&RefreshLatencies) -> f64| {
        ReportRow::of_values("warm", name, unit, goal, parted.iter().map(of).collect(), note)
    };
    let beside = parted.first().map(|parted| format!("{} calls, {} refreshes", parted.beside.len(), parted.refreshes));
    let without = parted.first().map(|parted| format!("{} calls", parted.without.len()));
    let ratio = |parted: &RefreshLatencies| parted.beside.quantile(0.99) / parted.without.quantile(0.99);
    vec![
        row("p99 with a refresh in flight", "µs", None, &beside.unwrap_or_default(), &|parted| {
            parted.beside.quantile(0.99)
        }),
        row("p99 without", "µs", None, &without.unwrap_or_default(), &|parted| parted.without.quantile(0.99)),
        row("p99 with a refresh by p99 without", "", Some(BenchGoal::AtMost(GOAL)), "", &ratio),
        row("p50 with a refresh in flight", "µs", None, "", &|parted| parted.beside.median()),
        row("p50 without", "µs", None, "", &|parted| parted.without.median()),
        row("answers that are no prediction, refreshing", "", Some(BenchGoal::AtMost(0.0)), "", &|parted| {
            parted.errors as f64
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_beside_a_refresh_when_the_two_share_a_moment() {
        let start = Instant::now();
        let span = |began: u64, ended: u64| CallTime {
            began: start + Duration::from_millis(began),
            ended: start + Duration::from_millis(ended),
        };
        let refreshes = [span(10, 20), span(30, 40)];
        for (call, expected) in [(span(0, 9), false), (span(5, 12), true), (span(12, 14), true), (span(21, 29), false)]
        {
            assert_eq!(overlaps(&call, &refreshes), expected);
        }
        assert!(overlaps(&span(39, 50), &refreshes) && !overlaps(&span(41, 50), &refreshes));
    }
}
