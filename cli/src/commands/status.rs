//! The command `status`: the most important facts on one screen.

use futures_util::FutureExt;
use futures_util::future::try_join5;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api::StackApi;
use crate::failure::Failure;
use crate::render::{self, at, metric_names, scalar};

/// Shows the champion, the schedule, the alarms that ring, the estimated cost, and the last runs.
pub async fn status(api: &StackApi) -> Result<Answer, Failure> {
    let runs = [("limit", "5".to_owned())];
    let asked = try_join5(
        champion(api),
        api.get("/schedule", &[]),
        api.get("/alarms", &[]),
        api.get("/runs", &runs),
        cost(api).map(Ok),
    );
    let (champion, schedule, alarms, runs, cost) = asked.await?;
    let (alarms, runs) = (list(&alarms, "alarms"), list(&runs, "runs"));
    let json = json!({"champion": champion, "schedule": schedule, "alarms": alarms, "cost": cost, "runs": runs});
    let text = text(&json);
    Ok(Answer::new(json, text))
}

/// Returns the champion's record, or `null` if there is no champion yet.
pub async fn champion(api: &StackApi) -> Result<Value, Failure> {
    match api.get("/champion", &[]).await {
        Err(failure) if failure.is_no_champion() => Ok(Value::Null),
        answer => Ok(at(&answer?, "champion").clone()),
    }
}

/// Returns the estimated cost of the month, or `null` if the console does not say it. An older stack has no such route.
async fn cost(api: &StackApi) -> Value {
    api.get("/cost", &[]).await.unwrap_or_default()
}

/// Returns the most important ones of these metrics, as one line.
pub fn metrics(metrics: &Value) -> String {
    let numbers = metrics.as_object().into_iter().flatten().filter(|(_, value)| value.is_f64());
    let numbers: serde_json::Map<_, _> = numbers.map(|(name, value)| (name.clone(), value.clone())).collect();
    let names = metric_names(&[json!({"metrics": numbers.clone()})]).into_iter().take(3);
    let shown = names.filter_map(|name| Some(format!("{} {}", name.replace('_', " "), scalar(numbers.get(&name)?))));
    shown.collect::<Vec<_>>().join(", ")
}

/// Returns the list in an answer, also if the answer itself is the list.
fn list(answer: &Value, name: &str) -> Value {
    answer.get(name).unwrap_or(answer).clone()
}

fn text(status: &Value) -> String {
    let mut lines = champion_lines(at(status, "champion"));
    lines.push(schedule_line(at(status, "schedule")));
    lines.push(format!("{:<10}{}", "alarms", ringing(at(status, "alarms"))));
    lines.extend(cost_line(at(status, "cost")));
    lines.push(String::new());
    lines.push(render::runs(&json!({"runs": at(status, "runs")})));
    lines.join("\n")
}

fn champion_lines(champion: &Value) -> Vec<String> {
    if champion.is_null() {
        return vec![format!("{:<10}none yet; `evergreen train` makes a first version", "champion")];
    }
    let version = at(champion, "version");
    let facts = [scalar(at(version, "family")), metrics(at(version, "evaluation"))];
    let facts: Vec<_> = facts.into_iter().filter(|fact| !fact.is_empty() && fact != "-").collect();
    let number = scalar(at(version, "number"));
    let since = scalar(at(champion, "promoted_at"));
    let mut lines = vec![format!("{:<10}version {number} since {since} UTC ({})", "champion", facts.join("; "))];
    if let Some(reason) = at(champion, "reason").as_str() {
        lines.push(format!("{:<10}{reason}", "why"));
    }
    lines
}

fn schedule_line(schedule: &Value) -> String {
    let off = at(schedule, "is_enabled") == &Value::Bool(false);
    let state = if off { "paused; `evergreen schedule resume` switches it on" } else { "on" };
    let next = at(schedule, "next_times").get(0).map(|next| format!(", next {} UTC", scalar(next))).unwrap_or_default();
    let expression = at(schedule, "expression").as_str().map(|text| format!(", {text}")).unwrap_or_default();
    format!("{:<10}{state}{next}{expression}", "schedule")
}

/// Returns the line with the estimated cost. `None` if it is not known.
fn cost_line(cost: &Value) -> Option<String> {
    let so_far = at(cost, "so_far").as_f64()?;
    let month = at(cost, "expected").as_f64().map(|month| format!(", ${month:.2} expected for the month"));
    let kind = if at(cost, "has_usage").as_bool() == Some(true) { "estimate" } else { "estimate of the fixed part" };
    Some(format!("{:<10}${so_far:.2} this month so far{} ({kind})", "cost", month.unwrap_or_default()))
}

fn ringing(alarms: &Value) -> String {
    let alarms = alarms.as_array().map(Vec::as_slice).unwrap_or_default();
    let rings = alarms.iter().filter(|alarm| at(alarm, "state").as_str() == Some("alarm"));
    let names: Vec<_> = rings.map(|alarm| scalar(at(alarm, "name"))).collect();
    if names.is_empty() { "none rings".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_shows_what_serves_and_why() {
        let text = text(&json!({
            "champion": {"revision": 3, "promoted_at": "2026-11-29T08:00:00Z", "reason": "better than version 5", "version": {"number": 7, "family": "linear",
                "evaluation": {"rows": 30, "accuracy": 0.9666, "log_loss": 0.1}}},
            "schedule": {"is_enabled": true, "expression": "cron(0 3 * * ? *)", "next_times": ["2026-11-30T03:00:00Z"]},
            "alarms": [{"name": "throttles", "state": "alarm"}, {"name": "mail-bounced", "state": "ok"}],
            "cost": {"so_far": 1.366, "expected": 1.72, "has_usage": true},
            "runs": [],
        }));
        assert_eq!(
            text,
            "champion  version 7 since 2026-11-29 08:00:00 UTC (linear; accuracy 0.9666, log loss 0.1000)\n\
             why       better than version 5\n\
             schedule  on, next 2026-11-30 03:00:00 UTC, cron(0 3 * * ? *)\n\
             alarms    throttles\n\
             cost      $1.37 this month so far, $1.72 expected for the month (estimate)\n\nNo runs match."
        );
    }

    #[test]
    fn a_stack_without_a_version_says_how_to_get_one() {
        let text = text(&json!({"champion": null, "schedule": {"is_enabled": false}, "alarms": [], "runs": []}));
        assert!(text.starts_with("champion  none yet; `evergreen train`"), "{text}");
        assert!(text.contains("schedule  paused"), "{text}");
    }
}
