//! The values of a rollout as text for a person.

use jiff::SignedDuration;

use super::Evidence;
use super::noise::{least_difference, most_difference};

/// Returns the values of both versions, such as `1,200 rows compared, 98.3 % with the same answer`.
pub fn figures(evidence: &Evidence) -> String {
    let total = evidence.total();
    let mut parts = Vec::new();
    match total.shadow.agreement() {
        Some(agreement) => {
            parts.push(format!("{} rows compared, {} with the same answer", total.shadow.rows, share(agreement)));
        }
        None => parts.push("no rows compared".to_owned()),
    }
    if total.challenger.requests > 0 {
        parts.push(format!(
            "{} requests answered by the challenger with {} failures, {} by the champion with {}",
            total.challenger.requests, total.challenger.failures, total.champion.requests, total.champion.failures
        ));
    }
    parts.push(losses(evidence));
    parts.join("; ")
}

fn losses(evidence: &Evidence) -> String {
    let losses = &evidence.losses;
    let Some(mean) = losses.mean() else { return "no known truths".to_owned() };
    let (than, amount) = if mean > 0.0 { ("higher", mean) } else { ("lower", -mean) };
    let rows = losses.rows;
    match least_difference(losses).zip(most_difference(losses)) {
        Some((least, most)) => format!(
            "the challenger's loss is {amount:.4} {than} on {rows} rows with a known truth (between {least:+.4} and {most:+.4})"
        ),
        None => {
            format!("the challenger's loss is {amount:.4} {than} on {rows} rows with a known truth, too few to decide")
        }
    }
}

/// Returns a share from 0 to 1 as percent with one decimal, such as `98.3 %`.
pub fn share(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

/// Returns a time as whole minutes, rounded up, such as `12 minutes`.
pub fn minutes(time: SignedDuration) -> String {
    let minutes = time.as_secs().saturating_add(59) / 60;
    if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") }
}

/// Returns a time as whole days, such as `7 days`.
pub fn days(time: SignedDuration) -> String {
    match time.as_hours() / 24 {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
