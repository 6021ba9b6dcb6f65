//! Measures cold starts of the predict function: from the start of the process to its first answer.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use serde_json::Value;

use crate::distribution::Distribution;
use crate::process::Program;
use crate::report::{BenchGoal, ReportRow};
use crate::test_bed::{FunctionSettings, TestBed};

/// Pause after an answer before the benchmark reads the process's processor time, so that its last work is done.
const REST: Duration = Duration::from_millis(3);

/// The measurements of one cold start of the function's process.
#[derive(Debug, Clone, Copy)]
struct Start {
    /// Time from the start of the process until it asks the Lambda Runtime API for an event.
    ready: Duration,
    /// Time from the delivery of the event to the function's answer.
    answer: Duration,
    /// Processor time that the process used until it asked for the first event.
    ready_cpu: Duration,
    /// Processor time that the process used until its first answer.
    cpu: Duration,
    /// Memory of the process in bytes (resident set) after its first answer.
    resident: u64,
    /// Number of network connections to the registry and to the S3 bucket.
    connections: (usize, usize),
    /// Number of requests to the registry and to the S3 bucket.
    requests: (usize, usize),
}

/// Measures cold starts: starts each of `programs` in turn, `starts` times each. Each started process answers `event`
/// once.
///
/// # Errors
/// Fails if the function's process fails or its answer is not a prediction.
pub async fn measure(
    test_bed: &TestBed,
    programs: &[Program],
    starts: usize,
    event: &Bytes,
) -> anyhow::Result<Vec<ReportRow>> {
    let mut all = vec![Vec::with_capacity(starts); programs.len()];
    for _ in 0..starts {
        for (program, measured) in programs.iter().zip(&mut all) {
            measured.push(start(test_bed, program, event).await?);
        }
    }
    Ok(rows(&all))
}

async fn start(test_bed: &TestBed, program: &Program, event: &Bytes) -> anyhow::Result<Start> {
    let seen = traffic(test_bed);
    let (process, mut runtime) = test_bed.start(program, FunctionSettings::default()).await?;
    let ready = runtime.ready().await?.duration_since(process.started_at);
    tokio::time::sleep(REST).await;
    let ready_cpu = process.usage()?.cpu;
    let answered = runtime.call(event.clone()).await?;
    tokio::time::sleep(REST).await;
    let usage = process.usage()?;
    check(&answered.body)?;
    process.end();
    let now = traffic(test_bed);
    let since = |of: fn(&Counts) -> (usize, usize)| (of(&now).0 - of(&seen).0, of(&now).1 - of(&seen).1);
    Ok(Start {
        ready,
        answer: answered.answered_at.duration_since(answered.handed_at),
        ready_cpu,
        cpu: usage.cpu,
        resident: usage.resident,
        connections: since(|counts| counts.connections),
        requests: since(|counts| counts.requests),
    })
}

struct Counts {
    connections: (usize, usize),
    requests: (usize, usize),
}

fn traffic(test_bed: &TestBed) -> Counts {
    let (registry, bucket) = (&test_bed.registry.traffic, &test_bed.bucket.traffic);
    Counts {
        connections: (registry.connections(), bucket.connections()),
        requests: (registry.requests().len(), bucket.requests().len()),
    }
}

/// Checks that an answer's body is a prediction.
///
/// # Errors
/// Fails if the body is not a prediction. The error contains the body.
pub fn check(body: &Bytes) -> anyhow::Result<()> {
    let answer: Value = serde_json::from_slice(body).context("the answer is not JSON")?;
    if answer.get("statusCode").and_then(Value::as_u64) != Some(200) {
        bail!("the function answered {answer}");
    }
    Ok(())
}

fn rows(all: &[Vec<Start>]) -> Vec<ReportRow> {
    let row = |name: &str, unit, goal, of: fn(&Start) -> f64| {
        let spreads: Vec<_> = all.iter().map(|starts| Distribution::of(starts.iter().map(of))).collect();
        ReportRow::of_spreads("cold", name, unit, goal, &spreads)
    };
    vec![
        row("exec → first answer", "ms", Some(BenchGoal::AtMost(40.0)), |start| millis(start.ready + start.answer)),
        row("exec → ready", "ms", None, |start| millis(start.ready)),
        row("ready → first answer", "ms", None, |start| millis(start.answer)),
        row("processor time to the first answer", "ms", Some(BenchGoal::AtMost(30.0)), |start| millis(start.cpu)),
        row("processor time until ready", "ms", None, |start| millis(start.ready_cpu)),
        row("resident at the first answer", "MB", None, |start| megabytes(start.resident)),
        row("connections to the registry", "", None, |start| start.connections.0 as f64),
        row("connections to the bucket", "", None, |start| start.connections.1 as f64),
        row("requests to the registry", "", None, |start| start.requests.0 as f64),
        row("requests to the bucket", "", None, |start| start.requests.1 as f64),
    ]
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Converts bytes to megabytes (10^6 bytes).
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
