//! Lists that the API answers: runs, versions, champions, aliases, alarms, live accuracy, audit.

use serde_json::Value;

use super::scalar::{at, scalar, sentence};
use super::table::{TableColumn, table};

/// Metrics in the order in which people look at them. Others follow by name.
const ORDER: [&str; 8] = ["accuracy", "roc_auc", "log_loss", "f1", "macro_f1", "r2", "rmse", "mae"];
/// Maximum number of metrics in a table.
const METRICS: usize = 4;

/// Returns the table of runs.
pub fn runs(answer: &Value) -> String {
    let rows = rows(answer, "runs");
    let mut columns = vec![
        TableColumn::of("RUN", "id"),
        TableColumn::of("STATUS", "status"),
        TableColumn::of("VERSION", "version"),
        TableColumn::made("TRIGGER", |row| scalar(first(row, &["trigger.kind", "trigger"]))),
        TableColumn::of("FAMILY", "family"),
        TableColumn::of("STARTED", "started_at"),
        TableColumn::of("SECONDS", "seconds"),
    ];
    columns.extend(metric_columns(rows));
    columns.push(reason());
    table(rows, &columns, "No runs match.") + &more(answer)
}

/// Returns the table of versions. The champion is marked.
pub fn versions(answer: &Value) -> String {
    let rows = rows(answer, "versions");
    let mut columns = vec![
        TableColumn::of("VERSION", "number"),
        TableColumn::made("GATE", |row| {
            if at(row, "promoted") == &Value::Bool(true) { "promoted" } else { "refused" }.to_owned()
        }),
        TableColumn::made("NAMES", names),
        TableColumn::of("FAMILY", "family"),
        TableColumn::of("TRAINED", "trained_at"),
    ];
    columns.extend(metric_columns(rows));
    columns.extend([TableColumn::of("ROWS", "rows"), TableColumn::of("TAGS", "tags"), reason()]);
    table(rows, &columns, "No versions match.") + &more(answer)
}

/// Returns the table of champions.
pub fn champions(answer: &Value) -> String {
    let columns = [
        TableColumn::of("REVISION", "revision"),
        TableColumn::made("VERSION", |row| scalar(first(row, &["version.number", "version", "number"]))),
        TableColumn::made("SINCE", |row| scalar(first(row, &["promoted_at", "since"]))),
        TableColumn::of("PREVIOUS", "previous"),
        TableColumn::made("FAMILY", |row| scalar(first(row, &["version.family", "family"]))),
    ];
    table(rows(answer, "champions"), &columns, "No version was the champion yet.") + &more(answer)
}

/// Returns the table of aliases.
pub fn aliases(answer: &Value) -> String {
    let columns = [
        TableColumn::of("ALIAS", "name"),
        TableColumn::of("VERSION", "version"),
        TableColumn::of("SET", "set_at"),
        TableColumn::of("REVISION", "revision"),
    ];
    table(rows(answer, "aliases"), &columns, "There are no aliases.")
}

/// Returns the table of alarms.
pub fn alarms(answer: &Value) -> String {
    let columns = [
        TableColumn::of("ALARM", "name"),
        TableColumn::of("STATE", "state"),
        TableColumn::made("SINCE", |row| scalar(at(row, "since"))),
        TableColumn::made("MUTED UNTIL", |row| scalar(at(row, "muted_until"))),
        TableColumn::made("WATCHES", |row| scalar(first(row, &["description", "reason"]))),
    ];
    table(rows(answer, "alarms"), &columns, "The stack has no alarms.")
}

/// Returns the judgement of the live accuracy, and the table of its days.
pub fn live(answer: &Value) -> String {
    let interval = |row: &Value| match at(row, "interval").as_array().map(Vec::as_slice) {
        Some([low, high]) => format!("{} to {}", scalar(low), scalar(high)),
        _ => "-".to_owned(),
    };
    let columns = [
        TableColumn::of("DAY", "day"),
        TableColumn::of("VERSION", "version"),
        TableColumn::of("KNOWN", "labelled"),
        TableColumn::of("SCORE", "score"),
        TableColumn::made("95 %", interval),
        TableColumn::of("MEAN LOSS", "mean_loss"),
    ];
    let days = table(rows(answer, "days"), &columns, "No truth is known about predictions of the last 90 days.");
    let sentences = rows(answer, "windows").iter().map(|window| at(window, "sentence").as_str().unwrap_or_default());
    let mut sentences: Vec<&str> = sentences.collect();
    if sentences.is_empty() {
        sentences.extend(at(answer, "sentence").as_str());
    }
    sentences.into_iter().chain([days.as_str()]).collect::<Vec<_>>().join("\n")
}

/// Returns the table of changes.
pub fn audit(answer: &Value) -> String {
    let columns = [
        TableColumn::of("WHEN", "at"),
        TableColumn::of("WHO", "actor.name"),
        TableColumn::of("LINK MADE BY", "actor.link_by"),
        TableColumn::made("WHAT", |row| scalar(at(row, "action")).replace('_', " ")),
        TableColumn::of("SUBJECT", "subject"),
        TableColumn::of("DETAILS", "details"),
        TableColumn::of("REASON", "reason"),
    ];
    let rows = match answer.get("entries") {
        Some(_) => rows(answer, "entries"),
        None => rows(answer, "audit"),
    };
    table(rows, &columns, "Nobody has changed anything yet.") + &more(answer)
}

/// Returns the names of the metrics of some rows, those first that people look at.
pub fn metric_names(rows: &[Value]) -> Vec<String> {
    let of_row = |row: &Value| {
        row.get("metrics").and_then(Value::as_object).map(|metrics| {
            let known = metrics.iter().filter(|(_, value)| !value.is_null());
            known.map(|(name, _)| name.clone()).collect()
        })
    };
    let mut names: Vec<String> = rows.iter().filter_map(of_row).flat_map(|names: Vec<String>| names).collect();
    names.sort_by_key(|name| (ORDER.iter().position(|known| known == name).unwrap_or(ORDER.len()), name.clone()));
    names.dedup();
    names
}

fn metric_columns<'a>(rows: &[Value]) -> Vec<TableColumn<'a>> {
    let names = metric_names(rows).into_iter().take(METRICS);
    let column = |name: String| {
        let header = name.to_uppercase().replace('_', " ");
        TableColumn::made(&header, move |row| {
            scalar(row.get("metrics").and_then(|metrics| metrics.get(&name)).unwrap_or(&Value::Null))
        })
    };
    names.map(column).collect()
}

fn names(row: &Value) -> String {
    let champion = (at(row, "champion") == &Value::Bool(true)).then(|| "champion".to_owned());
    let aliases = row.get("aliases").and_then(Value::as_array).into_iter().flatten().map(scalar);
    let names: Vec<_> = champion.into_iter().chain(aliases).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn reason<'a>() -> TableColumn<'a> {
    TableColumn::made("REASON", |row| sentence(&scalar(at(row, "reason"))))
}

/// Returns the list in an answer, also if the answer itself is the list.
fn rows<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    let list = answer.get(name).unwrap_or(answer);
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn first<'a>(row: &'a Value, paths: &[&str]) -> &'a Value {
    paths.iter().map(|path| at(row, path)).find(|value| !value.is_null()).unwrap_or(&Value::Null)
}

/// Returns how to see the rest of a list, if there is more.
fn more(answer: &Value) -> String {
    let next = answer.get("next").and_then(Value::as_str);
    let option = if answer.get("runs").or(answer.get("versions")).is_some() { "after" } else { "before" };
    let truncated = at(answer, "truncated") == &Value::Bool(true);
    let rest = next.map(|next| format!("\n\nThere are more: --{option} {next}")).unwrap_or_default();
    let searched = scalar(at(answer, "searched"));
    let limit = if truncated { format!("\nOnly the newest {searched} were searched.") } else { String::new() };
    rest + &limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_show_champion_aliases_and_the_metrics_that_people_look_at() {
        let answer = json!({"versions": [
            {"number": 7, "promoted": true, "champion": true, "aliases": ["staging"], "family": "linear",
             "trained_at": "2026-11-29T21:16:47Z", "metrics": {"zeta": 1.0, "log_loss": 0.1, "accuracy": 0.9},
             "reason": "better than version 5", "rows": 150, "tags": {"team": "red"}},
        ], "next": "v6", "searched": 1, "truncated": false});
        let text = versions(&answer);
        let header = text.lines().next().unwrap();
        let position = |name: &str| header.find(name).unwrap_or_else(|| panic!("{name} is not in {header}"));
        assert!(position("ACCURACY") < position("LOG LOSS") && position("LOG LOSS") < position("ZETA"));
        assert!(text.contains("champion, staging") && text.contains("team=red"), "{text}");
        assert!(text.ends_with("There are more: --after v6"), "{text}");
    }

    #[test]
    fn a_search_that_did_not_see_everything_says_so() {
        let answer = json!({"runs": [], "next": null, "searched": 10_000, "truncated": true});
        assert_eq!(runs(&answer), "No runs match.\nOnly the newest 10000 were searched.");
    }

    #[test]
    fn the_audit_shows_who_did_what_and_why() {
        let entry = json!({"id": "e", "at": "2026-11-29T21:16:47Z", "actor": {"kind": "session", "name": "Ada", "link_by": "root"},
            "action": "rolled_back", "subject": "version 5", "reason": "wrong labels", "details": {"from": "7", "to": "5"}});
        let text = audit(&json!({"entries": [entry], "next": "p"}));
        for expected in ["Ada", "root", "rolled back", "version 5", "from=7 to=5", "wrong labels", "--before p"] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
    }
}
