//! Measures the processor time that the console needs for each screen and each search, with 10,000 runs and 10,000
//! versions: `cargo run --profile bench-driver -p evergreen-console --example speed`.
//!
//! The handler runs with the fakes in memory. The time that the fakes need for lists is subtracted. Instead, the time of
//! the real adapter is added: it reads the same summaries from a stand-in of DynamoDB in pages of 1 MB, over HTTP on
//! loopback, and decodes them. Everything runs on one thread, whose clock stands still while the thread waits. So the
//! times do not contain the network, DynamoDB's own time, and whatever else runs on the machine. TLS is not included.

#[path = "../../tests/handler/support.rs"]
#[allow(
    dead_code,
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the tests need more of it"
)]
mod support;

mod stub;

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use evergreen_aws::Registry;
use evergreen_aws::env::Environment;
use evergreen_lifecycle::listing::{MAX_SEARCHED, RunSummary, Span, VersionSummary};
use evergreen_lifecycle::ports::Listing;
use evergreen_testkit::{finished_run, moment, version};
use jiff::SignedDuration;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use support::{Answer, Fixture};

/// Number of runs, and of versions.
const MANY: u32 = 10_000;
/// Number of measurements of each request.
const ROUNDS: usize = 100;
/// The goal for the 99th percentile, in milliseconds.
const GOAL: f64 = 300.0;

/// The screens: path, how many summaries of runs the page reads, and how many of versions.
const SCREENS: [(&str, u32, u32); 16] = [
    ("/", 6, MAX_SEARCHED),
    ("/runs", MAX_SEARCHED, 0),
    ("/runs?status=succeeded", MAX_SEARCHED, 0),
    ("/runs?metric=accuracy%3E%3D0.95", MAX_SEARCHED, 0),
    ("/runs?trigger=manual&sort=-accuracy", MAX_SEARCHED, 0),
    ("/runs?from=2026-01-01T00:00:00Z", MAX_SEARCHED, 0),
    ("/runs/manual-v7777", 0, 0),
    ("/versions", 0, MAX_SEARCHED),
    ("/versions?status=promoted&sort=-accuracy", 0, MAX_SEARCHED),
    ("/versions?metric=accuracy%3E%3D0.95", 0, MAX_SEARCHED),
    ("/versions?tag=team%3Drisk", 0, MAX_SEARCHED),
    ("/versions/7777", 0, 0),
    ("/compare?versions=7777&versions=7778", 0, 0),
    ("/audit", 0, 0),
    ("/alarms", 0, 0),
    ("/schedule", 100, 0),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let fixture = filled();
    let cookie = cookie(&fixture).await?;
    let real = adapter(stub::start(index(&fixture)?)?)?;
    println!("{:<44} {:>8} {:>8} {:>14}", "milliseconds of processor time", "p50", "p99", "p50 of reading");
    let mut rows = Vec::new();
    for (path, runs, versions) in SCREENS {
        let (mut times, mut readings) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
        for _ in 0..ROUNDS {
            let began = used();
            let answer = fixture.page("GET", path, &cookie, "").await;
            let page = used() - began;
            ensure!(answer.status == 200, "{path} was answered with {}", answer.status);
            let fake = reading(fixture.memory.as_ref(), runs, versions).await?;
            let reading = reading(&real, runs, versions).await?;
            times.push((page - fake).max(0.0) + reading);
            readings.push(reading);
        }
        let (p50, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
        let reading = percentile(&mut readings, 50);
        println!("{path:<44} {p50:>8.1} {p99:>8.1} {reading:>14.1}");
        rows.push(json!({"request": path, "p50": p50, "p99": p99, "p50_of_reading": reading}));
    }
    store(&rows)?;
    let slow = rows.iter().any(|row| row["p99"].as_f64().is_none_or(|p99| p99 > GOAL));
    ensure!(!slow, "a request takes longer than {GOAL} ms");
    Ok(())
}

/// Creates a function with many runs and versions. Version 2 is the champion.
fn filled() -> Fixture {
    let fixture = Fixture::serving();
    let mut state = fixture.memory.state();
    for number in 4..=MANY {
        let at = moment("2024-01-01T03:00:00Z") + SignedDuration::from_hours(2 * i64::from(number));
        let version = version(number, 0.8 + f64::from(number % 200) / 1000.0, at);
        let run = finished_run(&format!("v{number}"), at, &version);
        state.runs.insert(run.id.clone(), run);
        state.versions.insert(version.number, version);
    }
    drop(state);
    fixture
}

/// Opens a session, and returns its cookie.
async fn cookie(fixture: &Fixture) -> anyhow::Result<String> {
    let link: Answer = fixture.signed("POST", "/links", json!({"right": "steer"})).await;
    let path = link.json().get("path").and_then(|path| path.as_str()).context("no link")?.to_owned();
    let opened = fixture.page("POST", &path, "", "").await;
    let cookie = opened.header("set-cookie").context("no cookie")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// Returns the summaries as DynamoDB's index holds them.
fn index(fixture: &Fixture) -> anyhow::Result<stub::Index> {
    let (mut runs, mut versions) = (Vec::new(), Vec::new());
    let state = fixture.memory.state();
    for version in state.versions.values().rev() {
        let run = state.runs.get(&version.run_id).context("a version has no run")?;
        let mut summary = serde_json::to_value(RunSummary::of(run, Some(version), moment(support::NOW)))?;
        let fields = summary.as_object_mut().context("a summary is no object")?;
        fields.insert("lease_until".to_owned(), serde_json::to_value(run.lease_until)?);
        runs.push(summary.to_string());
        versions.push(serde_json::to_string(&VersionSummary::of(version, [].into()))?);
    }
    Ok(stub::Index { runs, versions })
}

/// Creates the registry's client, connected to the stand-in of DynamoDB.
fn adapter(address: SocketAddr) -> anyhow::Result<Registry> {
    let endpoint = format!("http://{address}");
    let environment = Environment::from_lookup(|key| match key {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        _ => None,
    });
    let credentials = SharedCredentialsProvider::new(Credentials::new("bench", "bench", None, None, "bench"));
    let config = evergreen_aws::connect(&environment)?.into_builder().credentials_provider(credentials).build();
    Ok(Registry::new(&config, "registry", "iris".parse()?))
}

/// Reads so many summaries of runs and of versions. Returns the milliseconds of processor time.
async fn reading(registry: &impl Listing, runs: u32, versions: u32) -> anyhow::Result<f64> {
    let began = used();
    if runs > 0 {
        let found = registry.run_summaries(Span::default(), runs, moment(support::NOW)).await?;
        ensure!(found.len() == runs as usize, "{} of {runs} summaries of runs were read", found.len());
    }
    if versions > 0 {
        let found = registry.version_summaries(versions).await?;
        ensure!(found.len() == versions as usize, "{} of {versions} summaries of versions were read", found.len());
    }
    Ok(used() - began)
}

/// Returns the processor time that this thread has used, in milliseconds.
fn used() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}

fn store(rows: &[Value]) -> anyhow::Result<()> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    std::fs::create_dir_all(&directory)?;
    let report = json!({"runs": MANY, "versions": MANY, "rounds": ROUNDS, "goal_p99": GOAL, "requests": rows});
    std::fs::write(directory.join("console.json"), serde_json::to_string_pretty(&report)?)?;
    Ok(())
}
