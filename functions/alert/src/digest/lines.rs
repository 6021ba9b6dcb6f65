//! What a digest says about each part of the week, as sentences.

use evergreen_lifecycle::incident::AlarmIncident;
use evergreen_lifecycle::{Champion, Run, RunStatus};
use jiff::Timestamp;

use super::week::Week;
use crate::quantity::{moment, number, span};
use crate::version_values::headline_name;

/// Maximum number of failed runs that a digest names.
const NAMED_RUNS: usize = 5;

/// What a digest says about a part that could not be read.
const UNKNOWN: &str = "Unknown: it could not be read.";

/// Returns which versions served, since when and how good they are on their hold-out.
pub(super) fn champions(week: &Week) -> Vec<String> {
    let Some(champions) = &week.champions else { return unknown() };
    if champions.is_empty() {
        return vec!["No version served, because no version has passed the gate yet.".to_owned()];
    }
    let ends = champions.iter().skip(1).map(|next| Some(next.promoted_at)).chain([None]);
    champions.iter().zip(ends).map(|(champion, end)| served(champion, end)).collect()
}

fn served(champion: &Champion, end: Option<Timestamp>) -> String {
    let version = &champion.version;
    let (name, score) = (headline_name(version.evaluation.task()), number(champion.headline()));
    let since = moment(champion.promoted_at);
    let until = end.map(|end| format!(" until {}", moment(end))).unwrap_or_default();
    format!("Version {} served from {since}{until}. Its {name} on the hold-out is {score}.", version.number)
}

/// Returns whether the served data has drifted, how good the live predictions are, and what the stack did by itself.
pub(super) fn watched(week: &Week) -> Vec<String> {
    let drift = match &week.drift {
        None => "Drift is unknown: it could not be read.".to_owned(),
        Some(summary) => match summary.as_ref().and_then(|summary| summary.sentence()) {
            Some(sentence) => sentence.to_owned(),
            None => "The champion's rows were not compared with its training data yet.".to_owned(),
        },
    };
    let live = match &week.live {
        None => "Live accuracy is unknown: it could not be read.".to_owned(),
        Some(None) => "Live accuracy is unknown, because no true values have come back.".to_owned(),
        Some(Some(summary)) => summary.sentence.clone(),
    };
    let of_week = |at: Timestamp| at >= week.from && at <= week.until;
    let log = week.reactions.iter().flat_map(|log| &log.taken);
    let reactions = log.filter(|taken| of_week(taken.at)).map(|taken| taken.sentence());
    [drift, live].into_iter().chain(reactions).collect()
}

/// Returns how many runs there were and how they ended, and when the next training begins.
pub(super) fn trainings(week: &Week) -> Vec<String> {
    let mut lines = match &week.runs {
        None => unknown(),
        Some(runs) => results(runs, week.until),
    };
    lines.push(match week.next_training {
        None => "When the next training begins is unknown.".to_owned(),
        Some(None) => "No training is due: the schedule is switched off, or it does not exist.".to_owned(),
        Some(Some(at)) => format!("The next training begins at {}.", moment(at)),
    });
    lines
}

fn results(runs: &[Run], now: Timestamp) -> Vec<String> {
    if runs.is_empty() {
        return vec!["No training run or import began.".to_owned()];
    }
    let count = |wanted: &[RunStatus]| runs.iter().filter(|run| wanted.contains(&run.status_at(now))).count();
    let failed: Vec<&Run> =
        runs.iter().filter(|run| matches!(run.status_at(now), RunStatus::Failed | RunStatus::Lost)).collect();
    let sum = format!(
        "{} began: {} promoted, {} refused, {} failed, {} in progress.",
        plural(runs.len() as u64, "run"),
        count(&[RunStatus::Succeeded]),
        count(&[RunStatus::Rejected]),
        failed.len(),
        count(&[RunStatus::Running]),
    );
    let named = failed.iter().rev().take(NAMED_RUNS);
    let named = named.map(|run| format!("Run {} of {} failed.", run.id, moment(run.started_at)));
    [sum].into_iter().chain(named).collect()
}

/// Returns the incidents with their alarms. `stack` is the stack's name, with which the names of alarms begin.
pub(super) fn incidents(week: &Week, stack: &str) -> Vec<String> {
    match &week.incidents {
        None => unknown(),
        Some(incidents) if incidents.is_empty() => vec!["No alarm rang.".to_owned()],
        Some(incidents) => incidents.iter().map(|one| incident(one, stack)).collect(),
    }
}

fn incident(incident: &AlarmIncident, stack: &str) -> String {
    let short = |alarm: &str| {
        let name = alarm.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-'));
        name.unwrap_or(alarm).to_owned()
    };
    let mut alarms: Vec<String> = Vec::new();
    for raised in incident.raised.iter().filter(|raised| raised.since >= incident.began) {
        let name = short(&raised.alarm);
        if !alarms.contains(&name) {
            alarms.push(name);
        }
    }
    let (alarms, began) = (alarms.join(", "), moment(incident.began));
    match incident.ended {
        None => format!("{alarms}: since {began}, and not over."),
        Some(ended) => format!("{alarms}: from {began}, for {}.", span(ended.duration_since(incident.began))),
    }
}

/// Returns how often the prediction function was called, and what the month has cost so far.
pub(super) fn usage(week: &Week) -> Vec<String> {
    let calls = week.usage.as_ref().map(|usage| {
        let predict = usage.functions.iter().filter(|function| function.name == "predict");
        predict.map(|function| function.calls).sum::<f64>()
    });
    let calls = match calls {
        None => "How many requests were answered is unknown.".to_owned(),
        Some(calls) => format!("The prediction function answered {}.", plural(calls as u64, "request")),
    };
    let cost = match &week.cost {
        None => "What the month has cost is unknown.".to_owned(),
        Some(cost) => {
            let expected = cost.expected.map(|dollars| format!(", and about ${dollars:.2} are expected for all of it"));
            format!("The month has cost about ${:.2} so far{}.", cost.so_far, expected.unwrap_or_default())
        }
    };
    vec![calls, cost]
}

/// Returns a number with a noun, such as `1 run` or `3 runs`.
pub(super) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn unknown() -> Vec<String> {
    vec![UNKNOWN.to_owned()]
}
