//! The command `status`: the most important facts on one screen.

use futures_util::future::try_join4;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api::StackApi;
use crate::failure::Failure;
use crate::render::{self, at, metric_names, scalar};

/// Shows the champion, the schedule, the alarms that ring, and the last runs.
pub async fn status(api: &StackApi) -> Result<Answer, Failure> {
    let runs = [("limit", "5".to_owned())];
    let asked = try_join4(champion(api), api.get("/schedule", &[]), api.get("/alarms", &[]), api.get("/runs", &runs));
    let (champion, schedule, alarms, runs) = asked.await?;
    let json = json!({"champion": champion, "schedule": schedule, "alarms": list(&alarms, "alarms"), "runs": list(&runs, "runs")});
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
            "runs": [],
        }));
        assert_eq!(
            text,
            "champion  version 7 since 2026-11-29 08:00:00 UTC (linear; accuracy 0.9666, log loss 0.1000)\n\
             why       better than version 5\n\
             schedule  on, next 2026-11-30 03:00:00 UTC, cron(0 3 * * ? *)\n\
             alarms    throttles\n\nNo runs match."
        );
    }

    #[test]
    fn a_stack_without_a_version_says_how_to_get_one() {
        let text = text(&json!({"champion": null, "schedule": {"is_enabled": false}, "alarms": [], "runs": []}));
        assert!(text.starts_with("champion  none yet; `evergreen train`"), "{text}");
        assert!(text.contains("schedule  paused"), "{text}");
    }
}
