//! Measures how long the console itself needs for each screen and each search, with 10,000 runs and 10,000 versions:
//! `cargo run --profile bench-driver -p evergreen-console --example speed`.
//!
//! A time has two parts. The first is the handler's, with a registry in memory. The second is that of parsing the JSON
//! texts of 10,000 summaries, as the index holds them; it is added to each request that reads them. Not included are the
//! network, DynamoDB, and the SDK's own parsing of DynamoDB's answers.

#[path = "../tests/handler/support.rs"]
#[allow(
    dead_code,
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the tests need more of it"
)]
mod support;

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, ensure};
use evergreen_lifecycle::listing::{RunSummary, VersionSummary};
use evergreen_testkit::{finished_run, moment, version};
use jiff::SignedDuration;
use serde_json::{Value, json};
use support::{Answer, Fixture};

/// Number of runs, and of versions.
const MANY: u32 = 10_000;
/// Number of measurements of each request.
const ROUNDS: usize = 100;
/// The goal for the 99th percentile, in milliseconds.
const GOAL: f64 = 300.0;

/// The screens: path, and whether the page reads the summaries of all runs and of all versions.
const SCREENS: [(&str, bool, bool); 16] = [
    ("/", false, true),
    ("/runs", true, false),
    ("/runs?status=succeeded", true, false),
    ("/runs?metric=accuracy%3E%3D0.95", true, false),
    ("/runs?trigger=manual&sort=-accuracy", true, false),
    ("/runs?from=2026-01-01T00:00:00Z", true, false),
    ("/runs/manual-v7777", false, false),
    ("/versions", false, true),
    ("/versions?status=promoted&sort=-accuracy", false, true),
    ("/versions?metric=accuracy%3E%3D0.95", false, true),
    ("/versions?tag=team%3Drisk", false, true),
    ("/versions/7777", false, false),
    ("/compare?versions=7777&versions=7778", false, false),
    ("/audit", false, false),
    ("/alarms", false, false),
    ("/schedule", false, false),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let fixture = filled();
    let cookie = cookie(&fixture).await?;
    let (runs, versions) = parsing(&fixture)?;
    println!("{:<48} {:>8} {:>8}   (p50 and p99 in milliseconds)", "request", "p50", "p99");
    let mut rows = Vec::new();
    for (path, reads_runs, reads_versions) in SCREENS {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let answer = fixture.page("GET", path, &cookie, "").await;
            times.push(milliseconds(began));
            ensure!(answer.status == 200, "{path} was answered with {}", answer.status);
        }
        let more = f64::from(u8::from(reads_runs)) * runs + f64::from(u8::from(reads_versions)) * versions;
        let (p50, p99) = (percentile(&mut times, 50) + more, percentile(&mut times, 99) + more);
        println!("{path:<48} {p50:>8.1} {p99:>8.1}");
        rows.push(json!({"request": path, "p50": p50, "p99": p99, "of_that_parsing": more}));
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

/// Returns how many milliseconds the parsing of the summaries of all runs and of all versions takes: the slowest of ten.
fn parsing(fixture: &Fixture) -> anyhow::Result<(f64, f64)> {
    let (mut runs, mut versions) = (Vec::new(), Vec::new());
    let state = fixture.memory.state();
    for version in state.versions.values() {
        let run = state.runs.get(&version.run_id).context("a version has no run")?;
        runs.push(serde_json::to_string(&RunSummary::of(run, Some(version), moment(support::NOW)))?);
        versions.push(serde_json::to_string(&VersionSummary::of(version, [].into()))?);
    }
    Ok((slowest::<RunSummary>(&runs)?, slowest::<VersionSummary>(&versions)?))
}

fn slowest<T: serde::de::DeserializeOwned>(texts: &[String]) -> anyhow::Result<f64> {
    let mut slowest = 0.0_f64;
    for _ in 0..10 {
        let began = Instant::now();
        for text in texts {
            black_box(serde_json::from_str::<T>(text)?);
        }
        slowest = slowest.max(milliseconds(began));
    }
    Ok(slowest)
}

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
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
