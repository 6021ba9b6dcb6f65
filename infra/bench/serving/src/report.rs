//! Writes the bench's measurements as a table for people, and as JSON for the common report of all benches.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use serde_json::{Value, json};

use crate::distribution::Distribution;

/// The goal for a measured value of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BenchGoal {
    /// The goal is met if the measured value is not larger than this number.
    AtMost(f64),
}

/// Row of the bench's report: one measured quantity, with a value for each measured program.
#[derive(Debug, Clone)]
pub struct ReportRow {
    group: &'static str,
    name: String,
    unit: &'static str,
    goal: Option<BenchGoal>,
    values: Vec<f64>,
    note: String,
}

impl ReportRow {
    /// Creates a report row with one value for each measured program.
    pub fn of_values(
        group: &'static str,
        name: &str,
        unit: &'static str,
        goal: Option<BenchGoal>,
        values: Vec<f64>,
        note: &str,
    ) -> Self {
        Self { group, name: name.to_owned(), unit, goal, values, note: note.to_owned() }
    }

    /// Creates a report row with the median of each program's measurements. The row's note has the smallest value and
    /// the 90th percentile.
    pub fn of_spreads(
        group: &'static str,
        name: &str,
        unit: &'static str,
        goal: Option<BenchGoal>,
        spreads: &[Distribution],
    ) -> Self {
        let values = spreads.iter().map(Distribution::median).collect();
        let each = |spread: &Distribution| match (spread.least(), spread.quantile(0.9)) {
            (least, most) if least == most => "always".to_owned(),
            (least, most) => format!("least {}, p90 {}", number(least), number(most)),
        };
        let note = spreads.iter().map(each).collect::<Vec<_>>().join("; ");
        Self { group, name: name.to_owned(), unit, goal, values, note }
    }

    fn held(&self) -> &'static str {
        match (self.goal, self.values.first()) {
            (Some(BenchGoal::AtMost(most)), Some(value)) if *value <= most => "held",
            (Some(_), Some(_)) => "missed",
            _ => "",
        }
    }

    fn json(&self, names: &[String]) -> Value {
        let peers: BTreeMap<_, _> = names.iter().zip(&self.values).skip(1).collect();
        json!({
            "group": self.group, "name": self.name, "unit": self.unit, "value": self.values.first(),
            "goal": self.goal, "peers": peers, "note": self.note,
        })
    }
}

/// Formats the bench's report as lines of text, with one column for each measured program. `names` are the names of the
/// programs. For two programs, adds the ratio of the first to the second.
pub fn text(rows: &[ReportRow], names: &[String]) -> String {
    let mut text = format!("{:<44}", "");
    for name in names {
        let _ = write!(text, "{name:>18}");
    }
    let _ = writeln!(text, "{:>8}  goal", if names.len() == 2 { "ratio" } else { "" });
    for row in rows {
        let _ = write!(text, "{:<44}", format!("{}: {}", row.group, row.name));
        for value in &row.values {
            let _ = write!(text, "{:>18}", format!("{} {}", number(*value), row.unit));
        }
        let ratio = match row.values.as_slice() {
            [first, second] if *second != 0.0 => format!("{:.2}", first / second),
            _ => String::new(),
        };
        let goal = match row.goal {
            Some(BenchGoal::AtMost(most)) => format!("≤ {most} {}: {}", row.unit, row.held()),
            None => String::new(),
        };
        let _ = writeln!(text, "{ratio:>8}  {goal:<20}  {}", row.note);
    }
    text
}

/// Writes the report's rows as JSON to the file `path`. The common report of all benches reads this file.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write(path: &Path, rows: &[ReportRow], names: &[String]) -> anyhow::Result<()> {
    let machine = json!({"processor": processor(), "cores": std::thread::available_parallelism()?.get()});
    let rows: Vec<_> = rows.iter().map(|row| row.json(names)).collect();
    let report = serde_json::to_vec_pretty(&json!({"machine": machine, "rows": rows}))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, report).with_context(|| format!("writing {}", path.display()))
}

fn processor() -> String {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = known.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned())
}

/// Formats a measured value with about three significant digits.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
