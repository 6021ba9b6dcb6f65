//! Calls while the function looks for a new champion, beside those while it does not.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bytes::Bytes;

use crate::cold::check;
use crate::figures::Spread;
use crate::process::Program;
use crate::report::{Goal, Row};
use crate::store::Span;
use crate::subject;
use crate::world::{Settings, World};

/// Looks come this often, in seconds.
const EVERY: u32 = 1;
/// A look in flight may cost a call this much, at the 99th percentile.
const GOAL: f64 = 2.0;

/// Calls beside a look and without one.
struct Parted {
    beside: Spread,
    without: Spread,
    looks: usize,
    errors: usize,
}

/// Has each of `programs` answer calls of one row for `seconds`, with a look for a champion in each of them. `world`'s
/// stores are to take their time, so that many calls fall into a look.
///
/// # Errors
/// When a function fails.
pub async fn measure(world: &World, programs: &[Program], seconds: u64) -> anyhow::Result<Vec<Row>> {
    let events = subject::events(1)?;
    let mut parted = Vec::with_capacity(programs.len());
    for program in programs {
        parted.push(run(world, program, &events, Duration::from_secs(seconds)).await?);
    }
    Ok(figures(&parted))
}

async fn run(world: &World, program: &Program, events: &[Bytes], length: Duration) -> anyhow::Result<Parted> {
    let (process, mut runtime) = world.start(program, Settings { refresh_seconds: EVERY }).await?;
    runtime.ready().await?;
    let before = world.registry.traffic.requests().len();
    let (began, mut calls, mut errors) = (Instant::now(), Vec::new(), 0);
    for event in events.iter().cycle() {
        if began.elapsed() > length {
            break;
        }
        let answered = runtime.call(event.clone()).await?;
        errors += usize::from(check(&answered.body).is_err());
        calls.push(Span { began: answered.handed_at, ended: answered.answered_at });
    }
    process.end();
    let looks: Vec<_> = world.registry.traffic.requests().into_iter().skip(before).collect();
    let (beside, without): (Vec<_>, Vec<_>) = calls.iter().partition(|call| overlaps(call, &looks));
    ensure!(!beside.is_empty() && !without.is_empty(), "no calls beside a refresh, or none without one");
    let spread = |calls: &[&Span]| Spread::of(calls.iter().map(|call| (call.ended - call.began).as_secs_f64() * 1e6));
    Ok(Parted { beside: spread(&beside), without: spread(&without), looks: looks.len(), errors })
}

/// Whether any of `looks`, which are in order, was in flight during `call`.
fn overlaps(call: &Span, looks: &[Span]) -> bool {
    let next = looks.partition_point(|look| look.ended < call.began);
    looks.get(next).is_some_and(|look| look.began <= call.ended)
}

fn figures(parted: &[Parted]) -> Vec<Row> {
    let row = |name: &str, unit, goal, note: &str, of: &dyn Fn(&Parted) -> f64| {
        Row::of_values("warm", name, unit, goal, parted.iter().map(of).collect(), note)
    };
    let beside = parted.first().map(|parted| format!("{} calls, {} looks", parted.beside.len(), parted.looks));
    let without = parted.first().map(|parted| format!("{} calls", parted.without.len()));
    let ratio = |parted: &Parted| parted.beside.quantile(0.99) / parted.without.quantile(0.99);
    vec![
        row("p99 with a refresh in flight", "µs", None, &beside.unwrap_or_default(), &|parted| {
            parted.beside.quantile(0.99)
        }),
        row("p99 without", "µs", None, &without.unwrap_or_default(), &|parted| parted.without.quantile(0.99)),
        row("p99 with a refresh by p99 without", "", Some(Goal::AtMost(GOAL)), "", &ratio),
        row("p50 with a refresh in flight", "µs", None, "", &|parted| parted.beside.median()),
        row("p50 without", "µs", None, "", &|parted| parted.without.median()),
        row("answers that are no prediction, refreshing", "", Some(Goal::AtMost(0.0)), "", &|parted| {
            parted.errors as f64
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_beside_a_look_when_the_two_share_a_moment() {
        let start = Instant::now();
        let span = |began: u64, ended: u64| Span {
            began: start + Duration::from_millis(began),
            ended: start + Duration::from_millis(ended),
        };
        let looks = [span(10, 20), span(30, 40)];
        for (call, expected) in [(span(0, 9), false), (span(5, 12), true), (span(12, 14), true), (span(21, 29), false)]
        {
            assert_eq!(overlaps(&call, &looks), expected);
        }
        assert!(overlaps(&span(39, 50), &looks) && !overlaps(&span(41, 50), &looks));
    }
}
