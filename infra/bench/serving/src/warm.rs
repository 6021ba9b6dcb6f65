//! Measures the warm path: calls one after the other, as Lambda sends them to one running function process.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use serde_json::Value;

use crate::cold::{check, megabytes};
use crate::distribution::Distribution;
use crate::process::{Process, Program, Usage};
use crate::report::{BenchGoal, ReportRow};
use crate::runtime::Runtime;
use crate::subject;
use crate::test_bed::{FunctionSettings, TestBed};

/// Number of first calls that the measurement skips, because they fill caches.
const UNCOUNTED: usize = 200;
/// Number of calls to one program before it is the next program's turn.
const TURN: usize = 250;

/// A running function process and its measurements so far.
struct Session {
    process: Process,
    runtime: Runtime,
    latencies: Vec<Duration>,
    /// Total time of the measured calls, including the time between two calls.
    busy: Duration,
    cpu: Duration,
    errors: usize,
}

/// The measurements of the warm path for one program.
struct WarmResult {
    latency: Distribution,
    /// Time within the function's handler in microseconds, as the function logs it.
    own: Distribution,
    per_second: f64,
    cpu_micros: f64,
    errors: usize,
    usage: Usage,
}

/// Measures the warm path: sends `calls` calls of `rows` rows to each of `programs`, in turns.
///
/// # Errors
/// Fails if a function's process fails.
pub async fn measure(
    test_bed: &TestBed,
    programs: &[Program],
    rows: usize,
    calls: usize,
) -> anyhow::Result<Vec<ReportRow>> {
    let events = subject::events(rows)?;
    let mut sessions = Vec::with_capacity(programs.len());
    for program in programs {
        let mut session = Session::begin(test_bed, program).await?;
        session.work(&events, UNCOUNTED).await?;
        (session.latencies, session.busy, session.cpu, session.errors) = Default::default();
        sessions.push(session);
    }
    for _ in 0..calls.div_ceil(TURN) {
        for session in &mut sessions {
            session.work(&events, TURN).await?;
        }
    }
    let worked: Vec<_> = sessions.into_iter().map(Session::end).collect::<anyhow::Result<_>>()?;
    Ok(figures(rows, &worked))
}

impl Session {
    async fn begin(test_bed: &TestBed, program: &Program) -> anyhow::Result<Self> {
        let (process, mut runtime) = test_bed.start(program, FunctionSettings::default()).await?;
        runtime.ready().await?;
        let (busy, cpu) = Default::default();
        Ok(Self { process, runtime, latencies: Vec::new(), busy, cpu, errors: 0 })
    }

    async fn work(&mut self, events: &[Bytes], calls: usize) -> anyhow::Result<()> {
        let (began, before) = (Instant::now(), self.process.usage()?);
        for event in events.iter().cycle().take(calls) {
            let answered = self.runtime.call(event.clone()).await?;
            self.latencies.push(answered.answered_at.duration_since(answered.handed_at));
            self.errors += usize::from(check(&answered.body).is_err());
        }
        self.busy += began.elapsed();
        self.cpu += self.process.usage()?.cpu - before.cpu;
        Ok(())
    }

    fn end(self) -> anyhow::Result<WarmResult> {
        let usage = self.process.usage()?;
        let calls = self.latencies.len() as f64;
        let own = own_micros(&self.process.end());
        ensure!(own.len() >= self.latencies.len(), "the function logged {} calls", own.len());
        Ok(WarmResult {
            latency: Distribution::of(self.latencies.iter().map(|latency| micros(*latency))),
            own: Distribution::of(own.into_iter().skip(UNCOUNTED)),
            per_second: calls / self.busy.as_secs_f64(),
            cpu_micros: micros(self.cpu) / calls,
            errors: self.errors,
            usage,
        })
    }
}

/// Reads the times within the function's handler from its log, in microseconds. The function cuts off fractions. So
/// half a microsecond is added to each time, which is the average loss.
fn own_micros(log: &[u8]) -> Vec<f64> {
    let line = |line: &[u8]| serde_json::from_slice::<Value>(line).ok()?.get("duration_us")?.as_f64();
    log.split(|&byte| byte == b'\n').filter_map(line).map(|micros| micros + 0.5).collect()
}

fn figures(rows: usize, worked: &[WarmResult]) -> Vec<ReportRow> {
    let name = |what: &str| format!("{rows} row{}, {what}", if rows == 1 { "" } else { "s" });
    let row = |what: &str, unit, goal, note: &str, of: &dyn Fn(&WarmResult) -> f64| {
        ReportRow::of_values("warm", &name(what), unit, goal, worked.iter().map(of).collect(), note)
    };
    let own = match rows {
        1 => Some(BenchGoal::AtMost(15.0)),
        100 => Some(BenchGoal::AtMost(150.0)),
        _ => None,
    };
    let calls = worked.first().map(|worked| format!("{} calls", worked.latency.len())).unwrap_or_default();
    vec![
        row("p50", "µs", None, &calls, &|worked| worked.latency.median()),
        row("p99", "µs", None, "", &|worked| worked.latency.quantile(0.99)),
        row("least", "µs", None, "", &|worked| worked.latency.least()),
        row("requests per second", "", None, "one at a time", &|worked| worked.per_second),
        row("processor time of a call", "µs", None, "all of the process", &|worked| worked.cpu_micros),
        row("own share, median", "µs", own, "parse, check, score, write: as logged", &|worked| worked.own.median()),
        row("own share, mean", "µs", None, "", &|worked| worked.own.mean()),
        row("answers that are no prediction", "", Some(BenchGoal::AtMost(0.0)), "", &|worked| worked.errors as f64),
    ]
}

/// Measures memory: sends `calls` calls of one row to each of `programs`. Then reads from the system how much memory
/// each process uses.
///
/// # Errors
/// Fails if a function's process fails.
pub async fn memory(test_bed: &TestBed, programs: &[Program], calls: usize) -> anyhow::Result<Vec<ReportRow>> {
    let events = subject::events(1)?;
    let (mut resident, mut most) = (Vec::new(), Vec::new());
    for program in programs {
        let mut session = Session::begin(test_bed, program).await?;
        session.work(&events, calls).await.context("the run for memory")?;
        let usage = session.end()?.usage;
        resident.push(megabytes(usage.resident));
        most.push(megabytes(usage.most_resident));
    }
    let name = |what: &str| format!("{what} after {calls} requests");
    let goal = Some(BenchGoal::AtMost(30.0));
    Ok(vec![
        ReportRow::of_values("cold", &name("resident"), "MB", goal, resident, "VmRSS"),
        ReportRow::of_values("cold", &name("most resident"), "MB", None, most, "VmHWM"),
    ])
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
